"""A clock that stands still until it is moved."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

__all__ = ["ManualClock"]


class _Call:
    """A call to come."""

    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None


class ManualClock:
    """See `pelton.streams.Clock`."""

    def __init__(self, now_s: float = 0.0) -> None:
        self._now_s = now_s
        self._calls: list[tuple[float, int, _Call]] = []
        self._order = itertools.count()

    def time(self) -> float:
        """Seconds, as far as it was moved."""
        return self._now_s

    def call_at(self, when: float, callback: Callable[[], object]) -> _Call:
        """Call during the `advance` that reaches `when`."""
        call = _Call(callback)
        heapq.heappush(self._calls, (when, next(self._order), call))
        return call

    def advance(self, seconds: float) -> None:
        """Move on, and make the calls that become due, each at its time."""
        until = self._now_s + seconds
        while self._calls and self._calls[0][0] <= until:
            when, _, call = heapq.heappop(self._calls)
            self._now_s = max(self._now_s, when)
            callback, call.callback = call.callback, None
            if callback is not None:
                callback()
        self._now_s = until

    @property
    def waiting(self) -> int:
        """How many calls are to come."""
        return sum(call.callback is not None for _, _, call in self._calls)
