"""Worlds on virtual time: they repeat themselves, and what is wrong in them ends them with a reason."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pelton.games.arena import Arena
from pelton.games.cards import Cards
from pelton.netsim import PRESETS, Conditions
from pelton.server import Room
from pelton.testing import Script, SimulationFailed, World, simulate
from tests.clients.testing.games import Bank, Deaf, Fragile, conserved

HASH = """
from pelton.games.arena import Arena
from pelton.testing import World
world = World(Arena, bots=5, seed=11, net="train")
world.advance(8)
world.finish()
print(world.trace_hash)
world.close()
"""


def trace(game: type[Room], *, seed: int = 1, net: str = "train", seconds: float = 8) -> str:
    world = World(game, bots=5, seed=seed, net=net)
    try:
        world.advance(seconds)
        world.finish()
        return world.trace_hash
    finally:
        world.close()


async def test_a_game_is_simulated_within_a_test() -> None:
    async with simulate(Arena, bots=8, seed=1) as world:
        await world.run(seconds=20)
        assert world.now_s == pytest.approx(20)
        assert len(world.rooms) == 1
        assert len(world.rooms[0].ships) > 0
        assert world.watch.taken > 100
        assert world.watch.digests > 10


@pytest.mark.parametrize("game", [Arena, Cards, Bank])
def test_the_same_seed_does_the_same_again(game: type[Room]) -> None:
    assert trace(game) == trace(game)


def test_another_seed_or_network_does_something_else() -> None:
    traces = {trace(Arena), trace(Arena, seed=2), trace(Arena, net="wifi")}
    assert len(traces) == 3


def test_it_does_the_same_in_another_process_with_other_hashes() -> None:
    found = set[str]()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        run = subprocess.run(
            [sys.executable, "-c", HASH], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        found.add(run.stdout)
    assert len(found) == 1


@pytest.mark.parametrize("net", sorted(PRESETS))
def test_every_network_lets_a_game_be_played(net: str) -> None:
    world = World(Arena, bots=4, seed=3, net=net)
    world.advance(30)
    world.finish()
    assert world.watch.frames > 100
    assert world.watch.taken > 20
    world.close()


def test_bots_come_back_over_lines_that_break() -> None:
    world = World(Arena, bots=4, seed=5, net=Conditions(latency_ms=20, reset_every_s=3))
    world.advance(40)
    world.finish()
    assert world.watch.joins > 12
    assert len(world.rooms[0].ships) <= 4
    world.close()


def test_a_line_that_goes_silent_hurts_nobody_else() -> None:
    world = World(Bank, bots=6, seed=5, net=Conditions(latency_ms=20, half_open_every_s=10), check=conserved)
    world.advance(60)
    world.finish()
    assert world.watch.digests > 10
    world.close()


async def test_a_room_that_raises_fails_the_test_and_names_the_callback() -> None:
    with pytest.raises(SimulationFailed, match="on_tick") as failed:
        async with simulate(Fragile, bots=4, seed=1) as world:
            await world.run(seconds=300)
    assert failed.value.failure.kind == "room"
    assert "again: simulate(Fragile, bots=4, seed=1, net='lan')" in str(failed.value)
    assert "a neck is only so long" in repr(failed.value.failure.error.__cause__)  # type: ignore[union-attr]


async def test_an_action_that_is_never_answered_fails_it_at_the_end() -> None:
    with pytest.raises(SimulationFailed, match="neither taken nor refused"):
        async with simulate(Deaf, bots=2, seed=1, settings=["simulate.action_age_max_ms=0"]) as world:
            await world.run(seconds=10)


async def test_an_action_that_a_game_does_not_take_is_answered_when_it_is_too_old() -> None:
    async with simulate(Deaf, bots=2, seed=1) as world:
        await world.run(seconds=10)
    assert world.watch.taken == 0


async def test_a_check_that_raises_fails_it_at_once() -> None:
    def never_four(room: Bank) -> None:
        assert len(room.players) < 4, "four is a crowd"

    with pytest.raises(SimulationFailed, match="four is a crowd") as failed:
        async with simulate(Bank, bots=6, seed=1, check=never_four) as world:
            await world.run(seconds=30)
    assert failed.value.failure.at_s < 5


async def test_what_was_written_down_can_be_done_again() -> None:
    async with simulate(Bank, bots=5, seed=4, net="wifi", check=conserved) as world:
        await world.run(seconds=20)
        script, taken, joins = world.script(), world.watch.taken, world.watch.joins
    async with simulate(Bank, script=script, check=conserved) as again:
        await again.run(seconds=22)
    assert again.watch.joins == joins
    assert abs(again.watch.taken - taken) <= sum(visit.leaves_s is not None for visit in script.visits)


async def test_a_script_is_python_that_says_itself() -> None:
    async with simulate(Bank, bots=3, seed=9, net="train") as world:
        await world.run(seconds=10)
        script = world.script()
    names: dict[str, object] = {}
    exec(f"from pelton.testing import *\nscript = {script}", names)  # noqa: S102 - our own source
    again = names["script"]
    assert isinstance(again, Script)
    assert (again.size, again.bots, str(again)) == (script.size, script.bots, str(script))


def test_settings_of_the_server_are_taken() -> None:
    world = World(Bank, bots=6, seed=1, settings=["server.connections_max=2"])
    world.advance(10)
    assert len(world.rooms[0].players) <= 2
    world.close()
