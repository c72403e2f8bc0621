"""The push side of the core: a bounded queue that somebody fills with `offer` and one consumer polls.

Three marks bound it. Up to `high` all is well; from there `offer` answers PAUSE and the producer should stop
until `on_low` is called; at `hard` an offer is SHED, counted, never queued. Where everything offered went is
always known:

    accepted = delivered + pending + abandoned          offered = accepted + shed
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

from pelton.streams.poll import CLOSED, PENDING, ConcurrentPoll, Poll, Waker
from pelton.streams.stream import Stream

__all__ = ["Inbox", "Offer"]

T = TypeVar("T")


class Offer(enum.Enum):
    """What became of an offered item."""

    OK = "ok"
    """Accepted."""

    PAUSE = "pause"
    """Accepted, and the inbox is at its high mark: stop offering until `on_low` is called."""

    SHED = "shed"
    """Refused: the inbox holds as much as it may. Counted in `shed`."""

    CLOSED = "closed"
    """Refused: nobody will read it."""


class Inbox(Stream[T]):
    """A bounded FIFO between a producer that must not wait and a consumer that polls.

    `low < high <= hard`, in items. `on_low()` is called once after a PAUSE, when the consumer has brought it
    down to `low`.
    """

    def __init__(self, low: int, high: int, hard: int, on_low: Callable[[], None] | None = None) -> None:
        if not 0 <= low < high <= hard:
            raise ValueError(f"an inbox needs 0 <= low < high <= hard, got {low}, {high}, {hard}")
        self.low, self.high, self.hard = low, high, hard
        self.on_low = on_low
        self.paused = False
        self.accepted = self.delivered = self.shed = self.abandoned = 0
        self._items: deque[T] = deque()
        self._waker: Waker | None = None
        self._ended = False
        self._error: Exception | None = None

    def __len__(self) -> int:
        return len(self._items)

    def offer(self, item: T) -> Offer:
        """Queue `item` if there is room. Never waits, never grows past `hard`."""
        items = self._items
        if self._ended:
            return Offer.CLOSED
        if len(items) >= self.hard:
            self.shed += 1
            return Offer.SHED
        items.append(item)
        self.accepted += 1
        waker = self._waker
        if waker is not None:
            self._waker = None
            waker()
        if len(items) >= self.high:
            self.paused = True
            return Offer.PAUSE
        return Offer.OK

    def end(self, error: Exception | None = None) -> None:
        """Nothing more will be offered.

        What is queued is still delivered, then `error` raised once, or CLOSED answered.
        """
        if not self._ended:
            self._ended = True
            self._error = error
            self._wake()

    def poll(self, waker: Waker | None = None) -> T | Poll:
        if self._items:
            item = self._items.popleft()
            if self.paused and len(self._items) <= self.low:
                self._resume()
            self.delivered += 1
            return item
        if self._ended:
            error, self._error = self._error, None
            if error is not None:
                raise error
            return CLOSED
        if waker is not None:
            self.park(waker)
        return PENDING

    def fused(self, limit: int | None) -> Iterator[T]:
        """Only what is there now: a consumer that causes new offers would otherwise never come to an end."""
        there = len(self._items)
        left = there if limit is None else min(limit, there)
        while left and self._items:
            left -= 1
            item = self.poll()
            if isinstance(item, Poll):
                return
            yield item
        if not self._items and self._error is not None and (limit is None or limit > there):
            self.poll()  # raises what the producer ended with

    def close(self) -> None:
        self.abandoned += len(self._items)
        self._items.clear()
        self._ended = True
        self._error = None
        self.paused = False
        self._wake()

    def park(self, waker: Waker) -> bool:
        if self._items or self._ended:
            return False
        if self._waker is not None and self._waker != waker:
            raise ConcurrentPoll(self)
        self._waker = waker
        return True

    def forget(self) -> None:
        self._waker = None

    def _wake(self) -> None:
        waker, self._waker = self._waker, None
        if waker is not None:
            waker()

    def _resume(self) -> None:
        """Tell the producer. If that raises, the item that was just taken out is lost, and counted as such."""
        self.paused = False
        if self.on_low is not None:
            try:
                self.on_low()
            except BaseException:
                self.abandoned += 1
                self.close()
                raise
