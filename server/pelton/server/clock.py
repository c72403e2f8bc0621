"""Time as an argument.

The server reads a monotonic clock here and nowhere else; simulation code gets ticks, never a clock.
"""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["NS_PER_S", "Clock", "ManualClock", "MonotonicClock"]

NS_PER_S = 1_000_000_000


class Clock(Protocol):
    """Something that tells the time since some fixed moment."""

    def now_ns(self) -> int:
        """Nanoseconds; never goes back."""
        ...


class MonotonicClock:
    """The machine's monotonic clock.

    An event loop's own clock will not do: uvloop's stands still while the loop is busy.
    """

    now_ns = staticmethod(time.monotonic_ns)  # itself, not a call of it: ticks ask many times


class ManualClock:
    """A clock that moves when told to, for tests and simulation."""

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        return self._now_ns

    def advance(self, seconds: float) -> None:
        """Move on; never back."""
        if seconds < 0:
            raise ValueError(f"a clock does not go back ({seconds} s)")
        self._now_ns += round(seconds * NS_PER_S)
