"""Stages that change items or drop them. See the methods of `Stream` of the same names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pelton.streams.poll import PENDING, Poll
from pelton.streams.row import InRow
from pelton.streams.stage import Stage
from pelton.streams.stream import Stream

__all__ = ["Dedup", "Enumerate", "Filter", "FilterMap", "Inspect", "Map", "Scan"]

T = TypeVar("T")
U = TypeVar("U")


class Map(InRow[T, U]):
    """See `Stream.map`."""

    kind = "map"

    def __init__(self, source: Stream[T], function: Callable[[T], U]) -> None:
        super().__init__(source, function)


class Filter(InRow[T, T]):
    """See `Stream.filter`."""

    kind = "filter"

    def __init__(self, source: Stream[T], predicate: Callable[[T], object]) -> None:
        super().__init__(source, predicate)


class FilterMap(InRow[T, U]):
    """See `Stream.filter_map`."""

    kind = "filter_map"

    def __init__(self, source: Stream[T], function: Callable[[T], U | None]) -> None:
        super().__init__(source, function)


class Inspect(Stage[T, T]):
    """See `Stream.inspect`."""

    def __init__(self, source: Stream[T], function: Callable[[T], object]) -> None:
        super().__init__(source)
        self._function = function

    def _on(self, item: T) -> T:
        self._function(item)
        return item


class Enumerate(Stage[T, "tuple[int, T]"]):
    """See `Stream.enumerate`."""

    def __init__(self, source: Stream[T], start: int) -> None:
        super().__init__(source)
        self._next = start

    def _on(self, item: T) -> tuple[int, T]:
        number = self._next
        self._next += 1
        return number, item


class Scan(Stage[T, U]):
    """See `Stream.scan`."""

    def __init__(self, source: Stream[T], state: U, function: Callable[[U, T], U]) -> None:
        super().__init__(source)
        self._state = state
        self._function = function

    def _on(self, item: T) -> U:
        self._state = self._function(self._state, item)
        return self._state


class Dedup(Stage[T, T]):
    """See `Stream.dedup`."""

    def __init__(self, source: Stream[T], key: Callable[[T], object] | None) -> None:
        super().__init__(source)
        self._key = key
        self._last: object = _NOTHING

    def _on(self, item: T) -> T | Poll:
        key = item if self._key is None else self._key(item)
        if key == self._last:
            return PENDING
        self._last = key
        return item


_NOTHING = object()  # equals no key
