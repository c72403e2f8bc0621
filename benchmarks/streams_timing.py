"""CPU time of this thread: what is between `start` and `stop`, without garbage collection, in runs that alternate.

On a shared machine the same code takes twice as long for a while, then half. So whatever is compared is measured right
before and right after, and a ratio is the median of those within the runs.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager
from statistics import median
from time import thread_time_ns
from typing import Any, TypeVar

from pelton.server.loop import loop_factory

__all__ = ["LOOP_FACTORY", "Stopwatch", "alternated", "quiet", "ratio", "run_on_loop"]

RUN_S = 45.0
"""Longer than this nothing may take: the slowest row takes five seconds."""

R = TypeVar("R")
S = TypeVar("S")

LOOP_FACTORY = loop_factory("auto")
"""All rows that need an event loop run on the one that the server runs on."""


class Stopwatch:
    """Adds up this thread's CPU time, less what reading the clock takes."""

    def __init__(self) -> None:
        self.ns = 0
        self._started = 0
        self._reading_ns = 0
        readings: list[int] = []
        for _ in range(200):
            self.start()
            readings.append(self.stop())
        self._reading_ns = int(median(readings))
        self.ns = 0

    def start(self) -> None:
        """From here."""
        self._started = thread_time_ns()

    def stop(self) -> int:
        """To here; answers what was added."""
        passed = thread_time_ns() - self._started - self._reading_ns
        self.ns += passed
        return passed


@contextmanager
def quiet() -> Generator[None]:
    """Without the garbage collector: it would charge one row for what others have left."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def run_on_loop(work: Coroutine[Any, Any, S]) -> S:
    """Run on an event loop of its own, without the garbage collector. TimeoutError after RUN_S."""
    with quiet(), asyncio.Runner(loop_factory=LOOP_FACTORY) as runner:
        return runner.run(_bounded(work))


async def _bounded(work: Coroutine[Any, Any, S]) -> S:
    async with asyncio.timeout(RUN_S):
        return await work


def alternated(
    rows: Sequence[R], runs: int, measure: Callable[[R], S], runs_max: Callable[[R], int | None] = lambda _: None
) -> list[list[S]]:
    """Measure every row `runs` times, or `runs_max` if that is less, A to Z and then Z to A. By row and run."""
    found: list[list[S]] = [[] for _ in rows]
    for number in range(runs):
        order = range(len(rows)) if number % 2 == 0 else range(len(rows) - 1, -1, -1)
        for index in order:
            most = runs_max(rows[index])
            if most is None or number < most:
                found[index].append(measure(rows[index]))
    return found


def ratio(costs: Sequence[float], base: Sequence[float]) -> float:
    """How many times what was measured beside it: the median of all runs."""
    return median(cost / other for cost, other in zip(costs, base, strict=True))
