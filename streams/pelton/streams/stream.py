"""The one interface of the core: a stream is polled, never awaited, and owns no task.

A stream answers `poll` at once with an item, PENDING or CLOSED. Combinators are inert objects over `poll`;
`async for` is a thin edge that parks on one future. What each method promises stands in its docstring.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from pelton.streams.poll import PENDING, ConcurrentPoll, Poll, Waker

if TYPE_CHECKING:
    from asyncio import Future

    from pelton.streams.combinators import Filter, FilterMap, Map, Take

__all__ = ["Stream"]

T = TypeVar("T")
U = TypeVar("U")


class Stream(Generic[T]):
    """A sequence of items over time that one consumer polls. A subclass needs only `poll`."""

    _edge: _Edge | None = None

    def poll(self, waker: Waker | None = None) -> T | Poll:
        """Take one item if one is ready.

        PENDING takes nothing; if a `waker` was given it is then called once, when polling may help (item, end
        or error). CLOSED is for ever. An exception raised from here closes this stream.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the stream from the consumer's side. Later polls answer CLOSED; calling it again does nothing.

        To be overridden by a stream that has something to let go of.
        """

    def park(self, waker: Waker) -> bool:
        """Store the waker without polling, if it is certain that nothing is ready now; else answer False.

        Not needed for a stream to be right: it spares a merge the poll that finds nothing.
        """
        return False

    def forget(self) -> None:
        """Drop a stored waker, so that another consumer may wait here. Takes no item."""

    def ready(self, limit: int | None = None) -> Iterator[T]:
        """Iterate lazily over what is ready now; stops at PENDING and CLOSED.

        `limit` bounds the items taken from the *source*: what a filter drops counts, so a flood of unwanted
        items runs out of it too. Items not asked for stay where they are.
        """
        try:
            yield from self.fused(limit)
        except GeneratorExit:
            raise  # the consumer has enough for now
        except BaseException:
            self.close()  # R5: who raises is closed, whichever way it was driven
            raise

    def fused(self, limit: int | None) -> Iterator[T]:
        """`ready` without its guard, for stages: they answer with C iterators over their source's.

        So a pipeline costs what a hand-written loop costs.
        """
        left = -1 if limit is None else limit
        while left:
            item = self.poll()
            if isinstance(item, Poll):
                return
            left -= 1
            yield item

    async def next(self) -> T | Poll:
        """Wait until an item is ready and take it, or answer CLOSED.

        Cancelling it loses nothing: taking is the last step.
        """
        edge = self._edge
        if edge is None:
            edge = self._edge = _Edge()
        while True:
            edge.called = False
            item = self.poll(edge)
            if item is not PENDING:
                return item
            await edge.woken(self)

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        item = await self.next()
        if isinstance(item, Poll):
            raise StopAsyncIteration
        return item

    def map(self, function: Callable[[T], U]) -> Map[T, U]:
        """Each item changed by `function`."""
        from pelton.streams.combinators import Map

        return Map(self, function)

    def filter(self, predicate: Callable[[T], object]) -> Filter[T]:
        """Only the items for which `predicate` is true."""
        from pelton.streams.combinators import Filter

        return Filter(self, predicate)

    def filter_map(self, function: Callable[[T], U | None]) -> FilterMap[T, U]:
        """Each item changed by `function`; those it turns into None are dropped."""
        from pelton.streams.combinators import FilterMap

        return FilterMap(self, function)

    def take(self, count: int) -> Take[T]:
        """The first `count` items; then the source is closed at once, without being polled again."""
        from pelton.streams.combinators import Take

        return Take(self, count)


class _Edge:
    """The waker of the async side: one per stream, so that a cancelled wait and the next one are the same consumer."""

    __slots__ = ("_future", "called")

    def __init__(self) -> None:
        self._future: Future[None] | None = None
        self.called = False
        """Whether it was called since the last poll, perhaps from within it."""

    def __call__(self) -> None:
        self.called = True
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    async def woken(self, stream: object) -> None:
        """Park until called; if that has happened already, let others run once."""
        from asyncio import get_running_loop, sleep  # only who awaits needs a loop: the core runs without one

        if self._future is not None:
            raise ConcurrentPoll(stream)
        if self.called:
            await sleep(0)
            return
        self._future = get_running_loop().create_future()
        try:
            await self._future
        finally:
            self._future = None
