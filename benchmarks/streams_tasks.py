"""The rows of the merge table that stand on an event loop: queues, tasks, async generators, aiostream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack
from typing import Any, ClassVar

from benchmarks.streams_aiostream import aiostream
from benchmarks.streams_job import QUANTUM, Load, Rival, raised, raised_pair, turned, turned_pair, wanted, wanted_pair
from pelton.streams import CLOSED, Merge, Scope

__all__ = ["AiostreamMerge", "PumpedGenerators", "QueueScan", "SharedQueue", "TaskPerItem"]

SHARED_MAX = 64


async def _items(queue: asyncio.Queue[int]) -> AsyncGenerator[int, None]:
    while True:
        yield await queue.get()


async def _pairs(key: int, queue: asyncio.Queue[int]) -> AsyncGenerator[tuple[int, int], None]:
    while True:
        yield key, await queue.get()


class _Queued(Rival):
    """Items arrive in an unbounded `asyncio.Queue` of their source."""

    items_max = 6_000
    runs_max: ClassVar[int | None] = 5

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        self.queues: dict[int, asyncio.Queue[int]] = {key: asyncio.Queue() for key in range(1, load.sources + 1)}
        self.stack = AsyncExitStack()

    def put(self, key: int, item: int) -> None:
        self.queues[key].put_nowait(item)

    async def close(self) -> None:
        await self.stack.aclose()

    async def _end(self, tasks: list[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class QueueScan(_Queued):
    """All queues asked with `get_nowait`, up to QUANTUM items each.

    Does not: interleave the sources item by item, bound the tick, or leave out the idle.
    """

    name = "asyncio.Queue a source, scanned"
    items_max = Rival.items_max
    runs_max = None

    async def take(self) -> int:
        came = 0
        for key, item in self.scan():
            if wanted(item):
                came += key * turned(raised(item))
        return came

    def scan(self) -> Iterator[tuple[int, int]]:
        """What is there."""
        for key, queue in self.queues.items():
            for _ in range(QUANTUM):
                if queue.empty():  # cheaper than the exception
                    break
                yield key, queue.get_nowait()


class SharedQueue(_Queued):
    """A task a source, which moves its items to one bounded queue for all.

    Does not: serve the sources fairly (see the table of fairness), bound a source's share.
    """

    name = "task a source, one shared queue"

    async def open(self) -> None:
        self.shared: asyncio.Queue[tuple[int, int]] = asyncio.Queue(SHARED_MAX)
        tasks = [asyncio.create_task(self._move(key, queue)) for key, queue in self.queues.items()]
        self.stack.push_async_callback(self._end, tasks)

    async def _move(self, key: int, queue: asyncio.Queue[int]) -> None:
        while True:
            await self.shared.put((key, await queue.get()))

    async def take(self) -> int:
        came = 0
        for _ in range(self.load.given):
            key, item = await self.shared.get()
            if wanted(item):
                came += key * turned(raised(item))
        return came


class TaskPerItem(_Queued):
    """A task for the next item of each source, and `asyncio.wait` for the first of them.

    Does: take one item of each ready source in turn. Does not: bound a tick.
    """

    name = "task an item, asyncio.wait"

    async def open(self) -> None:
        self.pending = {asyncio.create_task(queue.get()): key for key, queue in self.queues.items()}
        self.stack.push_async_callback(self._stop)

    async def _stop(self) -> None:
        await self._end(list(self.pending))

    async def take(self) -> int:
        came, left = 0, self.load.given
        while left:
            done, _ = await asyncio.wait(self.pending, return_when=asyncio.FIRST_COMPLETED)
            left -= len(done)
            for task in done:
                key = self.pending.pop(task)
                self.pending[asyncio.create_task(self.queues[key].get())] = key
                item = task.result()
                if wanted(item):
                    came += key * turned(raised(item))
        return came


class PumpedGenerators(_Queued):
    """An async generator a source, each pumped into a `Merge` by a task of its own; `async for` behind it."""

    name = "async generators, pumped, Merge"

    async def open(self) -> None:
        scope = await self.stack.enter_async_context(Scope())
        merge: Merge[int, int] = Merge()
        for key, queue in self.queues.items():
            merge.add(key, scope.pump(_items(queue)))
        self.pipeline = merge.filter(wanted_pair).map(raised_pair).map(turned_pair)

    async def take(self) -> int:
        came = 0
        for _ in range(self.load.passing):
            pair = await self.pipeline.next()
            assert pair is not CLOSED
            came += pair[0] * pair[1]
        return came


class AiostreamMerge(_Queued):
    """An async generator a source, `aiostream.stream.merge`, and its filter and maps behind.

    Does not: serve the sources fairly (see the table of fairness), bound anything.
    """

    name = "aiostream.merge"
    items_max = 2_000
    runs_max = 2  # it waits for all sources anew for every item: a tick of 500 takes seconds

    async def open(self) -> None:
        pipe = aiostream.pipe
        sources = [_pairs(key, queue) for key, queue in self.queues.items()]
        for source in sources:
            self.stack.push_async_callback(source.aclose)
        merged = aiostream.stream.merge(*sources)
        pipeline = merged | pipe.filter(wanted_pair) | pipe.map(raised_pair) | pipe.map(turned_pair)
        self.streamer: Any = await self.stack.enter_async_context(pipeline.stream())

    async def take(self) -> int:
        came = 0
        for _ in range(self.load.passing):
            key, item = await anext(self.streamer)
            came += key * item
        return came
