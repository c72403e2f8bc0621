"""The one interface of the core: a stream is polled, never awaited, and owns no task.

A stream answers `poll` at once with an item, PENDING or CLOSED. Stages are inert objects over `poll`, and every one
has a method here; `async for` is a thin edge that parks on one future. What each promises stands in its docstring.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Sized
from typing import Any, Generic, Literal, TypeVar, overload

from pelton.streams.edge import Edge
from pelton.streams.items import Err, Lagged
from pelton.streams.poll import CLOSED, PENDING, Poll, Waker

__all__ = ["Stream"]

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")


class Stream(Generic[T_co]):
    """A sequence of items over time that one consumer polls. A subclass needs only `poll`."""

    _edge: Edge | None = None
    _exhausted = False

    at_hand: deque[Any] | tuple[()] = ()
    """Items for which a poll would do nothing but take the leftmost, so that a merge may do so without the call.

    Not needed for a stream to be right. Empty promises nothing: poll.
    """

    backlog: Sized = ()
    """While there is something in it, `park` would answer False: it spares a merge the question."""

    # The contract.

    def poll(self, waker: Waker | None = None) -> T_co | Poll:
        """Take one item if one is ready.

        PENDING takes nothing; if a `waker` was given it is then called once, when polling may help (item, end
        or error). CLOSED is for ever. An exception raised from here closes this stream. Never waits; starts no task,
        but for the first poll of what a `Scope` runs.
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

    @property
    def finished(self) -> bool:
        """It is certain that nothing comes any more. False promises nothing: a poll may find out."""
        return self._exhausted

    @property
    def reason(self) -> str:
        """Why it ended, in a word; a merge passes it on in `Left`."""
        return "ended"

    # Three ways to take items besides `poll`.

    def ready(self, limit: int | None = None) -> Iterator[T_co]:
        """Iterate lazily over what is ready now; stops at PENDING and CLOSED.

        `limit` bounds the items taken from the *source*: what a filter drops counts, so a flood of unwanted
        items runs out of it too. Items not asked for stay where they are.
        """
        try:
            yield from self.fused(limit)
        except GeneratorExit:
            raise  # the consumer has enough for now
        except BaseException as error:
            stage.close_after(self, error)  # R5: who raises is closed, whichever way it was driven
            raise

    def fused(self, limit: int | None) -> Iterator[T_co]:
        """`ready` without its guard, for stages: they answer with an iterator over their source's.

        So a pipeline costs about what a hand-written loop costs. Stages over several sources count what they give.
        """
        left = -1 if limit is None else limit
        while left:
            item = self.poll()
            if isinstance(item, Poll):
                self._exhausted = item is CLOSED
                return
            left -= 1
            yield item

    async def next(self) -> T_co | Literal[Poll.CLOSED]:
        """Wait until an item is ready and take it, or answer CLOSED.

        Cancelling it loses nothing: taking is the last step.
        """
        edge = self._edge
        if edge is None:
            edge = self._edge = Edge()
        while True:
            edge.renew()
            item = self.poll(edge)
            if item is not PENDING:
                return item
            await edge.woken(self)

    def __aiter__(self) -> AsyncIterator[T_co]:
        return self

    async def __anext__(self) -> T_co:
        item = await self.next()
        if item is CLOSED:
            raise StopAsyncIteration
        return item

    # Stages that change or drop items.

    def map(self, function: Callable[[T_co], U]) -> transform.Map[T_co, U]:
        """Each item changed by `function`."""
        return transform.Map(self, function)

    def filter(self, predicate: Callable[[T_co], object]) -> transform.Filter[T_co]:
        """Only the items for which `predicate` is true."""
        return transform.Filter(self, predicate)

    def filter_map(self, function: Callable[[T_co], U | None]) -> transform.FilterMap[T_co, U]:
        """Each item changed by `function`; those it turns into None are dropped."""
        return transform.FilterMap(self, function)

    def inspect(self, function: Callable[[T_co], object]) -> transform.Inspect[T_co]:
        """The items as they are, each shown to `function` on its way."""
        return transform.Inspect(self, function)

    def enumerate(self, start: int = 0) -> transform.Enumerate[T_co]:
        """`(number, item)`."""
        return transform.Enumerate(self, start)

    def scan(self, state: U, function: Callable[[U, T_co], U]) -> transform.Scan[T_co, U]:
        """Every intermediate state of a fold: `state = function(state, item)`."""
        return transform.Scan(self, state, function)

    def dedup(self, key: Callable[[T_co], object] | None = None) -> transform.Dedup[T_co]:
        """Drop an item that equals the one before it, or whose `key` does."""
        return transform.Dedup(self, key)

    # Stages that begin or end somewhere.

    def take(self, count: int) -> limits.Take[T_co]:
        """The first `count` items; then the source is closed at once, without being polled again."""
        return limits.Take(self, count)

    def skip(self, count: int) -> limits.Skip[T_co]:
        """All but the first `count` items."""
        return limits.Skip(self, count)

    def take_while(self, predicate: Callable[[T_co], object]) -> limits.TakeWhile[T_co]:
        """Items up to the first for which `predicate` is false; that one is dropped and the source closed."""
        return limits.TakeWhile(self, predicate)

    def skip_while(self, predicate: Callable[[T_co], object]) -> limits.SkipWhile[T_co]:
        """Items from the first for which `predicate` is false."""
        return limits.SkipWhile(self, predicate)

    def map_while(self, function: Callable[[T_co], U | None]) -> limits.MapWhile[T_co, U]:
        """Items changed by `function`, up to the first that it turns into None; then the source is closed."""
        return limits.MapWhile(self, function)

    def take_until(self, signal: Stream[object]) -> limits.TakeUntil[T_co]:
        """Items until `signal` gives one or ends; then both are closed."""
        return limits.TakeUntil(self, signal)

    # Stages that put items together or take them apart.

    def chain(self, then: Stream[U]) -> several.Chain[T_co | U]:
        """This stream's items, then those of `then`."""
        return several.Chain(self, then)

    def zip(self, other: Stream[U]) -> several.Zip[T_co, U]:
        """Pairs. Ends, and closes both, as soon as either ends; holds at most one item."""
        return several.Zip(self, other)

    def flatten(self: Stream[Stream[U]]) -> several.Flatten[U]:
        """The items of one inner stream after the other."""
        return several.Flatten(self)

    def peekable(self) -> several.Peekable[T_co]:
        """With `peek`, which answers what the next poll will. Holds at most one item."""
        return several.Peekable(self)

    def chunks(self, size: int) -> gather.Chunks[T_co]:
        """Lists of exactly `size` items; the last may be shorter. Holds what is not a whole list yet."""
        return gather.Chunks(self, size)

    def ready_chunks(self, size: int) -> gather.ReadyChunks[T_co]:
        """Lists of what is ready at the moment, 1 to `size` items."""
        return gather.ReadyChunks(self, size)

    # Stages that hold items, or hold them back.

    @overload
    def buffer(self, size: int, overflow: Literal["suspend", "fail"] = "suspend") -> Stream[T_co]: ...
    @overload
    def buffer(self, size: int, overflow: buffers.Overflow) -> Stream[T_co | Lagged]: ...
    def buffer(self, size: int, overflow: buffers.Overflow = "suspend") -> Stream[Any]:
        """Take in what is ready, up to `size` items, whenever polled.

        `overflow` says what happens to more: it waits at the source (`suspend`); the oldest or the newest are dropped,
        with a `Lagged` in the place of the gap (`drop_oldest`, `drop_newest`); BufferOverflow is raised (`fail`).
        """
        return buffers.Buffer(self, size, overflow)

    def conflate(
        self, key: Callable[[T_co], Hashable], merge: Callable[[T_co, T_co], T_co] | None = None, size: int = 1024
    ) -> buffers.Conflate[T_co]:
        """Of the items waiting under one key give only the latest, in the first one's place in the queue.

        `merge(old, new)` makes one of two instead. Holds at most `size` keys; more wait at the source.
        """
        return buffers.Conflate(self, key, merge, size)

    def throttle(self, clock: timing.Clock, interval_s: float) -> timing.Throttle[T_co]:
        """At most one item per interval; the others wait at the source, none is dropped."""
        return timing.Throttle(self, clock, interval_s)

    def timeout(self, clock: timing.Clock, after_s: float) -> timing.Timeout[T_co]:
        """Give `Err(TimeoutError())` once when no item came for so long, and go on waiting."""
        return timing.Timeout(self, clock, after_s)

    # Stages that await: their tasks belong to a scope.

    def then(self, scope: Scope, function: Callable[[T_co], Awaitable[U]]) -> concurrent.Buffered[U]:
        """Each item changed by an async function, one at a time."""
        return concurrent.Buffered(scope, self, function, 1, ordered=True)

    def buffered(self, scope: Scope, function: Callable[[T_co], Awaitable[U]], size: int) -> concurrent.Buffered[U]:
        """The same, `size` at a time, in the items' order. Running and finished ones together are at most `size`."""
        return concurrent.Buffered(scope, self, function, size, ordered=True)

    def buffer_unordered(
        self, scope: Scope, function: Callable[[T_co], Awaitable[U]], size: int
    ) -> concurrent.Buffered[U]:
        """The same, in the order in which they are done."""
        return concurrent.Buffered(scope, self, function, size, ordered=False)

    # Errors as items.

    def ok(self: Stream[V | Err]) -> Stream[V]:
        """Without the errors."""
        return results.ok(self)

    def unwrap(self: Stream[V | Err]) -> Stream[V]:
        """Raise the first error instead of passing it on: the stream ends there, and its source is closed."""
        return results.unwrap(self)

    def map_err(self: Stream[V | Err], function: Callable[[BaseException], BaseException]) -> Stream[V | Err]:
        """Change the errors."""
        return results.map_err(self, function)

    def or_else(self: Stream[V | Err], function: Callable[[BaseException], U]) -> Stream[V | U]:
        """Put something in the place of each error: an item, or another `Err`."""
        return results.or_else(self, function)

    def and_then(self: Stream[V | Err], function: Callable[[V], U]) -> Stream[U | Err]:
        """Change the items, perhaps into an `Err`; errors pass."""
        return results.and_then(self, function)

    # Terminals: they consume the stream and close it when they return, raise or are cancelled.

    async def collect(self) -> list[T_co]:
        """All items."""
        return await terminal.collect(self)

    async def try_collect(self: Stream[V | Err]) -> list[V]:
        """All items; the first `Err` is raised, and no more is asked of the source."""
        return await terminal.collect(results.unwrap(self))

    async def fold(self, state: U, function: Callable[[U, T_co], U]) -> U:
        """The last of `state = function(state, item)`."""
        return await terminal.fold(self, state, function)

    async def count(self) -> int:
        """How many items came."""
        return await terminal.count(self)

    async def first(self) -> T_co:
        """The first item. EmptyStream if there is none."""
        return await terminal.first(self)

    async def any(self, predicate: Callable[[T_co], object]) -> bool:
        """Whether `predicate` is true of an item; stops at the first."""
        return await terminal.any_of(self, predicate)

    async def all(self, predicate: Callable[[T_co], object]) -> bool:
        """Whether `predicate` is true of all items; stops at the first of which it is not."""
        return await terminal.all_of(self, predicate)

    async def for_each(self, function: Callable[[T_co], object]) -> None:
        """Call `function` with every item."""
        await terminal.for_each(self, function)

    async def forward(self, sink: terminal.Sink[T_co]) -> int:
        """Offer every item to a sink, pausing when it says so. Answers how many it took; ends it at the end."""
        return await terminal.forward(self, sink)


# At the end, since they subclass Stream: the methods above are the list of them.
from pelton.streams import (  # noqa: E402
    buffers,
    concurrent,
    gather,
    limits,
    results,
    several,
    stage,
    terminal,
    timing,
    transform,
)
from pelton.streams.scope import Scope  # noqa: E402
