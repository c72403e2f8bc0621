"""What an item costs on its way through a filter and two maps, without any merge."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from statistics import median
from typing import Any, ClassVar

from benchmarks.streams_aiostream import aiostream
from benchmarks.streams_job import raised, turned, wanted
from benchmarks.streams_report import Part, Row
from benchmarks.streams_timing import Stopwatch, alternated, ratio, run_on_loop
from pelton.streams import Inbox, Poll, Stream

__all__ = ["LINES", "Line", "pipeline"]


class Line:
    """One way to send what waits in a queue through the filter and the maps. Takes a fresh queue each time."""

    name: ClassVar[str]

    def fill(self, items: Iterable[int]) -> None:
        """These items wait; no more will come."""
        self.queue = deque(items)

    async def run(self) -> int:
        """The sum of what came out."""
        raise NotImplementedError


class Loop(Line):
    """By hand: calls the three functions and knows of nothing else."""

    name = "hand-written loop over a deque"

    async def run(self) -> int:
        came, queue = 0, self.queue
        while queue:
            item = queue.popleft()
            if wanted(item):
                came += turned(raised(item))
        return came


class _Inboxed(Line):
    """Takes from an `Inbox`, which bounds what waits and knows of an end; the deques of the others do not."""

    def fill(self, items: Iterable[int]) -> None:
        waiting = list(items)
        inbox: Inbox[int] = Inbox(0, len(waiting) + 1, len(waiting) + 1)
        for item in waiting:
            inbox.offer(item)
        inbox.end()
        self.stream: Stream[int] = inbox.filter(wanted).map(raised).map(turned)


class Ready(_Inboxed):
    """All that is ready, lazily: what a tick does."""

    name = "Stream.ready()"

    async def run(self) -> int:
        came = 0
        for item in self.stream.ready():
            came += item
        return came


class Polled(_Inboxed):
    """Item by item, never waiting: what a merge does with its sources."""

    name = "Stream.poll()"

    async def run(self) -> int:
        came, poll = 0, self.stream.poll
        while not isinstance(item := poll(), Poll):
            came += item
        return came


class Awaited(_Inboxed):
    """At the edge, where a task waits for items; here none has to be waited for."""

    name = "async for over a Stream"

    async def run(self) -> int:
        came = 0
        async for item in self.stream:
            came += item
        return came


class Generators(Line):
    """An async generator for the source and each stage. None of them ever suspends: their best case."""

    name = "async generators"

    async def run(self) -> int:
        came = 0
        async for item in _mapped(turned, _mapped(raised, _filtered(wanted, _emptied(self.queue)))):
            came += item
        return came


class Aiostream(Line):
    """Its operators over an async generator."""

    name = "aiostream"

    async def run(self) -> int:
        pipe, came = aiostream.pipe, 0
        source: Any = aiostream.stream.iterate(_emptied(self.queue))
        async with (source | pipe.filter(wanted) | pipe.map(raised) | pipe.map(turned)).stream() as streamer:
            async for item in streamer:
                came += item
        return came


async def _emptied(queue: deque[int]) -> AsyncIterator[int]:
    while queue:
        yield queue.popleft()


async def _filtered(predicate: Callable[[int], bool], items: AsyncIterator[int]) -> AsyncIterator[int]:
    async for item in items:
        if predicate(item):
            yield item


async def _mapped(function: Callable[[int], int], items: AsyncIterator[int]) -> AsyncIterator[int]:
    async for item in items:
        yield function(item)


LINES: tuple[type[Line], ...] = (Loop, Ready, Polled, Awaited, Generators, Aiostream)


def cost_ns(kind: type[Line], items: int) -> float:
    """One run: CPU per item that goes in. RuntimeError if not exactly the right things come out."""
    return run_on_loop(_cost_ns(kind, items))


async def _cost_ns(kind: type[Line], items: int) -> float:
    line, watch = kind(), Stopwatch()
    for number in range(2):  # the first to warm up
        line.fill(range(items))
        watch.ns = 0
        watch.start()
        came = await line.run()
        watch.stop()
        if came != sum(turned(raised(item)) for item in range(items) if wanted(item)):
            raise RuntimeError(f"{kind.name} lost or invented items in round {number}")
    return watch.ns / items


def _beside_loop(kind: type[Line], items: int) -> tuple[float, float]:
    """Its cost, and the mean of the loop's right before and right after."""
    before, cost, after = cost_ns(Loop, items), cost_ns(kind, items), cost_ns(Loop, items)
    return cost, (before + after) / 2


def pipeline(runs: int, items: int) -> Part:
    """Measure every way there is here."""
    part = Part(
        "pipeline",
        f"Pipeline: filter + map + map over {items:,} items that wait already, CPU per item",
        [],
        ["ns", "x the loop", "min-max ns"],
    )
    kinds = [kind for kind in LINES if kind is not Aiostream or aiostream is not None]
    found = alternated(kinds, runs, partial(_beside_loop, items=items))
    for kind, pairs in zip(kinds, found, strict=True):
        costs, bases = [cost for cost, _ in pairs], [base for _, base in pairs]
        times = ratio(costs, bases)
        spread = f"{min(costs):.0f}-{max(costs):.0f}"
        part.rows.append(
            Row(
                kind.name,
                [f"{median(costs):.0f}", f"{times:.2f}", spread],
                {"ns": costs, "loop_ns": bases, "times_loop": times},
            )
        )
    return part
