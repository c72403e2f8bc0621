"""The push side of the core: a bounded queue that somebody fills with `offer` and one consumer polls.

Three marks bound it. Up to `high` all is well; from there `offer` answers PAUSE and the producer should stop
until `on_low` is called; what would pass `hard` is SHED, counted, never queued. Where everything offered went is
always known:

    offered = accepted + shed          accepted = delivered + conflated + pending + abandoned
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar, cast

from pelton.streams.items import Lagged
from pelton.streams.poll import CLOSED, PENDING, ConcurrentPoll, Poll, Waker
from pelton.streams.sorter import Sorter
from pelton.streams.stream import Stream

__all__ = ["Inbox", "Offer"]

T = TypeVar("T")


class Offer(enum.Enum):
    """What became of an offered item."""

    OK = "ok"
    """Accepted."""

    PAUSE = "pause"
    """Accepted, and the inbox is at its high mark: stop offering until `on_low` is called."""

    CONFLATED = "conflated"
    """Accepted in the place of one with the same key, which is gone, counted in `conflated`. PAUSE goes before it."""

    SHED = "shed"
    """Refused: the inbox holds as much as it may. Counted in `shed`."""

    CLOSED = "closed"
    """Refused: nobody will read it."""


# An attribute of an enum costs ten times a module's name (Python 3.11), on every offer.
_OK, _PAUSE, _CONFLATED, _SHED, _CLOSED = Offer.OK, Offer.PAUSE, Offer.CONFLATED, Offer.SHED, Offer.CLOSED


class Inbox(Stream[T]):
    """A bounded FIFO between a producer that must not wait and a consumer that polls.

    `low < high <= hard`, in items, or in what `weigh(item)` adds up to (bytes, say; 1 at least for each item).
    `on_low()` is called once after a PAUSE, when the consumer has brought it down to `low`, or closed it. Items to
    which `classify` gives the same key, not None, replace each other while they wait: the newest is delivered, in the
    oldest's place. `report_lag` puts a `Lagged` ahead of the next item after some were shed; `T` has to allow for it.
    """

    def __init__(
        self,
        low: int,
        high: int,
        hard: int,
        on_low: Callable[[], None] | None = None,
        *,
        weigh: Callable[[T], int] | None = None,
        classify: Callable[[T], Hashable] | None = None,
        report_lag: bool = False,
    ) -> None:
        if not 0 <= low < high <= hard:
            raise ValueError(f"an inbox needs 0 <= low < high <= hard, got {low}, {high}, {hard}")
        self.low, self.high, self.hard = low, high, hard
        self.on_low = on_low
        self.paused = False
        self.accepted = self.conflated = self.shed = self.abandoned = 0
        self._items: deque[T] = deque()
        self._sorter = Sorter(weigh, classify) if weigh or classify else None
        self.backlog = self._items
        self.at_hand = () if self._sorter else self._items
        self._report_lag = report_lag
        self._lag = 0
        self._waker: Waker | None = None
        self._ended = False
        self._error: Exception | None = None
        self._reason = "ended"

    def __len__(self) -> int:
        return len(self._items)

    @property
    def delivered(self) -> int:
        """Items that the consumer took: what was accepted and went nowhere else."""
        return self.accepted - self.conflated - self.abandoned - len(self._items)

    @property
    def weight(self) -> int:
        """Of all that waits; without `weigh` their number."""
        return len(self._items) if self._sorter is None else self._sorter.weight

    @property
    def ended(self) -> bool:
        """Whether nothing more is accepted; there may still be something to poll."""
        return self._ended

    @property
    def finished(self) -> bool:
        return self._ended and not self._items and self._error is None and not self._lag

    @property
    def reason(self) -> str:
        return self._reason

    def offer(self, item: T) -> Offer:
        """Queue `item` if there is room. Never waits, never grows past `hard`."""
        if self._ended:
            return _CLOSED
        if self._sorter is not None:
            return self._offer_sorted(item, self._sorter)
        items = self._items
        if len(items) >= self.hard:
            return self._shed()
        items.append(item)
        self.accepted += 1
        waker = self._waker
        if waker is not None:
            self._waker = None
            waker()
        if len(items) >= self.high:
            self.paused = True
            self.at_hand = ()  # who takes one has to look at the low mark, or there is a gap to report
            return _PAUSE
        return _OK

    def _offer_sorted(self, item: T, sorter: Sorter) -> Offer:
        weight = sorter.weighed_with(item)
        if weight > self.hard:
            return self._shed()
        self.accepted += 1
        accepted = _OK
        if sorter.conflate(item, self._items):
            self.conflated += 1
            accepted = _CONFLATED
        else:
            self._items.append(item)
            self._wake()
        if weight >= self.high:
            self.paused = True
            return _PAUSE
        return accepted

    def _shed(self) -> Offer:
        self.shed += 1
        if self._report_lag:
            self._lag += 1
            self._wake()  # an item that is too heavy is shed from an empty inbox, too
        return _SHED

    def end(self, error: Exception | None = None, reason: str = "ended") -> None:
        """Nothing more will be offered.

        What is queued is still delivered, then `error` raised once, or CLOSED answered. A merge passes `reason` on.
        """
        if not self._ended:
            self._ended = True
            self._error = error
            self._reason = reason
            self._wake()

    def poll(self, waker: Waker | None = None) -> T | Poll:
        if self._lag:
            lagged, self._lag = Lagged(self._lag), 0
            return cast("T", lagged)
        if self._items:
            item = self._items.popleft()
            if self._sorter is not None:
                self._sorter.taken()
            if self.paused and self.weight <= self.low:
                self._resume()
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
        there = len(self._items) + (self._lag > 0)
        left = there if limit is None else min(limit, there)
        while left and (self._items or self._lag):
            left -= 1
            if self.at_hand:
                yield self.at_hand.popleft()
            else:
                item = self.poll()
                if isinstance(item, Poll):
                    return
                yield item
        if not (self._items or self._lag) and self._error is not None and (limit is None or limit > there):
            self.poll()  # raises what the producer ended with

    def close(self) -> None:
        self.abandoned += len(self._items)
        self._items.clear()
        if self._sorter is not None:
            self._sorter.clear()
        self._lag = 0
        self._ended = True
        self._error = None
        paused, self.paused = self.paused, False
        self._wake()
        if paused and self.on_low is not None:
            self.on_low()  # or who waits for room would wait for ever

    def park(self, waker: Waker) -> bool:
        if self._items or self._ended or self._lag:
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
        if self._sorter is None:
            self.at_hand = self._items
        if self.on_low is not None:
            try:
                self.on_low()
            except BaseException:
                self.abandoned += 1
                self.close()
                raise
