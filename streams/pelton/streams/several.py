"""Stages that put streams together or take one apart. See the methods of `Stream` of the same names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Generic, TypeVar

from pelton.streams.poll import CLOSED, PENDING, Poll, Waker, exhausted
from pelton.streams.stage import Polled, Relay, Stage, close_all
from pelton.streams.stream import Stream

__all__ = ["Chain", "Flatten", "Peekable", "Zip"]

T = TypeVar("T")
U = TypeVar("U")

_NOTHING: Final[Any] = object()


class Chain(Stage[T, T]):
    """See `Stream.chain`."""

    def __init__(self, source: Stream[T], then: Stream[T]) -> None:
        super().__init__(source)
        self._then: Stream[T] | None = then

    @property
    def finished(self) -> bool:
        return self._closed or (self._then is None and self.source.finished)

    def _step(self, waker: Waker | None) -> T | Poll:
        item = self.source.poll(waker)
        if item is CLOSED and self._go_on():
            return self.source.poll(waker)
        return item

    def fused(self, limit: int | None) -> Iterator[T]:
        given = 0
        while not self._closed:
            for item in self.source.fused(None if limit is None else limit - given):
                given += 1
                yield item
            if given == limit or not self.source.finished or not self._go_on():
                return

    def _go_on(self) -> bool:
        """Take up the second stream; False if that was it."""
        if self._then is None:
            return False
        self.source, self._then = self._then, None
        return True

    def close(self) -> None:
        self._closed = True
        close_all((self.source,) if self._then is None else (self.source, self._then))


class Zip(Stream["tuple[T, U]"], Generic[T, U]):
    """See `Stream.zip`. Asks both sides, so that the end of either is seen at once."""

    def __init__(self, left: Stream[T], right: Stream[U]) -> None:
        self._sides: tuple[Stream[Any], Stream[Any]] = (left, right)
        self._held: list[Any] = [_NOTHING, _NOTHING]
        self._relay = Relay(self)
        self._closed = False

    @property
    def finished(self) -> bool:
        return self._closed

    def poll(self, waker: Waker | None = None) -> tuple[T, U] | Poll:
        if self._closed:
            return CLOSED
        relay = self._relay.to(waker)
        for side, stream in enumerate(self._sides):
            if self._held[side] is _NOTHING and not self._take(side, stream, relay):
                self._relay.forget()
                self.close()
                return CLOSED
        left, right = self._held
        if left is _NOTHING or right is _NOTHING:
            return PENDING
        self._held = [_NOTHING, _NOTHING]
        self._relay.forget()
        return left, right

    def _take(self, side: int, stream: Stream[Any], waker: Waker | None) -> bool:
        """Fill one side if it has something. False if it has come to its end."""
        try:
            item = stream.poll(waker)
        except Exception:
            self.close()
            raise
        if item is not PENDING and item is not CLOSED:
            self._held[side] = item
        return item is not CLOSED

    def close(self) -> None:
        self._closed = True
        self._held = [_NOTHING, _NOTHING]
        close_all(self._sides)
        self._relay()

    def forget(self) -> None:
        self._relay.forget()
        for stream in self._sides:
            stream.forget()


class Flatten(Polled[Stream[U], U]):
    """See `Stream.flatten`."""

    def __init__(self, source: Stream[Stream[U]]) -> None:
        super().__init__(source)
        self._inner: Stream[U] | None = None

    @property
    def finished(self) -> bool:
        return self._closed or (self._inner is None and self.source.finished)

    def _step(self, waker: Waker | None) -> U | Poll:
        while True:
            if self._inner is None:
                inner = self.source.poll(waker)
                if isinstance(inner, Poll):
                    return inner
                self._inner = inner
            item = self._inner.poll(waker)
            if item is not CLOSED:
                return item
            self._inner = None
            if exhausted(waker):  # of empty streams, too, there may be no end
                return PENDING

    def close(self) -> None:
        self._closed = True
        inner, self._inner = self._inner, None
        close_all((self.source,) if inner is None else (inner, self.source))

    def park(self, waker: Waker) -> bool:
        return not self._closed and (self._inner or self.source).park(waker)

    def forget(self) -> None:
        self.source.forget()
        if self._inner is not None:
            self._inner.forget()


class Peekable(Stage[T, T]):
    """See `Stream.peekable`."""

    def __init__(self, source: Stream[T]) -> None:
        super().__init__(source)
        self._peeked: Any = _NOTHING

    @property
    def finished(self) -> bool:
        return self._peeked is _NOTHING and super().finished

    def peek(self, waker: Waker | None = None) -> T | Poll:
        """What the next `poll` will answer, as far as that is known now; takes nothing from the stream's consumer."""
        if self._peeked is _NOTHING:
            item = super().poll(waker)
            if isinstance(item, Poll):
                return item
            self._peeked = item
        peeked: T = self._peeked
        return peeked

    def poll(self, waker: Waker | None = None) -> T | Poll:
        if self._peeked is _NOTHING:
            return super().poll(waker)
        peeked: T = self._peeked
        self._peeked = _NOTHING
        return peeked

    def _on(self, item: T) -> T:
        return item

    def fused(self, limit: int | None) -> Iterator[T]:
        if limit == 0:
            return
        if self._peeked is not _NOTHING:
            item = self.poll()
            if not isinstance(item, Poll):
                yield item
            limit = None if limit is None else limit - 1
        yield from super().fused(limit)

    def close(self) -> None:
        self._peeked = _NOTHING
        super().close()

    def park(self, waker: Waker) -> bool:
        return self._peeked is _NOTHING and super().park(waker)
