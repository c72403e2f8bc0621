"""Stages that hold items for a consumer that is slower than its source. See `Stream.buffer` and `Stream.conflate`.

They take in what is ready whenever they are polled, and only then: a waker may not poll. Bounded, and every item that
is dropped is counted in a `Lagged` that stands where it would have stood.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Literal, TypeAlias, TypeVar, get_args

from pelton.streams.items import Lagged
from pelton.streams.poll import CLOSED, PENDING, BufferOverflow, ConcurrentPoll, Poll, Waker, exhausted
from pelton.streams.stage import Polled, Relay
from pelton.streams.stream import Stream

__all__ = ["Buffer", "Conflate", "Overflow"]

T = TypeVar("T")
U = TypeVar("U")

Overflow: TypeAlias = Literal["suspend", "drop_oldest", "drop_newest", "fail"]

INTAKE_MAX = 1024
"""Items taken in within one poll: a source that never runs dry must not hold up the caller."""


class _Holding(Polled[T, U]):
    """Takes in what is ready, then gives the oldest of what it holds."""

    def __init__(self, source: Stream[T], size: int) -> None:
        if size < 1:
            raise ValueError(f"a buffer needs a size of 1 or more, got {size}")
        super().__init__(source)
        self._size = size
        self._error: Exception | None = None
        self._dry = False
        self._relay = Relay(self)
        self._owed = False  # the last poll used its whole budget on what was dropped: now it is an item's turn

    @property
    def finished(self) -> bool:
        return self._closed

    def _step(self, waker: Waker | None) -> U | Poll:
        answer: Poll = CLOSED if self._dry else PENDING
        if self._owed:
            self._owed = False
        elif not self._dry:
            answer = self._intake(self._relay.to(waker))
            if self._relay.spent:
                self._owed = self._holds_some()
                return PENDING
        item = self._oldest()
        if item is not PENDING:
            self._relay.forget()  # it may have parked while more was looked for; nobody has to wait
            return item
        error, self._error = self._error, None
        if error is not None:
            raise error
        return answer

    def _intake(self, waker: Waker | None) -> Poll:
        """Take in; answers why no more came."""
        for _ in range(INTAKE_MAX):
            if not self._has_room():
                break
            try:
                item = self.source.poll(waker)
                if item is CLOSED:
                    self._dry = True
                if isinstance(item, Poll):
                    return item
                dropped = self._put(item)
            except ConcurrentPoll:
                raise
            except Exception as error:  # noqa: BLE001 - raised after what is held
                self._error = error
                self._dry = True
                return CLOSED
            if dropped and exhausted(waker):
                break
        return PENDING

    def park(self, waker: Waker) -> bool:
        return False  # what is held is ready

    def forget(self) -> None:
        self._relay.forget()
        super().forget()

    def _has_room(self) -> bool:
        raise NotImplementedError

    def _holds_some(self) -> bool:
        raise NotImplementedError

    def _put(self, item: T) -> bool:
        """Hold the item; whether one was dropped for it, or it was."""
        raise NotImplementedError

    def _oldest(self) -> U | Poll:
        """Take out what is next, or PENDING."""
        raise NotImplementedError


class Buffer(_Holding[T, "T | Lagged"]):
    """See `Stream.buffer`. Between two gaps there is always an item: however long the overload, items get through."""

    def __init__(self, source: Stream[T], size: int, overflow: Overflow) -> None:
        super().__init__(source, size)
        if overflow not in get_args(Overflow):
            raise ValueError(f"overflow is one of {', '.join(get_args(Overflow))}, not {overflow!r}")
        self._overflow = overflow
        self._items: deque[T] = deque()
        self._gaps: deque[list[int]] = deque()
        """Where items were dropped, in order: how many of the held items stand before it, and how many it is."""
        self._told = False

    def _has_room(self) -> bool:
        if self._told and self._items:
            return False  # first the item behind the gap, in its place; then it may be dropped for another
        return self._overflow != "suspend" or len(self._items) < self._size

    def _holds_some(self) -> bool:
        return bool(self._items)

    def _put(self, item: T) -> bool:
        items = self._items
        if len(items) < self._size:
            items.append(item)
            return False
        if self._overflow == "fail":
            raise BufferOverflow(f"more than the {self._size} items that the buffer holds were ready")
        if self._overflow == "drop_oldest":
            items.popleft()
            items.append(item)
            self._widen(0)
        else:
            self._widen(len(items))
        return True

    def _widen(self, place: int) -> None:
        if self._gaps and self._gaps[-1][0] == place:
            self._gaps[-1][1] += 1
        else:
            self._gaps.append([place, 1])

    def _oldest(self) -> T | Lagged | Poll:
        gaps = self._gaps
        self._told = bool(gaps) and gaps[0][0] == 0
        if self._told:
            return Lagged(gaps.popleft()[1])
        if not self._items:
            return PENDING
        for gap in gaps:
            gap[0] -= 1
        return self._items.popleft()

    def close(self) -> None:
        self._items.clear()
        self._gaps.clear()
        super().close()


class Conflate(_Holding[T, T]):
    """See `Stream.conflate`. `conflated` counts the items that a later one took the place of."""

    def __init__(
        self, source: Stream[T], key: Callable[[T], Hashable], merge: Callable[[T, T], T] | None, size: int
    ) -> None:
        super().__init__(source, size)
        self.conflated = 0
        self._key = key
        self._merge = merge
        self._items: dict[Hashable, T] = {}  # in the order in which the keys came

    def _has_room(self) -> bool:
        return len(self._items) < self._size

    def _holds_some(self) -> bool:
        return bool(self._items)

    def _put(self, item: T) -> bool:
        key = self._key(item)
        waits = key in self._items
        if waits:
            self.conflated += 1
            if self._merge is not None:
                item = self._merge(self._items[key], item)
        self._items[key] = item
        return waits

    def _oldest(self) -> T | Poll:
        for key in self._items:
            return self._items.pop(key)
        return PENDING

    def close(self) -> None:
        self._items.clear()
        super().close()
