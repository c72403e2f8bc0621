"""Refuses actions that have waited too long. Age is counted in ticks, as a simulation reads no clock.

An action does not carry its age, and nearly every action is taken in the tick after it came. So only seats that have
something left after a tick are looked at: how many actions each had accepted by then is written down, and whoever is
still there when the note is old enough is late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from pelton.protocol import Reason
from pelton.server.simulate.seat import Seat
from pelton.streams import Poll

__all__ = ["Ages"]


class Ages:
    """The waiting actions of a room. `ticks_max` is the most that one may have waited, 0 for any number."""

    def __init__(self, ticks_max: int) -> None:
        self._ticks_max = ticks_max
        self._notes: dict[Seat, deque[int]] = {}
        """By seat, for each of the last ticks after which something was left, how many it had accepted by then."""

    def refuse_late(self) -> int:
        """Before a tick: refuse what has waited for longer than it may. Answers how many actions that were."""
        refused = 0
        for seat, notes in self._notes.items():
            if len(notes) == self._ticks_max:
                for _ in range(notes[0] - seat.inbox.delivered):
                    act = seat.inbox.poll()
                    if isinstance(act, Poll):
                        break  # the seat was closed meanwhile, for being refused too much
                    seat.acked = act.seq
                    seat.refuse(act.seq, Reason.LATE, act.action, f"it waited for {self._ticks_max} ticks")
                    refused += 1
        return refused

    def note(self, left: Iterable[Seat]) -> None:
        """After a tick: these seats have something left."""
        if not self._ticks_max:
            return
        before, self._notes = self._notes, {}
        for seat in left:
            self._notes[seat] = notes = before.get(seat) or deque[int](maxlen=self._ticks_max)
            notes.append(seat.inbox.accepted)
