"""A source that is fed by hand and counts what is done to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TypeVar

from pelton.streams.poll import CLOSED, PENDING, Budget, ConcurrentPoll, Poll, Waker
from pelton.streams.stream import Stream

__all__ = ["Cycle", "ManualSource", "Purse"]

T = TypeVar("T")


class ManualSource(Stream[T]):
    """Gives what was pushed, then the error if it failed, then CLOSED if it was ended.

    Has no short cuts of its own (`park`, `fused`): whoever works with this works with any stream.
    """

    def __init__(self, *items: T) -> None:
        self._items: deque[T] = deque(items)
        self._error: BaseException | None = None
        self._ended = False
        self._waker: Waker | None = None
        self.polls = self.taken = self.closed = 0
        self.raised = False

    @property
    def parked(self) -> bool:
        """Somebody waits."""
        return self._waker is not None

    def push(self, *items: T) -> None:
        """Make items ready; after the end it does nothing."""
        if not self._ended:
            self._items.extend(items)
            self._wake()

    def end(self) -> None:
        """Nothing comes after what was pushed."""
        self._ended = True
        self._wake()

    def fail(self, error: BaseException) -> None:
        """Raise this after what was pushed."""
        self._error = error
        self.end()

    def poll(self, waker: Waker | None = None) -> T | Poll:
        self.polls += 1
        if self._items:
            self.taken += 1
            return self._items.popleft()
        error, self._error = self._error, None
        if error is not None:
            self.raised = True
            raise error
        if self._ended:
            return CLOSED
        if waker is not None:
            if self._waker is not None and self._waker != waker:
                raise ConcurrentPoll(self)
            self._waker = waker
        return PENDING

    def close(self) -> None:
        self.closed += 1
        self._items.clear()
        self._error = None
        self.end()

    def forget(self) -> None:
        self._waker = None

    def _wake(self) -> None:
        waker, self._waker = self._waker, None
        if waker is not None:
            waker()


class Cycle(Stream[T]):
    """The same items over and over, until somebody took `taken_max` of them."""

    def __init__(self, items: Sequence[T], taken_max: int) -> None:
        self._items = items
        self._taken_max = taken_max
        self._closed = False
        self.taken = 0

    def poll(self, waker: Waker | None = None) -> T | Poll:
        if self._closed or self.taken >= self._taken_max:
            return CLOSED
        self.taken += 1
        return self._items[self.taken % len(self._items) - 1]

    def close(self) -> None:
        self._closed = True


class Purse(Budget):
    """So much credit a poll, to be refilled, and a count of all that was spent."""

    def __init__(self) -> None:
        self.credit = self.spent = 0

    def __call__(self) -> None:
        """Whoever polls with it polls again anyway."""

    def spend(self) -> bool:
        self.spent += 1
        self.credit -= 1
        return self.credit > 0
