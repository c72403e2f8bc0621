"""The rows of the merge table that need no event loop: hand-written loops and `Merge`."""

from __future__ import annotations

from collections import deque

from benchmarks.streams_job import (
    QUANTUM,
    TOTAL,
    Load,
    Rival,
    raised,
    raised_pair,
    turned,
    turned_pair,
    wanted,
    wanted_pair,
)
from pelton.streams import Inbox, Merge, Poll, Stream, from_iter

__all__ = [
    "BoundedLoop",
    "DequeLoop",
    "MergeAlone",
    "PairLoop",
    "PollBehind",
    "SweepBehind",
    "SweepPerSource",
]

LOW, HIGH, HARD = 8, 32, 64  # as in config.toml


class Queued:
    """What the hand-written loop knows of a source."""

    __slots__ = ("items", "key", "paused")

    def __init__(self, key: int) -> None:
        self.key = key
        self.items: deque[int] = deque()
        self.paused = False


class DequeLoop(Rival):
    """By hand, for this job and no other: a deque a source, a deque of those that have something.

    Does: one item of each ready source in turn, at most QUANTUM of each and TOTAL in all a tick; who was not served
    keeps his place; idle sources cost nothing.
    Does not: bound what waits, pause or resume a producer, wake a consumer, count, know of ends and errors, survive an
    exception of a function with its places kept, let sources come and go while it runs, weigh them, or stop half-way.
    What a filter drops is counted like the rest, since the filter stands in the loop.
    """

    name = "hand-written deque loop"

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        self.sources = {key: Queued(key) for key in range(1, load.sources + 1)}
        self.ready: deque[Queued] = deque()

    def put(self, key: int, item: int) -> None:
        source = self.sources[key]
        if not source.items:
            self.ready.append(source)
        source.items.append(item)

    async def take(self) -> int:
        return self.sweep(QUANTUM, TOTAL)

    def sweep(self, quantum: int, total: int) -> int:
        """One tick."""
        ready, came = self.ready, 0
        for _ in range(quantum):
            turn = min(len(ready), total)
            total -= turn
            for _ in range(turn):
                source = ready.popleft()
                items = source.items
                item = items.popleft()
                if items:
                    ready.append(source)
                if wanted(item):
                    came += source.key * turned(raised(item))
        return came


class PairLoop(DequeLoop):
    """The same, with the functions that stages behind a merge have: on pairs of key and item, which it has to make."""

    name = "the same, functions on pairs"

    def sweep(self, quantum: int, total: int) -> int:
        """One tick."""
        ready, came = self.ready, 0
        for _ in range(quantum):
            turn = min(len(ready), total)
            total -= turn
            for _ in range(turn):
                source = ready.popleft()
                items = source.items
                pair = source.key, items.popleft()
                if items:
                    ready.append(source)
                if wanted_pair(pair):
                    key, item = turned_pair(raised_pair(pair))
                    came += key * item
        return came


class BoundedLoop(DequeLoop):
    """The same, with what an `Inbox` guarantees: bounded, with high and low marks, a pause, a resume, and counts.

    Does not: whatever else `DequeLoop` does not.
    """

    name = "the same, bounded and counted"

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        self.accepted = self.shed = self.delivered = self.resumed = 0

    def put(self, key: int, item: int) -> None:
        source = self.sources[key]
        items = source.items
        if len(items) >= HARD:
            self.shed += 1
            return
        if not items:
            self.ready.append(source)
        items.append(item)
        self.accepted += 1
        if len(items) >= HIGH:
            source.paused = True

    def sweep(self, quantum: int, total: int) -> int:
        """One tick."""
        ready, came = self.ready, 0
        for _ in range(quantum):
            turn = min(len(ready), total)
            total -= turn
            for _ in range(turn):
                source = ready.popleft()
                items = source.items
                item = items.popleft()
                self.delivered += 1
                if items:
                    ready.append(source)
                if source.paused and len(items) <= LOW:
                    source.paused = False
                    self.resumed += 1
                if wanted(item):
                    came += source.key * turned(raised(item))
        return came


class _Merged(Rival):
    """A `Merge` of inboxes with the marks of config.toml: all that the deque loop does and does not do."""

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        self.merge: Merge[int, int] = Merge()
        self.inboxes: dict[int, Inbox[int]] = {key: Inbox(LOW, HIGH, HARD) for key in range(1, load.sources + 1)}
        for key, inbox in self.inboxes.items():
            self.merge.add(key, self.stages(inbox))
        for _ in self.merge.sweep(QUANTUM, TOTAL):
            """Nothing is there yet: from now on all are parked."""

    def stages(self, inbox: Inbox[int]) -> Stream[int]:
        """What stands between an inbox and the merge."""
        return inbox

    def put(self, key: int, item: int) -> None:
        self.inboxes[key].offer(item)


class MergeAlone(_Merged):
    """The sweep alone is Pelton's: filter and maps are called in the body of the loop, as by hand."""

    name = "Merge.sweep, functions by hand"

    async def take(self) -> int:
        came = 0
        for key, item in self.merge.sweep(QUANTUM, TOTAL):
            if wanted(item):  # type: ignore[arg-type]  # no source ends or fails here
                came += key * turned(raised(item))  # type: ignore[arg-type]
        return came


class SweepBehind(_Merged):
    """One pipeline behind the merge, over pairs of key and item, as a room of the server has it."""

    name = "Merge.sweep, stages behind it"

    async def take(self) -> int:
        sweep = from_iter(self.merge.sweep(QUANTUM, TOTAL))
        pipeline = sweep.filter(wanted_pair).map(raised_pair).map(turned_pair)
        came = 0
        for key, item in pipeline.ready():
            came += key * item
        return came


class SweepPerSource(_Merged):
    """A pipeline for each source, before the merge: what its filter drops is on its source's account."""

    name = "Merge.sweep, stages per source"

    def stages(self, inbox: Inbox[int]) -> Stream[int]:
        return inbox.filter(wanted).map(raised).map(turned)

    async def take(self) -> int:
        came = 0
        for key, item in self.merge.sweep(QUANTUM, TOTAL):
            came += key * item  # type: ignore[operator]  # no source ends or fails here
        return came


class PollBehind(_Merged):
    """The pipeline behind the merge, polled item by item until nothing is there. No quantum: fair, but unbounded."""

    name = "Merge.poll, stages behind it"

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        self.pipeline = self.merge.filter(wanted_pair).map(raised_pair).map(turned_pair)

    async def take(self) -> int:
        came, poll = 0, self.pipeline.poll
        while not isinstance(pair := poll(), Poll):
            came += pair[0] * pair[1]
        return came
