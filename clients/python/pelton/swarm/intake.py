"""What is measured of the frames that one bot takes in. Runs for each frame of each bot: keep it short."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pelton.client import Frame
    from pelton.swarm.sightings import RoomSight
    from pelton.swarm.tally import Tally

__all__ = ["Intake"]

STALL_TICKS = 2
SEEN_EVERY = 4
"""Of a bot's actions, every so many is followed until another bot sees it."""


class Intake:
    """Counts a bot's frames in the swarm's tally. Without `sight` nobody asks who sees its actions."""

    __slots__ = ("_arrived_s", "_bot", "_saw", "_sight", "_stall_s", "_tally", "late")

    def __init__(self, bot: int, tally: Tally, tick_hz: float, sight: RoomSight | None) -> None:
        self.late: dict[int, float] = {}
        """Of actions of a beat that are unanswered: by how much later than meant they were sent."""
        self._bot = bot
        self._tally = tally
        self._saw = tally.saw
        self._sight = sight
        self._stall_s = STALL_TICKS / tick_hz
        self._arrived_s = math.inf

    def take(self, frame: Frame) -> None:
        """The bot has taken in this frame."""
        arrived_s = frame.arrived_s
        gap_s = arrived_s - self._arrived_s
        self._arrived_s = arrived_s
        if gap_s > self._stall_s:
            self._tally.stalls.add(gap_s)
        sight = self._sight
        if sight is not None:
            if frame.tick != sight.settled or sight.open:
                sight.saw(self._bot, frame.tick, arrived_s)
            if frame.taken:
                self._follow(frame, sight)
        self._saw(frame, self.late)

    def _follow(self, frame: Frame, sight: RoomSight) -> None:
        """Ask when others see what was taken."""
        for seq, latency_s in frame.taken:
            if seq % SEEN_EVERY == 0:
                sight.acked(self._bot, frame.tick, frame.arrived_s - latency_s - self.late.get(seq, 0.0))
