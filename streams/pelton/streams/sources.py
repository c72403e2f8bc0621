"""Streams of what is there already, or is made when asked for. No waiting, hence no waker; no event loop.

When the data is in memory a plain iterator is the better tool; `from_iter` is for putting it where a stream is
expected.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice, repeat
from types import GeneratorType
from typing import Any, Final, TypeVar

from pelton.streams.poll import CLOSED, PENDING, ConcurrentPoll, Poll, Waker
from pelton.streams.stream import Stream

__all__ = ["FromIter", "Pending", "empty", "from_iter", "once", "pending", "repeat_with", "unfold"]

T = TypeVar("T")
S = TypeVar("S")

_END: Final[Any] = object()


class FromIter(Stream[T]):
    """See `from_iter`."""

    def __init__(self, iterable: Iterable[T]) -> None:
        self._iterable: Iterable[T] = iterable
        self._iterator: Iterator[T] | None = None
        self._closed = False

    @property
    def finished(self) -> bool:
        return self._closed

    def poll(self, waker: Waker | None = None) -> T | Poll:
        if self._closed:
            return CLOSED
        try:
            item: Any = next(self._running(), _END)
        except BaseException:
            self._closed = True
            raise
        if item is _END:
            self._closed = True
            return CLOSED
        taken: T = item
        return taken

    def fused(self, limit: int | None) -> Iterator[T]:
        if limit is not None:
            yield from self._first(limit)
            return
        for item in () if self._closed else self._running():
            yield item
            if self._closed:  # by the consumer
                return
        self._closed = True

    def _first(self, limit: int) -> Iterator[T]:
        given = 0
        for item in () if self._closed else islice(self._running(), limit):
            given += 1
            yield item
            if self._closed:
                return
        if given < limit:
            self._closed = True

    def _running(self) -> Iterator[T]:
        """Started with the first item asked for: a stream that nobody polls does nothing."""
        if self._iterator is None:
            self._iterator = iter(self._iterable)
        return self._iterator

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            source: Iterable[Any] = self._iterable if self._iterator is None else self._iterator
            if isinstance(source, GeneratorType) and not source.gi_running:
                source.close()


class Pending(Stream[Any]):
    """See `pending`."""

    def __init__(self) -> None:
        self._waker: Waker | None = None
        self._closed = False

    @property
    def finished(self) -> bool:
        return self._closed

    def poll(self, waker: Waker | None = None) -> Poll:
        if self._closed:
            return CLOSED
        if waker is not None:
            self.park(waker)
        return PENDING

    def close(self) -> None:
        self._closed = True
        waker, self._waker = self._waker, None
        if waker is not None:
            waker()

    def park(self, waker: Waker) -> bool:
        if self._closed:
            return False
        if self._waker is not None and self._waker != waker:
            raise ConcurrentPoll(self)
        self._waker = waker
        return True

    def forget(self) -> None:
        self._waker = None


def from_iter(iterable: Iterable[T]) -> FromIter[T]:
    """The items of an iterable, taken one by one when asked for. Closing it closes a generator."""
    return FromIter(iterable)


def once(item: T) -> FromIter[T]:
    """One item."""
    return FromIter((item,))


def empty() -> FromIter[Any]:
    """No item: closed from the start."""
    return FromIter(())


def pending() -> Pending:
    """No item, and no end until it is closed."""
    return Pending()


def repeat_with(make: Callable[[], T]) -> FromIter[T]:
    """What `make()` answers, for ever, called when an item is asked for."""
    return FromIter(make() for _ in repeat(None))


def unfold(state: S, step: Callable[[S], tuple[T, S] | None]) -> FromIter[T]:
    """The opposite of a fold: `step(state)` answers an item and the next state, or None at the end."""

    def items() -> Generator[T]:
        current = state
        while (stepped := step(current)) is not None:
            item, current = stepped
            yield item

    return FromIter(items())
