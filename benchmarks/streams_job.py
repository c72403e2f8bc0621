"""The job that every row of the table does, and what a row is.

A tick: each active source is given some items (`put`), then all that are there are taken, fairly, sent through a
filter and two maps, and consumed with their keys (`take`). The three functions do next to nothing, so that the table
shows what the plumbing costs; every row calls them, also the hand-written one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar

from benchmarks.streams_timing import Stopwatch, run_on_loop

__all__ = [
    "QUANTUM",
    "TOTAL",
    "Beside",
    "Load",
    "Rival",
    "Sample",
    "raised",
    "raised_pair",
    "sample",
    "sample_beside",
    "turned",
    "turned_pair",
    "wanted",
    "wanted_pair",
]

QUANTUM = 4  # items of one source and ...
TOTAL = 4000  # ... of all sources in a tick: what config.toml says for a room
SEED = 1
TICKS_MAX = 200


def wanted(item: int) -> bool:
    """Three of four items."""
    return item & 3 != 0


def raised(item: int) -> int:
    """The first map."""
    return item + 1


def turned(item: int) -> int:
    """The second map."""
    return item ^ 5


# The same for stages that stand behind a merge, where items come with their keys.


def wanted_pair(pair: tuple[int, Any]) -> Any:
    """Three of four items."""
    return pair[1] & 3 != 0


def raised_pair(pair: tuple[int, Any]) -> tuple[int, int]:
    """The first map."""
    key, item = pair
    return key, item + 1


def turned_pair(pair: tuple[int, int]) -> tuple[int, int]:
    """The second map."""
    key, item = pair
    return key, item ^ 5


@dataclass(frozen=True, slots=True)
class Load:
    """`active` of the sources are given `each` items a tick; always the same number of them is wanted."""

    sources: int
    active: int
    each: int

    def __post_init__(self) -> None:
        if self.given % 4 or self.given > TOTAL or self.each > QUANTUM:
            raise ValueError(f"a tick has to take all of it, and a whole number of times four items: {self}")

    @property
    def given(self) -> int:
        """Items in a tick."""
        return self.active * self.each

    @property
    def passing(self) -> int:
        """Items in a tick that the filter lets pass: they are numbered."""
        return self.given * 3 // 4

    def ticks(self, count: int) -> Iterator[list[tuple[int, int]]]:
        """Keys and items of each tick, in the order of arrival. Who is active changes from tick to tick."""
        random, item = Random(SEED), 0
        for _ in range(count):
            arrivals: list[tuple[int, int]] = []
            keys: Sequence[int] = range(1, self.sources + 1)
            if self.active < self.sources:
                keys = random.sample(keys, self.active)
            for _ in range(self.each):
                for key in keys:
                    arrivals.append((key, item))
                    item += 1
            yield arrivals


class Rival:
    """One way to do the job. Sources have the keys 1, 2, 3, ..."""

    name: ClassVar[str]
    items_max: ClassVar[int] = 10_000
    """In one run: slow ones get fewer."""
    runs_max: ClassVar[int | None] = None
    """For one that is so slow that nobody wants to wait for the usual number."""

    def __init__(self, load: Load) -> None:
        self.load = load

    async def open(self) -> None:
        """Start what has to be started."""

    def put(self, key: int, item: int) -> None:
        """An item has arrived for the source."""
        raise NotImplementedError

    async def take(self) -> int:
        """Take all of a tick. Answers the sum of what came out, each times its key."""
        raise NotImplementedError

    async def close(self) -> None:
        """Stop what was started."""

    @classmethod
    def ticks(cls, load: Load) -> int:
        """How many in one run."""
        return max(1, min(cls.items_max // load.given, TICKS_MAX))


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one row, per item."""

    put_ns: float
    take_ns: float


def sample(kind: type[Rival], load: Load) -> Sample:
    """One run, after a tick to warm up; set-up does not count. RuntimeError if not exactly the right things came."""
    return run_on_loop(_sample(kind, load))


@dataclass(frozen=True, slots=True)
class Beside:
    """A run of one row, and the mean of two of another, right before and right after."""

    row: Sample
    base: Sample


def sample_beside(kind: type[Rival], load: Load, base: type[Rival]) -> Beside:
    """One run, to be compared."""
    before, row, after = sample(base, load), sample(kind, load), sample(base, load)
    return Beside(row, Sample((before.put_ns + after.put_ns) / 2, (before.take_ns + after.take_ns) / 2))


async def _sample(kind: type[Rival], load: Load) -> Sample:
    rival, putting, taking = kind(load), Stopwatch(), Stopwatch()
    await rival.open()
    try:
        for number, arrivals in enumerate(load.ticks(kind.ticks(load) + 1)):
            if number == 1:
                putting.ns = taking.ns = 0
            put = rival.put
            putting.start()
            for key, item in arrivals:
                put(key, item)
            putting.stop()
            taking.start()
            came = await rival.take()
            taking.stop()
            if came != sum(key * turned(raised(item)) for key, item in arrivals if wanted(item)):
                raise RuntimeError(f"{kind.name} lost or invented items")
    finally:
        await rival.close()
    items = kind.ticks(load) * load.given
    return Sample(putting.ns / items, taking.ns / items)
