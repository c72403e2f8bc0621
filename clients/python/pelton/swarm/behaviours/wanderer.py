"""For the arena: flies about, as many as you like at little cost."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from pelton.client import Action
from pelton.swarm.behaviour import bot
from pelton.swarm.me import Me

__all__ = ["wanderer"]

SHOTS_PER_TICK = 0.1
RENAMES_PER_TICK = 0.002
NAMES = ("Ada", "Burdin", "Fourneyron", "Francis", "Kaplan", "Pelton", "Poncelet", "Segner")


@bot(blind=True)
async def wanderer(me: Me) -> AsyncGenerator[Action, None]:
    """Fly in swerves through the arena, shoot at nobody in particular, change name now and then.

    It steers anew every tick, so that as many actions go out as frames come in.
    """
    dice, turn = me.random, 0.0
    async for _ in me.frames():
        turn = max(-1.0, min(1.0, 0.9 * turn + dice.uniform(-0.4, 0.4)))
        yield Action("steer", turn=turn, thrust=1.0)
        if dice.random() < SHOTS_PER_TICK:
            yield Action("shoot")
        if dice.random() < RENAMES_PER_TICK:
            yield Action("rename", name=f"{dice.choice(NAMES)} {me.number}")
