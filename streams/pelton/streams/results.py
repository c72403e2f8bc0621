"""Errors that travel as items, and what can be done with them. See the methods of `Stream` of the same names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from pelton.streams.items import Err

if TYPE_CHECKING:
    from pelton.streams.stream import Stream

__all__ = ["and_then", "map_err", "ok", "or_else", "unwrap"]

U = TypeVar("U")
V = TypeVar("V")


def ok(stream: Stream[V | Err]) -> Stream[V]:
    """See `Stream.ok`."""
    return cast("Stream[V]", stream.filter(lambda item: not isinstance(item, Err)))


def unwrap(stream: Stream[V | Err]) -> Stream[V]:
    """See `Stream.unwrap`."""

    def value(item: V | Err) -> V:
        if isinstance(item, Err):
            raise item.error
        return item

    return stream.map(value)


def map_err(stream: Stream[V | Err], function: Callable[[BaseException], BaseException]) -> Stream[V | Err]:
    """See `Stream.map_err`."""

    def change(item: V | Err) -> V | Err:
        return Err(function(item.error)) if isinstance(item, Err) else item

    return stream.map(change)


def or_else(stream: Stream[V | Err], function: Callable[[BaseException], U]) -> Stream[V | U]:
    """See `Stream.or_else`."""

    def replace(item: V | Err) -> V | U:
        return function(item.error) if isinstance(item, Err) else item

    return stream.map(replace)


def and_then(stream: Stream[V | Err], function: Callable[[V], U]) -> Stream[U | Err]:
    """See `Stream.and_then`."""

    def change(item: V | Err) -> U | Err:
        return item if isinstance(item, Err) else function(item)

    return stream.map(change)
