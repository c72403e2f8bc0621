"""Every example ends by itself, prints what it says that it prints, and stands on public names alone."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pelton.streams
import pelton.streams.testing
from tests.examples.reading import FOLDER, examples, promised, run

PUBLIC = {module.__name__: module.__all__ for module in (pelton.streams, pelton.streams.testing)}


def by_name(example: Path) -> str:
    return example.stem


@pytest.mark.parametrize("example", examples(), ids=by_name)
def test_an_example_prints_what_it_says_and_nothing_else(example: Path, tmp_path: Path) -> None:
    done = run(str(example), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == promised(example)


@pytest.mark.parametrize("example", examples(), ids=by_name)
def test_an_example_uses_public_names_of_the_stream_core_and_the_standard_library(example: Path) -> None:
    for module, names in _imports(example):
        if module.startswith("pelton"):
            assert module in PUBLIC
            assert set(names) <= set(PUBLIC[module])
        else:
            assert module.partition(".")[0] in sys.stdlib_module_names


def test_no_example_hides_a_module_of_the_standard_library() -> None:
    """Its folder is the first place where Python looks when it is run."""
    assert examples()
    assert [path.name for path in examples() if path.stem in sys.stdlib_module_names] == []


def test_the_own_streams_keep_the_contract(tmp_path: Path) -> None:
    done = _contract(FOLDER / "own_stream.py", tmp_path)
    assert "3 passed" in done


@pytest.mark.parametrize(
    ("right", "wrong", "found_by"),
    [
        ("return PENDING if last is None else", "return 0 if last is None else", "test_changes_keep_the_contract"),
        ("self._values = [value]", "self._values.append(value)", "test_latest_keeps_the_contract"),
        (
            "self._waker = self._waker, None",
            "_ = self._waker, None",
            "test_whoever_waits_for_the_latest_is_called_once",
        ),
    ],
)
def test_a_broken_own_stream_is_found_out(right: str, wrong: str, found_by: str, tmp_path: Path) -> None:
    text = (FOLDER / "own_stream.py").read_text(encoding="utf-8")
    assert right in text
    broken = tmp_path / "broken_stream.py"
    broken.write_text(text.replace(right, wrong), encoding="utf-8")
    done = _contract(broken, tmp_path)
    assert "1 failed, 2 passed" in done
    assert re.search(rf"^FAILED .*::{found_by}\b", done, re.MULTILINE)


def _contract(file: Path, folder: Path) -> str:
    """What pytest says of the tests in a file, as the file's docstring tells to run it."""
    configuration = folder / "pytest.ini"
    configuration.write_text("[pytest]\n", encoding="utf-8")
    plugin = ("-p", "pelton.streams.testing", "-p", "no:asyncio", "-p", "no:cacheprovider")
    return run("-m", "pytest", *plugin, "-c", str(configuration), str(file), folder=folder).stdout


def _imports(example: Path) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(ast.parse(example.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or "", [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
