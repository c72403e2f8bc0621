"""Looks at the bots at random moments: how old their newest state is, and how late this process itself is.

Random, since a beat of its own would always fall on the same place between two ticks. By the clock and not by frames,
so that a bot that is sent none counts as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from pelton.client import Room
from pelton.swarm.tally import Tally

__all__ = ["Pulse", "state_age_s"]

PAUSE_MIN_S, PAUSE_MAX_S = 0.05, 0.15
LOOKED_AT_MAX = 50
"""Bots each time."""


class Pulse:
    """`rooms` gives the seats of those who play now."""

    def __init__(
        self, rooms: Callable[[], Sequence[Room]], tally: Tally, random: Random, now_s: Callable[[], float]
    ) -> None:
        self._rooms = rooms
        self._tally = tally
        self._random = random
        self._now_s = now_s

    async def run(self, over: asyncio.Event) -> None:
        """Until it is over."""
        while True:
            pause_s = self._random.uniform(PAUSE_MIN_S, PAUSE_MAX_S)
            due_s = self._now_s() + pause_s
            try:
                async with asyncio.timeout(pause_s):
                    await over.wait()
            except TimeoutError:
                self._look(due_s)
            else:
                return

    def _look(self, due_s: float) -> None:
        now_s = self._now_s()
        self._tally.loop_late.add(now_s - due_s)
        rooms = self._rooms()
        for room in rooms if len(rooms) <= LOOKED_AT_MAX else self._random.sample(rooms, LOOKED_AT_MAX):
            age_s = state_age_s(room, now_s)
            if age_s is not None:
                self._tally.state_age.add(age_s)


def state_age_s(room: Room, now_s: float) -> float | None:
    """How far the state that a client has is behind the server, by the clock of its room; None before a frame."""
    tick = room.state.tick
    if not tick:
        return None
    return max(0.0, room.clock.tick(now_s) - tick) / room.tick_hz
