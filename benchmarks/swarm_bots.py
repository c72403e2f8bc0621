"""How the measured bots play: an open loop, as in a load test."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from pelton.client import Action
from pelton.swarm import Me, bot


@bot(blind=True)
async def mover(me: Me) -> AsyncGenerator[Action, None]:
    """A step 20 times a second, whatever comes back."""
    dice = me.random.random
    async for _ in me.beat(20):
        yield Action("move", dx=int(dice() * 20) - 10, dy=int(dice() * 20) - 10)
