"""The page about simulation, as it stands there: its Python runs from top to bottom, and so do its tests."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.examples.reading import ROOT, fences

PAGE = ROOT / "docs" / "simulation.md"


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "simulation_page"}
    for kind, code in fences(PAGE.read_text(encoding="utf-8")):
        if kind == "python":
            exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    return names


@pytest.mark.parametrize("name", ["test_no_coin_is_lost", "test_found_by_exploring"])
def test_the_tests_of_the_page_pass(names: dict[str, Any], name: str) -> None:
    asyncio.run(names[name]())
