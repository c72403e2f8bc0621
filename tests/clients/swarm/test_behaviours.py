"""The behaviours that ship: what they yield is what their game accepts."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from pelton.games.arena import Arena
from pelton.swarm.behaviours import BY_GAME, wanderer
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


def test_the_arena_has_a_bot() -> None:
    assert BY_GAME["arena"] is wanderer
