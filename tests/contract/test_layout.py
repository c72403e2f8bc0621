"""The folders are the components, and every component can be imported, typed and shipped."""

from __future__ import annotations

import os

import pytest

from tests.contract.tree import IMPORT_ROOTS, ROOT, packages, shown, source_files

FOLDERS = ["streams", "protocol", "server", "clients", "tests", "benchmarks", "docs", "examples"]
FILES = [
    ".ci/run",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "config.toml",
    "pyproject.toml",
    "requirements.lock",
]


@pytest.mark.parametrize("name", FOLDERS)
def test_a_component_is_a_top_level_folder(name: str) -> None:
    assert (ROOT / name).is_dir(), f"the folder {name}/ is missing"


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_people_look_for_is_there(name: str) -> None:
    assert (ROOT / name).is_file(), f"the file {name} is missing"


def test_continuous_integration_can_run_its_script() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK), ".ci/run is not executable"


def test_namespace_folders_hold_no_files() -> None:
    """One `__init__.py` here and the other components cannot be imported any more."""
    strays = [shown(path) for root in IMPORT_ROOTS for path in (root / "pelton").glob("*") if path.is_file()]
    assert not strays, f"a namespace folder holds folders only; move: {strays}"


def test_every_source_folder_is_a_package() -> None:
    missing = {shown(path.parent) for path in source_files() if not (path.parent / "__init__.py").exists()}
    assert not missing, f"no __init__.py in: {sorted(missing)}"


def test_every_source_file_is_inside_a_component() -> None:
    folders = list(packages().values())
    strays = [shown(path) for path in source_files() if not any(path.is_relative_to(folder) for folder in folders)]
    assert not strays, f"not below <root>/pelton/<component>/, so never shipped: {strays}"


def test_every_component_tells_type_checkers_that_it_is_typed() -> None:
    untyped = [name for name, folder in packages().items() if not (folder / "py.typed").is_file()]
    assert not untyped, f"no py.typed in: {untyped}"
