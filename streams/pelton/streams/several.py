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


class Zip(Polled[T, "tuple[T, U]"], Generic[T, U]):
    """See `Stream.zip`. Asks both sides, so that the end of either is seen at once."""

    def __init__(self, left: Stream[T], right: Stream[U]) -> None:
        super().__init__(left)
        self._right = right
        self._held: list[Any] = [_NOTHING, _NOTHING]
        self._relay = Relay(self)

    @property
    def finished(self) -> bool:
        return self._closed

    def _step(self, waker: Waker | None) -> tuple[T, U] | Poll:
        relay = self._relay.to(waker)
        for side, stream in enumerate((self.source, self._right)):
            if self._held[side] is _NOTHING:
                item: object = stream.poll(relay)
                if item is CLOSED:
                    self._relay.forget()
                    return CLOSED
                if item is not PENDING:
                    self._held[side] = item
                elif self._relay.spent:
                    return PENDING
        if any(held is _NOTHING for held in self._held):
            return PENDING
        pair: tuple[T, U] = (self._held[0], self._held[1])
        self._held = [_NOTHING, _NOTHING]
        self._relay.forget()
        return pair

    def close(self) -> None:
        self._closed = True
        self._held = [_NOTHING, _NOTHING]
        try:
            close_all((self.source, self._right))
        finally:
            self._relay()

    def park(self, waker: Waker) -> bool:
        return False  # two have to be asked

    def forget(self) -> None:
        self._relay.forget()
        self.source.forget()
        self._right.forget()


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
        current: Stream[Any] = self.source if self._inner is None else self._inner
        return not self._closed and current.park(waker)

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
        """Whoever iterates may peek in between, so what was peeked is looked for before each item."""
        source = super().fused(limit if limit is None or self._peeked is _NOTHING else max(limit - 1, 0))
        if limit == 0:
            return
        while not self._closed:
            item: Any = self._peeked
            self._peeked = _NOTHING
            if item is _NOTHING:
                item = next(source, _NOTHING)
            if item is _NOTHING:
                return
            yield item

    def close(self) -> None:
        self._peeked = _NOTHING
        super().close()

    def park(self, waker: Waker) -> bool:
        return self._peeked is _NOTHING and super().park(waker)
