"""Exploring seeds: a planted race is found, made small, and written as a test that fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pelton.testing import SimulationFailed
from pelton.testing.explore import Exploration, Found, as_test, explore
from pelton.testing.script import Acted, Script, Visit
from pelton.testing.shrink import shrink
from tests.clients.testing.games import Bank, Fragile, conserved

RACE = Exploration(Bank, bots=8, seconds=30, net="train", check=conserved)


@pytest.fixture(scope="module")
def found() -> Found:
    found = explore(RACE, seeds=200)
    assert found is not None
    return found


def test_a_planted_race_is_found(found: Found) -> None:
    assert "coins instead of 100" in found.failed.failure.text


def test_it_is_shrunk_to_those_whom_it_takes(found: Found) -> None:
    script = found.script
    assert script is not None
    acts = [act for visit in script.visits for act in visit.acts]
    assert sum(act.name == "take" for act in acts) == 3, "one to have a coin, two that take one while he leaves"
    assert len(acts) <= 4, "and one to be behind, if that is not the same"
    assert sum(visit.leaves_s is not None or visit.cut_s is not None for visit in script.visits) == 1
    assert len(script.visits) <= 4
    assert script.size <= found.full.size / 20


def test_it_is_printed_as_a_test_that_fails(found: Found) -> None:
    source = as_test(RACE, found)
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 - it is what we are about
    with pytest.raises(SimulationFailed, match="coins instead of 100"):
        asyncio.run(names["test_found_by_exploring"]())


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    plan = Exploration(Bank, bots=3, seconds=5, check=conserved)
    seen: list[int] = []
    assert explore(plan, seeds=3, first_seed=7, on_seed=seen.append) is None
    assert seen == [7, 8, 9]


def test_a_room_that_raises_needs_one_bot_and_one_action() -> None:
    found = explore(Exploration(Fragile, bots=4, seconds=120), seeds=5)
    assert found is not None
    script = found.script
    assert script is not None
    assert (len(script.visits), script.size) == (1, 2)
    (act,) = script.visits[0].acts
    assert (act.name, act.fields["depth"]) == ("nod", 9)


def test_shrinking_finds_the_few_among_many() -> None:
    def visit(bot: int) -> Visit:
        return Visit(bot / 7, tuple(Acted(bot + i / 10, f"do{bot}", {"i": i}) for i in range(20)), bot=bot)

    def fails(script: Script) -> bool:
        acts = {(act.name, act.fields["i"]) for visit in script.visits for act in visit.acts}
        return {("do3", 7), ("do11", 19)} <= acts

    small = shrink(Script(1, tuple(visit(bot) for bot in range(16))), fails)
    assert [(visit.bot, [act.fields["i"] for act in visit.acts]) for visit in small.visits] == [(3, [7]), (11, [19])]


def test_shrinking_tries_no_more_often_than_it_may() -> None:
    tries = 0

    def fails(script: Script) -> bool:
        nonlocal tries
        tries += 1
        return script.size > 50

    full = Script(1, tuple(Visit(1.0, (Acted(2.0, "do", {}),) * 5, bot=bot) for bot in range(40)))
    shrink(full, fails, tries_max=30)
    assert tries <= 30
