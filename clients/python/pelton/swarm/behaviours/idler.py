"""For any game: company that costs next to nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from pelton.swarm.behaviour import bot
from pelton.swarm.me import Me

if TYPE_CHECKING:
    from pelton.client import Action

__all__ = ["idler"]

NOTHING: tuple[Action, ...] = ()


@bot(blind=True)
async def idler(me: Me) -> AsyncGenerator[Action, None]:
    """Take a seat and every frame, and do nothing."""
    async for _ in me.frames():
        for action in NOTHING:
            yield action
