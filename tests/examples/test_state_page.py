"""The page about state, as it stands there: its Python runs from top to bottom."""

from __future__ import annotations

from typing import Any

from tests.examples.reading import ROOT, fences

PAGE = ROOT / "docs" / "state.md"


def test_the_python_of_the_page_runs_in_the_order_of_the_page() -> None:
    codes = [text for kind, text in fences(PAGE.read_text(encoding="utf-8")) if kind == "python"]
    assert codes
    names: dict[str, Any] = {}
    for code in codes:
        exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - our own page
