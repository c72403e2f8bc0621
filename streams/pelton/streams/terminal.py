"""What consumes a stream to its end. Each closes it when it returns, raises or is cancelled: nothing runs on unseen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Protocol, TypeVar

from pelton.streams.inbox import Offer
from pelton.streams.poll import EmptyStream

if TYPE_CHECKING:
    from pelton.streams.stream import Stream

__all__ = ["Sink", "all_of", "any_of", "collect", "count", "first", "fold", "for_each", "forward"]

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
U = TypeVar("U")


class Sink(Protocol[T_contra]):
    """The writing side of something bounded; `Inbox` is one."""

    on_low: Callable[[], None] | None

    def offer(self, item: T_contra) -> Offer:
        """Take the item if there is room. After PAUSE, `on_low` is called when there is room again."""
        ...

    def end(self) -> None:
        """Nothing more will be offered."""
        ...


async def collect(stream: Stream[T]) -> list[T]:
    """See `Stream.collect`."""
    with closing(stream):
        return [item async for item in stream]


async def fold(stream: Stream[T], state: U, function: Callable[[U, T], U]) -> U:
    """See `Stream.fold`."""
    with closing(stream):
        async for item in stream:
            state = function(state, item)
        return state


async def count(stream: Stream[object]) -> int:
    """See `Stream.count`."""
    return await fold(stream, 0, lambda counted, _: counted + 1)


async def first(stream: Stream[T]) -> T:
    """See `Stream.first`."""
    with closing(stream):
        async for item in stream:
            return item
        raise EmptyStream("the stream ended without an item")


async def any_of(stream: Stream[T], predicate: Callable[[T], object]) -> bool:
    """See `Stream.any`."""
    with closing(stream):
        async for item in stream:
            if predicate(item):
                return True
        return False


async def all_of(stream: Stream[T], predicate: Callable[[T], object]) -> bool:
    """See `Stream.all`."""
    return not await any_of(stream, lambda item: not predicate(item))


async def for_each(stream: Stream[T], function: Callable[[T], object]) -> None:
    """See `Stream.for_each`."""
    with closing(stream):
        async for item in stream:
            function(item)


async def forward(stream: Stream[T], sink: Sink[T]) -> int:
    """See `Stream.forward`. While it runs, the sink's `on_low` is its own."""
    from asyncio import Event

    room = Event()
    before, sink.on_low = sink.on_low, room.set
    taken = 0
    try:
        with closing(stream):
            async for item in stream:
                room.clear()
                offer = sink.offer(item)
                if offer is Offer.CLOSED:
                    return taken
                taken += offer is not Offer.SHED
                if offer is Offer.PAUSE:
                    await room.wait()
        sink.end()
        return taken
    finally:
        sink.on_low = before
