"""Bugs that are planted on purpose: the list fits the source, and simulations find what is cheap to find."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.simulation.planted.__main__ import CLEAN, as_recorded, hunt
from tests.simulation.planted.bug import Bug, ListRotten, load, plant

BUGS = load()
CHEAP_SEED = 25
"""What is found later than that is left to `make planted`."""


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.seed <= CHEAP_SEED], ids=lambda bug: bug.name)
def test_the_seed_on_record_finds_it(bug: Bug) -> None:
    found = hunt(bug.name, bug.seed, 1)
    assert as_recorded(bug, found), found.text


def test_without_a_bug_these_seeds_find_nothing() -> None:
    assert hunt(CLEAN, 0, CHEAP_SEED).law is None


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_list_fits_the_source(bug: Bug) -> None:
    spec = importlib.util.find_spec(bug.module)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8")
    edited = bug.edited(text)
    assert edited != text
    compile(edited, spec.origin, "exec")


def test_no_two_have_one_name() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 15


def test_what_fits_no_more_is_said() -> None:
    bug = Bug("moved away", "", "pelton.server.app", [("there is no such text", "")], "", 0)
    with pytest.raises(ListRotten, match="found 0 times"):
        bug.edited("import asyncio")


def test_what_is_imported_already_cannot_be_planted() -> None:
    bug = Bug("too late", "", "pytest", [("", "")], "", 0)
    with pytest.raises(ListRotten, match="imported already"):
        plant(bug)
