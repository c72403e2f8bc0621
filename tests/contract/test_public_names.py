"""What a component exports is what docs/api.md tells of it: no name more, no name less."""

from __future__ import annotations

import importlib
import re

import pytest

from tests.contract.tree import ROOT, packages

API = ROOT / "docs" / "api.md"
SECTION = re.compile(r"^## `?(?P<package>pelton\.\w+)`?\s*$")
ENTRY = re.compile(r"^- `(?P<name>\w+)`: \S")


def documented() -> dict[str, list[str]]:
    """The names that docs/api.md lists, in its order, by package."""
    sections: dict[str, list[str]] = {}
    names: list[str] = []
    for line in API.read_text(encoding="utf-8").splitlines():
        if section := SECTION.match(line):
            names = sections.setdefault(section["package"], [])
        elif line.startswith("## "):
            names = []
        elif entry := ENTRY.match(line):
            names.append(entry["name"])
    return sections


def exported(package: str) -> list[str] | None:
    """The package's `__all__`; None says that it has none, so nothing in it is public."""
    names: list[str] | None = getattr(importlib.import_module(package), "__all__", None)
    return names


@pytest.mark.parametrize("package", packages())
def test_a_package_exports_what_is_documented(package: str) -> None:
    listed = documented().get(package)
    names = exported(package)
    if names is None:
        assert listed is None, f"docs/api.md has a section {package}, which has no __all__"
        return
    assert listed is not None, f"docs/api.md has no section '## {package}'"
    undocumented = sorted(set(names) - set(listed))
    gone = sorted(set(listed) - set(names))
    assert not undocumented, f"{package}.__all__ has names that docs/api.md lacks: {undocumented}"
    assert not gone, f"docs/api.md lists names that {package}.__all__ lacks: {gone}"
    assert len(listed) == len(set(listed)), f"docs/api.md lists a name of {package} twice"


@pytest.mark.parametrize("package", packages())
def test_every_exported_name_exists(package: str) -> None:
    module = importlib.import_module(package)
    missing = [name for name in exported(package) or [] if not hasattr(module, name)]
    assert not missing, f"{package}.__all__ promises what is not there: {missing}"


def test_no_package_is_documented_that_is_gone() -> None:
    gone = sorted(set(documented()) - set(packages()))
    assert not gone, f"docs/api.md has sections of packages that are not there: {gone}"
