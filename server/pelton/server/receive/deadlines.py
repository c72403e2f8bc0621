"""Things that must have happened within a fixed time.

One FIFO, since all wait equally long: no timer and no scan per connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from pelton.server.clock import NS_PER_S

__all__ = ["LOOK_MIN", "Deadlines"]

T = TypeVar("T")

NEVER_NS = 2**63
LOOK_MIN = 64


class Deadlines(Generic[T]):
    """Who was added more than `timeout_s` ago. Who has done what was asked may still be named: ask it.

    With `is_over` those for whom it is so are forgotten before their time, whenever there are twice as many as were
    left the last time: who comes and goes quickly is not kept for it.
    """

    def __init__(self, timeout_s: float, is_over: Callable[[T], bool] | None = None) -> None:
        self._timeout_ns = round(timeout_s * NS_PER_S)
        self._waiting: deque[tuple[int, T]] = deque()
        self._is_over = is_over
        self._look_at = LOOK_MIN
        self.due_ns = NEVER_NS
        """When the next one's time is over."""

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[T]:
        return (item for _, item in self._waiting)

    def add(self, item: T, now_ns: int) -> None:
        """Start the time of one."""
        self._waiting.append((now_ns + self._timeout_ns, item))
        if self._is_over is not None and len(self._waiting) > self._look_at:
            is_over = self._is_over
            self._waiting = deque(one for one in self._waiting if one[1] is item or not is_over(one[1]))
            self._look_at = max(LOOK_MIN, 2 * len(self._waiting))
        self.due_ns = self._waiting[0][0]

    def expired(self, now_ns: int) -> Iterator[T]:
        """Take out all whose time is over."""
        while self._waiting and self._waiting[0][0] <= now_ns:
            yield self._waiting.popleft()[1]
        self.due_ns = self._waiting[0][0] if self._waiting else NEVER_NS
