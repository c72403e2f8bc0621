"""No file and no function grows past what can be read in one go."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.contract.tree import python_files, shown

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {shown(path): len(_text(path).splitlines()) for path in python_files()}
    assert lengths, "no Python file was found: this test would pass on nothing"
    long = {name: lines for name, lines in lengths.items() if lines > FILE_LINES_MAX}
    assert not long, f"split, do not raise the limit of {FILE_LINES_MAX} lines: {long}"


def test_no_function_is_longer_than_50_lines() -> None:
    """The docstring does not count: explaining is free."""
    long = {
        f"{shown(path)}:{function.lineno} {function.name}": lines
        for path in python_files()
        for function in _functions(path)
        if (lines := _lines(function)) > FUNCTION_LINES_MAX
    }
    assert not long, f"split, do not raise the limit of {FUNCTION_LINES_MAX} lines: {long}"


Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(_text(path), filename=shown(path))
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _lines(function: Function) -> int:
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
