"""What lazy stages are made of.

A stage is an inert object: no task, no clean-up, no queue but what its docstring names.
It is driven by `poll` (one item) or by `fused` (over all that is ready), and both give the same items: most stages
say only once, in `_on`, what becomes of one item.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from pelton.streams.poll import CLOSED, PENDING, Budget, ConcurrentPoll, Poll, Waker, exhausted
from pelton.streams.stream import Stream

__all__ = ["Polled", "Relay", "Stage", "close_after", "close_all"]

T = TypeVar("T")
U = TypeVar("U")


class Stage(Stream[U], Generic[T, U]):
    """A stream made of one other."""

    def __init__(self, source: Stream[T]) -> None:
        self.source = source
        self._closed = False

    @property
    def reason(self) -> str:
        return self.source.reason

    @property
    def finished(self) -> bool:
        return self._closed or self.source.finished

    def poll(self, waker: Waker | None = None) -> U | Poll:
        if self._closed:
            return CLOSED
        try:
            item = self._step(waker)
        except ConcurrentPoll:
            raise  # the fault of who polled; the stream goes on for who waits
        except BaseException as error:
            close_after(self, error)
            raise
        if item is CLOSED:
            self.close()
        return item

    def _step(self, waker: Waker | None) -> U | Poll:
        while True:
            item = self.source.poll(waker)
            if isinstance(item, Poll):
                return item
            out = self._on(item)
            if out is not PENDING or exhausted(waker):
                return out

    def _on(self, item: T) -> U | Poll:
        """What becomes of one item: another; PENDING, nothing; CLOSED, nothing for ever."""
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
        for item in source:
            out = self._on(item)
            if not isinstance(out, Poll):
                yield out
            elif out is CLOSED:
                self.close()
            if self._closed:
                return


class Polled(Stage[T, U]):
    """A stage that gives other items than it takes, or holds some: `ready` polls it, and counts what it gives."""

    def fused(self, limit: int | None) -> Iterator[U]:
        return super(Stage, self).fused(limit)


class Relay(Budget):
    """One waker for a stage that waits for several things: whichever comes first tells the consumer, and only once."""

    __slots__ = ("_stage", "_target", "spent")

    def __init__(self, stage: object) -> None:
        self._stage = stage
        self._target: Waker | None = None
        self.spent = False
        """The consumer's budget is used up: ask no other source, answer PENDING."""

    def to(self, waker: Waker | None) -> Relay | None:
        """Itself, to be handed to the sources, if there is somebody to be told. Once in each poll."""
        self.spent = False
        if waker is None:
            return None
        if self._target is not None and self._target != waker:
            raise ConcurrentPoll(self._stage)
        self._target = waker
        return self

    def forget(self) -> None:
        """Tell nobody."""
        self._target = None

    def __call__(self) -> None:
        waker, self._target = self._target, None
        if waker is not None:
            waker()

    def spend(self) -> bool:
        if not self.spent and not exhausted(self._target):
            return True
        self.spent = True
        self._target = None  # it has been called
        return False


def close_all(streams: Iterable[Stream[Any]]) -> None:
    """Close every one, even if some raise; their errors come as one group."""
    errors: list[Exception] = []
    for stream in streams:
        try:
            stream.close()
        except Exception as error:  # noqa: BLE001 - collected and raised as a group below
            errors.append(error)
    if errors:
        raise ExceptionGroup("closing streams", errors)


def close_after(stream: Stream[Any], error: BaseException) -> None:
    """Close a stream that raised. If closing raises too, both errors are raised as one group."""
    try:
        stream.close()
    except Exception as worse:  # noqa: BLE001 - not swallowed: it travels with the first
        raise BaseExceptionGroup("a stream failed, and closing it did as well", [error, worse]) from error
