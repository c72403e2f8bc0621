"""Lazy stages over one source. Each is an inert object: no task, no queue of its own, nothing to clean up.

A stage is driven by `poll` (one item) or by `fused` ( over all that is ready); both must give the same items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from pelton.streams.poll import CLOSED, ConcurrentPoll, Poll, Waker
from pelton.streams.stream import Stream

__all__ = ["Filter", "FilterMap", "Map", "Stage", "Take"]

T = TypeVar("T")
U = TypeVar("U")


class Stage(Stream[U], Generic[T, U]):
    """A stream made of one other. Subclasses say in `_step` what happens to what the source answered."""

    def __init__(self, source: Stream[T]) -> None:
        self.source = source
        self._closed = False

    def poll(self, waker: Waker | None = None) -> U | Poll:
        if self._closed:
            return CLOSED
        try:
            item = self._step(waker)
        except ConcurrentPoll:
            raise  # the fault of who polled; the stream goes on for who waits
        except BaseException:
            self.close()
            raise
        if item is CLOSED:
            self.close()
        return item

    def _step(self, waker: Waker | None) -> U | Poll:
        raise NotImplementedError

    def close(self) -> None:
        self._closed = True
        self.source.close()

    def park(self, waker: Waker) -> bool:
        return not self._closed and self.source.park(waker)

    def forget(self) -> None:
        self.source.forget()

    def fused(self, limit: int | None) -> Iterator[U]:
        return iter(()) if self._closed else self._over(self.source.fused(limit))

    def _over(self, source: Iterator[T]) -> Iterator[U]:
        raise NotImplementedError


class Map(Stage[T, U]):
    """See `Stream.map`."""

    def __init__(self, source: Stream[T], function: Callable[[T], U]) -> None:
        super().__init__(source)
        self._function = function

    def _step(self, waker: Waker | None) -> U | Poll:
        item = self.source.poll(waker)
        return item if isinstance(item, Poll) else self._function(item)

    def _over(self, source: Iterator[T]) -> Iterator[U]:
        return map(self._function, source)


class Filter(Stage[T, T]):
    """See `Stream.filter`."""

    def __init__(self, source: Stream[T], predicate: Callable[[T], object]) -> None:
        super().__init__(source)
        self._predicate = predicate

    def _step(self, waker: Waker | None) -> T | Poll:
        while True:
            item = self.source.poll(waker)
            if isinstance(item, Poll) or self._predicate(item):
                return item

    def _over(self, source: Iterator[T]) -> Iterator[T]:
        return filter(self._predicate, source)


class FilterMap(Stage[T, U]):
    """See `Stream.filter_map`."""

    def __init__(self, source: Stream[T], function: Callable[[T], U | None]) -> None:
        super().__init__(source)
        self._function = function

    def _step(self, waker: Waker | None) -> U | Poll:
        while True:
            item = self.source.poll(waker)
            if isinstance(item, Poll):
                return item
            changed = self._function(item)
            if changed is not None:
                return changed

    def _over(self, source: Iterator[T]) -> Iterator[U]:
        return (changed for item in source if (changed := self._function(item)) is not None)


class Take(Stage[T, T]):
    """See `Stream.take`."""

    def __init__(self, source: Stream[T], count: int) -> None:
        if count < 0:
            raise ValueError(f"take() needs a count of 0 or more, got {count}")
        super().__init__(source)
        self._left = count
        if count == 0:
            self.close()

    def _step(self, waker: Waker | None) -> T | Poll:
        item = self.source.poll(waker)
        if not isinstance(item, Poll):
            self._left -= 1
            if self._left == 0:
                self.close()  # now, not on the next poll: the source must not be asked for one item too many
        return item

    def _over(self, source: Iterator[T]) -> Iterator[T]:
        for item in source:
            self._left -= 1
            if self._left == 0:
                self.close()
            yield item
            if self._closed:
                return
