"""Stages that begin or end somewhere. See the methods of `Stream` of the same names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from pelton.streams.poll import CLOSED, PENDING, Poll, Waker
from pelton.streams.stage import Relay, Stage, close_all
from pelton.streams.stream import Stream

__all__ = ["MapWhile", "Skip", "SkipWhile", "Take", "TakeUntil", "TakeWhile"]

T = TypeVar("T")
U = TypeVar("U")


class Take(Stage[T, T]):
    """See `Stream.take`."""

    def __init__(self, source: Stream[T], count: int) -> None:
        if count < 0:
            raise ValueError(f"take() needs a count of 0 or more, got {count}")
        super().__init__(source)
        self._left = count
        if count == 0:
            self.close()

    def _on(self, item: T) -> T:
        self._left -= 1
        if self._left == 0:
            self.close()  # now, not on the next poll: the source must not be asked for one item too many
        return item


class Skip(Stage[T, T]):
    """See `Stream.skip`."""

    def __init__(self, source: Stream[T], count: int) -> None:
        if count < 0:
            raise ValueError(f"skip() needs a count of 0 or more, got {count}")
        super().__init__(source)
        self._left = count

    def _on(self, item: T) -> T | Poll:
        if self._left == 0:
            return item
        self._left -= 1
        return PENDING


class TakeWhile(Stage[T, T]):
    """See `Stream.take_while`."""

    def __init__(self, source: Stream[T], predicate: Callable[[T], object]) -> None:
        super().__init__(source)
        self._predicate = predicate

    def _on(self, item: T) -> T | Poll:
        return item if self._predicate(item) else CLOSED


class SkipWhile(Stage[T, T]):
    """See `Stream.skip_while`."""

    def __init__(self, source: Stream[T], predicate: Callable[[T], object]) -> None:
        super().__init__(source)
        self._predicate = predicate
        self._skipping = True

    def _on(self, item: T) -> T | Poll:
        if self._skipping and self._predicate(item):
            return PENDING
        self._skipping = False
        return item


class MapWhile(Stage[T, U]):
    """See `Stream.map_while`."""

    def __init__(self, source: Stream[T], function: Callable[[T], U | None]) -> None:
        super().__init__(source)
        self._function = function

    def _on(self, item: T) -> U | Poll:
        changed = self._function(item)
        return CLOSED if changed is None else changed


class TakeUntil(Stage[T, T]):
    """See `Stream.take_until`. The signal is asked first: what is ready together with it is not taken."""

    def __init__(self, source: Stream[T], signal: Stream[object]) -> None:
        super().__init__(source)
        self._signal = signal
        self._relay = Relay(self)

    def _step(self, waker: Waker | None) -> T | Poll:
        relay = self._relay.to(waker)
        if self._signal.poll(relay) is not PENDING:
            self._relay.forget()
            return CLOSED
        if self._relay.spent:
            return PENDING
        item = self.source.poll(relay)
        if item is not PENDING:
            self._relay.forget()
        return item

    def fused(self, limit: int | None) -> Iterator[T]:
        if self._over_now():
            return
        for item in self.source.fused(limit):
            yield item
            if self._over_now():
                return

    def _over_now(self) -> bool:
        if not self._closed and self._signal.poll() is not PENDING:
            self.close()
        return self._closed

    def close(self) -> None:
        self._closed = True
        try:
            close_all((self.source, self._signal))
        finally:
            self._relay()

    def park(self, waker: Waker) -> bool:
        return False  # two have to be asked

    def forget(self) -> None:
        self._relay.forget()
        self.source.forget()
        self._signal.forget()
