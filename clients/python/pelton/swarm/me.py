"""One bot, as its own behaviour sees it: who it is, what it sees, what time it is, its dice."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from pelton.streams import Poll
from pelton.swarm.intake import Intake

if TYPE_CHECKING:
    from pelton.client import Frame, Replica, Room
    from pelton.swarm.sightings import RoomSight
    from pelton.swarm.tally import Tally

__all__ = ["Me", "Sleep"]

Sleep: TypeAlias = Callable[[float], Awaitable[object]]
"""Waits for so many seconds."""


class Me:
    """One bot, as its own behaviour sees it.

    `random` is its dice: the same swarm seed and number roll the same again (and `stay`, for a bot that was cut off
    and has come back so many times). `now_s` is the clock of its swarm, in seconds.
    """

    def __init__(
        self,
        number: int,
        seed: int,
        room: Room,
        tally: Tally,
        now_s: Callable[[], float] = time.monotonic,
        sight: RoomSight | None = None,
        stay: int = 0,
        sleep: Sleep | None = None,
    ) -> None:
        self.number = number
        """From 0 in its swarm."""
        self.random = Random(f"{seed}/{number}/{stay}" if stay else f"{seed}/{number}")
        self.room = room
        """Its seat. Actions are yielded, not sent here: what is sent past the swarm is not counted right."""
        self.now_s = now_s
        self.sleep: Sleep = sleep or _loop_sleep()
        """Lets so many seconds go by: `await me.sleep(0.5)`."""
        self.dismissed = False
        """Time is over: `frames` and `beat` end, nothing more should be sent."""
        self.due_s: float | None = None
        """When what is yielded now was to be sent, by `now_s`; None outside of `beat`."""
        self.intake = Intake(number, tally, room.tick_hz, sight)

    @property
    def state(self) -> Replica:
        """The room's state as of the frame last looked at."""
        return self.room.state

    @property
    def player_id(self) -> int:
        """Who it is in the room."""
        return self.room.player_id

    async def frames(self) -> AsyncIterator[Frame]:
        """The room's frames until time is over or the seat is gone."""
        following, take = self.room.frames().next, self.intake.take
        while not self.dismissed:
            frame = await following()
            if frame is Poll.CLOSED:
                return
            take(frame)
            yield frame

    async def next_frame(self) -> Frame | None:
        """The next frame, also after time is over; None if the seat is gone."""
        frame = await self.room.frames().next()
        if frame is Poll.CLOSED:
            return None
        self.intake.take(frame)
        return frame

    def beat(self, hz: float) -> AsyncGenerator[float, None]:
        """The times at which an action is due, `hz` of them a second, however the server or this process keeps up.

        The first is at a random moment within one period, the others follow without drift. When late, it yields at
        once for each that was missed, in order, and skips none. Frames are taken in meanwhile. What is yielded in the
        loop counts its latency from the time due: so that who waits for an answer cannot hide how long it took.
        """
        from pelton.swarm.beat import beats  # which needs an event loop, and the command line has none

        return beats(self, hz)


def _loop_sleep() -> Sleep:
    """The event loop's own: imported late, as the command line reads this module and has no loop."""
    import asyncio

    return asyncio.sleep
