"""The behaviours that ship: what they yield is what their game accepts."""

from __future__ import annotations

import importlib
import math
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.games.arena import TURN_RATE, WORLD, Arena
from pelton.swarm.behaviours import BY_GAME, SHIPPED, dealer, hunter, idler, wanderer
from pelton.swarm.behaviours.hunter import aim
from tests.clients.swarm.stage import ACTIONS, Stage, performance

FRAMES = 250


@pytest.mark.parametrize("number", range(8))
async def test_all_that_a_wanderer_sends_is_an_action_of_the_arena(number: int) -> None:
    sent = await performance(wanderer, Stage(number), FRAMES)
    for action in sent:
        msgspec.convert(action, Arena.actions)  # raises for what the server would refuse


async def test_a_wanderer_steers_every_tick_and_now_and_then_does_more() -> None:
    swarm: Counter[object] = Counter()
    for number in range(20):
        sent = await performance(wanderer, Stage(number), FRAMES)
        names = Counter(action[0] for action in sent)
        assert names["steer"] == FRAMES
        swarm += names
    assert swarm["shoot"] > swarm["rename"] > 0
    assert set(swarm) == set(ACTIONS)


async def test_a_wanderer_repeats_itself() -> None:
    first = await performance(wanderer, Stage(5, seed=7), FRAMES)
    assert await performance(wanderer, Stage(5, seed=7), FRAMES) == first


async def test_an_idler_takes_its_frames_and_does_nothing() -> None:
    stage = Stage()
    assert await performance(idler, stage, FRAMES) == []
    assert stage.tally.frames == FRAMES


def test_every_sample_game_has_a_bot() -> None:
    assert {"arena": wanderer, "cards": dealer} == BY_GAME
    assert {"wanderer": wanderer, "hunter": hunter, "idler": idler, "dealer": dealer} == SHIPPED


def test_a_hunter_knows_the_world_as_it_is() -> None:
    module = importlib.import_module("pelton.swarm.behaviours.hunter")
    assert (module.WORLD, module.TURN_RATE) == (WORLD, TURN_RATE)


def test_a_hunter_aims_the_short_way_round_the_world() -> None:
    assert aim(0, 0, 0, 100, 0) == (0.0, 100.0)
    assert aim(10, 0, math.pi, WORLD - 10, 0) == (0.0, 20.0)
    assert aim(0, 0, math.pi / 2, 100, 0) == (-math.pi / 2, 100.0)


@given(*[st.floats(0, WORLD, exclude_max=True)] * 4, st.floats(-3.2, 3.2))
def test_a_hunter_that_turns_as_it_says_flies_straight_at_its_prey(
    x: float, y: float, to_x: float, to_y: float, angle: float
) -> None:
    bearing, distance = aim(x, y, angle, to_x, to_y)
    assert -math.pi <= bearing <= math.pi
    reached_x = x + distance * math.cos(angle + bearing)
    reached_y = y + distance * math.sin(angle + bearing)
    assert math.remainder(reached_x - to_x, WORLD) == pytest.approx(0, abs=1e-6)
    assert math.remainder(reached_y - to_y, WORLD) == pytest.approx(0, abs=1e-6)
