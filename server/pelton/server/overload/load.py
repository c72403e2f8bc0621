"""How heavy rooms are: the work of their ticks as a share of the time that they have for it, window by window."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Heaviest", "RoomLoad", "blame", "heaviest"]

R = TypeVar("R")

SHARES_MAX = 1024
"""Of a room in one window; 240 ticks a second are the most that a room may have."""


class RoomLoad:
    """Of one room. Its ticks are added, a window closes about once a second."""

    __slots__ = ("_odd", "_shares", "mean", "p95", "slowed_by")

    def __init__(self) -> None:
        self.p95 = 0.0
        """Of the last window that had a tick: of the budget at full speed. More than 1: it cannot keep its rate."""
        self.mean = 0.0
        self.slowed_by = 1.0
        """So many times more rarely than its game asked for does it tick, for itself alone."""
        self._shares: list[float] = []
        self._odd: float | None = None

    def add(self, share: float, *, in_pairs: bool = False) -> None:
        """Count a tick. `in_pairs`: frames go out with every other tick, so only two of them together are a measure."""
        if in_pairs and self._odd is None:
            self._odd = share
            return
        if self._odd is not None:
            share, self._odd = (share + self._odd) / 2, None
        if len(self._shares) < SHARES_MAX:
            self._shares.append(share)

    def close(self) -> None:
        """The window is over. A room that ticks more rarely keeps the figures that it had."""
        shares = self._shares
        if shares:
            self.p95 = sorted(shares)[math.ceil(0.95 * len(shares)) - 1]
            self.mean = sum(shares) / len(shares)
            shares.clear()


@dataclass(frozen=True, slots=True)
class Heaviest(Generic[R]):
    """The load of several rooms, and the room that weighs most."""

    load: float
    room: R | None
    """None of no rooms."""


def heaviest(loads: Mapping[R, RoomLoad]) -> Heaviest[R]:
    """What the rooms need of the one core that they share: as much as all do together, or the heaviest for itself.

    The sum is what they would take at full speed: it goes beyond 1, where the time they really took cannot.
    """
    peaks = {room: load.p95 / load.slowed_by for room, load in loads.items()}
    room = max(peaks, key=peaks.__getitem__, default=None)
    total = sum(load.mean / load.slowed_by for load in loads.values())
    return Heaviest(total if room is None else max(total, peaks[room]), room)


def blame(loads: Mapping[R, RoomLoad], share_max: float, high: float) -> Sequence[R]:
    """The rooms that alone are the reason of an overload: over `share_max`, and without them there would be none.

    None, if they are more than half of all: then it is the server that is too small for its games.
    """
    heavy = [room for room, load in loads.items() if load.p95 > share_max]
    rest = {room: load for room, load in loads.items() if load.p95 <= share_max}
    if not heavy or len(heavy) > len(rest) or heaviest(rest).load > high:
        return ()
    return heavy
