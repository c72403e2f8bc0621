"""Fairness: three sources that always have something, and whose turn it is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

from benchmarks.streams_aiostream import aiostream
from benchmarks.streams_report import Part, Row, Target
from benchmarks.streams_timing import run_on_loop
from pelton.streams import Merge, repeat_with

__all__ = ["SOURCES", "counts", "fairness"]

ITEMS = 3_000
SOURCES = ("a", "b", "c")
QUANTUM, TOTAL = 4, 7  # not a multiple of three: in every sweep somebody is not served to the end
SHARED_MAX = 64


def _merge() -> Merge[str, str]:
    merge: Merge[str, str] = Merge()
    for key in SOURCES:
        merge.add(key, repeat_with(lambda key=key: key))  # type: ignore[misc]  # mypy takes the default for an argument
    return merge


async def _swept(items: int) -> list[str]:
    return list(islice(_sweeps(_merge()), items))


def _sweeps(merge: Merge[str, str]) -> Iterator[str]:
    while True:
        for key, _ in merge.sweep(QUANTUM, TOTAL):
            yield key


async def _polled(items: int) -> list[str]:
    with closing(_merge()) as merge:
        return [key for key, _ in merge.ready(items)]


async def _awaited(items: int) -> list[str]:
    with closing(_merge()) as merge:
        return [key async for key, _ in merge.take(items)]


async def _shared_queue(items: int) -> list[str]:
    queue: asyncio.Queue[str] = asyncio.Queue(SHARED_MAX)

    async def put(key: str) -> None:
        while True:
            await queue.put(key)

    tasks = [asyncio.create_task(put(key)) for key in SOURCES]
    try:
        return [await queue.get() for _ in range(items)]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _aiostream(items: int) -> list[str]:
    async def always(key: str) -> AsyncGenerator[str, None]:
        while True:
            yield key

    merged: Any = aiostream.stream.merge(*map(always, SOURCES))
    came: list[str] = []
    async with merged.stream() as streamer:
        while len(came) < items:
            came.append(await anext(streamer))
    return came


Way = Callable[[int], Coroutine[Any, Any, list[str]]]

_WAYS: dict[str, Way] = {
    f"Merge.sweep({QUANTUM}, {TOTAL})": _swept,
    "Merge.poll": _polled,
    "async for over a Merge": _awaited,
    f"three tasks, asyncio.Queue({SHARED_MAX})": _shared_queue,
    "aiostream.merge": _aiostream,
}
_OURS = 3  # of the ways


def counts(way: Way, items: int = ITEMS) -> list[int]:
    """How many items of each source there are among the first."""
    counted = Counter(run_on_loop(way(items)))
    return [counted[key] for key in SOURCES]


def fairness() -> Part:
    """Count; once, since nothing here depends on chance or time."""
    part = Part(
        "fairness",
        f"Fairness: of the first {ITEMS:,} items of three sources that always have some",
        [],
        [*SOURCES, "differ by"],
    )
    for name, way in _WAYS.items():
        if way is _aiostream and aiostream is None:
            continue
        found = counts(way)
        differ = max(found) - min(found)
        part.rows.append(
            Row(name, [f"{count:,}" for count in (*found, differ)], {"counts": found, "differ_by": differ})
        )
    worst = max(int(str(row.figures["differ_by"])) for row in part.rows[:_OURS])
    part.targets.append(Target("Merge: counts of three sources differ by", 1, worst, "{:.0f}"))
    return part
