"""A player who tries everything that a game admits: what plays in a simulation when nothing else is asked for."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from random import Random

from pelton.client import Action
from pelton.protocol.sample import sample_fields
from pelton.protocol.schema import Action as ActionType
from pelton.protocol.schema import action_name
from pelton.swarm import Behaviour, Me, bot

__all__ = ["monkey"]

PAUSE_TICKS_MAX = 12
FRENZY = 0.15
"""How often it does something every tick for a while."""
STAYS_TICKS = 400
"""How long it stays, on average."""
CHECKS_EVERY_S = 2


def monkey(kinds: Sequence[type[ActionType]]) -> Behaviour:
    """A behaviour for a game with these actions."""

    @bot
    async def monkey(me: Me) -> AsyncGenerator[Action, None]:
        """Anything allowed, at any pace; leaves now and then."""
        pause = frenzy = 0
        every = max(1, round(CHECKS_EVERY_S * me.room.tick_hz))
        async for frame in me.frames():
            if me.random.random() * STAYS_TICKS < 1:
                return
            if frame.tick % every == 0:
                await me.room.verify()
            if frenzy:
                frenzy -= 1
            elif me.random.random() * PAUSE_TICKS_MAX < FRENZY:
                frenzy = int(me.random.random() * 2 * PAUSE_TICKS_MAX)
            pause -= 1
            if kinds and (pause < 0 or frenzy):
                pause = int(me.random.random() * PAUSE_TICKS_MAX)
                kind = kinds[int(me.random.random() * len(kinds))]
                yield Action(action_name(kind), **sample_fields(kind, me.random, _ids(me, me.random)))

    return monkey


def _ids(me: Me, random: Random) -> list[int]:
    """Its own id, and one of each table it sees."""
    tables = [list(table.ids) for table in me.state if len(table)]
    return [me.player_id, *(int(random.choice(ids)) for ids in tables)]
