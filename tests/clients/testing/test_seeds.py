"""The games that ship, over many seeds and every network: replicas equal, every action answered, every bound held.

A seed that fails here is repeated by `pelton simulate GAME --seed K --net NET --bots 5 --seconds 8`.
"""

from __future__ import annotations

import pytest

from pelton.games.arena import Arena
from pelton.games.cards import Cards
from pelton.netsim import PRESETS
from pelton.server import Room
from pelton.testing import World

SEEDS = 200
BATCH = 20
NETS = sorted(PRESETS)


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
@pytest.mark.parametrize("game", [Arena, Cards])
def test_a_game_holds_its_promises(game: type[Room], first: int) -> None:
    digests = 0
    for seed in range(first, first + BATCH):
        world = World(game, bots=5, seed=seed, net=NETS[seed % len(NETS)])
        try:
            world.advance(8)
            world.finish()
        finally:
            world.close()
        digests += world.watch.digests
    assert digests > BATCH, "nothing was compared"
