"""Stages that gather items into lists. See `Stream.chunks` and `Stream.ready_chunks`.

What was gathered when the source raised is given first, the error after it: nothing is lost by standing in a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from pelton.streams.poll import CLOSED, PENDING, ConcurrentPoll, Poll, Waker, exhausted
from pelton.streams.stage import Relay, Stage
from pelton.streams.stream import Stream

__all__ = ["Chunks", "ReadyChunks"]

T = TypeVar("T")


class _Gather(Stage[T, "list[T]"]):
    """`part` is whether a list that is not full may be given while the source is not at its end."""

    part: bool

    def __init__(self, source: Stream[T], size: int) -> None:
        if size < 1:
            raise ValueError(f"chunks need a size of 1 or more, got {size}")
        super().__init__(source)
        self._size = size
        self._held: list[T] = []
        self._error: Exception | None = None
        self._relay = Relay(self)

    @property
    def finished(self) -> bool:
        return not self._held and self._error is None and super().finished

    def _step(self, waker: Waker | None) -> list[T] | Poll:
        self._raise_kept()
        answer = self._gather(self._relay.to(waker))
        if self._relay.spent:
            return PENDING
        if len(self._held) == self._size or (self._held and (self.part or answer is CLOSED)):
            self._relay.forget()  # it may have parked while more was looked for; nobody has to wait
            return self._give()
        self._raise_kept()
        return answer

    def _gather(self, waker: Waker | None) -> Poll:
        """Fill the list; answers why no more came."""
        while len(self._held) < self._size:
            try:
                item = self.source.poll(waker)
            except ConcurrentPoll:
                raise
            except Exception as error:  # noqa: BLE001 - raised after what is held
                self._error = error
                return CLOSED
            if isinstance(item, Poll):
                return item
            self._held.append(item)
            if len(self._held) < self._size and exhausted(waker):
                break
        return PENDING

    def fused(self, limit: int | None) -> Iterator[list[T]]:
        if self._closed:
            return
        self._raise_kept()
        try:
            for item in self.source.fused(limit):
                self._held.append(item)
                if len(self._held) == self._size:
                    yield self._give()
        except Exception as error:  # noqa: BLE001 - raised after what is held
            self._error = error
        if self._held and (self.part or self._error is not None or self.source.finished):
            yield self._give()
        self._raise_kept()

    def _give(self) -> list[T]:
        held, self._held = self._held, []
        return held

    def _raise_kept(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def park(self, waker: Waker) -> bool:
        return False  # the source knows a relay

    def forget(self) -> None:
        self._relay.forget()
        super().forget()

    def close(self) -> None:
        self._held = []
        super().close()


class Chunks(_Gather[T]):
    """See `Stream.chunks`."""

    part = False


class ReadyChunks(_Gather[T]):
    """See `Stream.ready_chunks`."""

    part = True
