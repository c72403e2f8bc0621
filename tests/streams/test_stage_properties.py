"""Whatever stages a pipeline has and however it is driven, it gives what plain Python over lists gives."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.streams import CLOSED, Err, Inbox, Left, Lines, Merge, Poll, Stream, decode, from_iter, pending
from pelton.streams.several import Peekable
from pelton.streams.testing import ManualClock, ManualSource
from tests.streams.fakes import Wakes

Numbers: TypeAlias = Stream[int]

ROUNDS_MAX = 5_000
"""More than any of these pipelines needs to come to its end."""


class Kind(NamedTuple):
    """A stage from numbers to numbers, made with a small number, and the same over a list."""

    stage: Callable[[Numbers, int], Numbers]
    plain: Callable[[list[int], int], list[int]]


def scanned(items: list[int], start: int) -> list[int]:
    return list(itertools.accumulate(items, initial=start))[1:]


def without_repeats(items: list[int], modulus: int) -> list[int]:
    return [next(group) for _, group in itertools.groupby(items, lambda item: item % (modulus + 1))]


def in_chunks(items: list[int], size: int) -> list[int]:
    return [sum(items[start : start + size]) for start in range(0, len(items), size)]


# `ready(limit)` of these bounds what is taken from the source.
COUNTING: dict[str, Kind] = {
    "map": Kind(lambda s, n: s.map(lambda item: item * 2 - n), lambda items, n: [item * 2 - n for item in items]),
    "filter": Kind(
        lambda s, n: s.filter(lambda item: item % (n + 2)), lambda items, n: [i for i in items if i % (n + 2)]
    ),
    "filter_map": Kind(
        lambda s, n: s.filter_map(lambda item: item - n if item > n else None),
        lambda items, n: [item - n for item in items if item > n],
    ),
    "inspect": Kind(lambda s, _: s.inspect(str), lambda items, _: items),
    "enumerate": Kind(
        lambda s, n: s.enumerate(n).map(sum), lambda items, n: [sum(pair) for pair in enumerate(items, n)]
    ),
    "scan": Kind(lambda s, n: s.scan(n, lambda state, item: state + item), scanned),
    "dedup": Kind(lambda s, n: s.dedup(lambda item: item % (n + 1)), without_repeats),
    "take": Kind(lambda s, n: s.take(n * 3), lambda items, n: items[: n * 3]),
    "skip": Kind(lambda s, n: s.skip(n), lambda items, n: items[n:]),
    "take_while": Kind(
        lambda s, n: s.take_while(lambda item: item != n),
        lambda items, n: list(itertools.takewhile(lambda item: item != n, items)),
    ),
    "skip_while": Kind(
        lambda s, n: s.skip_while(lambda item: item != n),
        lambda items, n: list(itertools.dropwhile(lambda item: item != n, items)),
    ),
    "map_while": Kind(
        lambda s, n: s.map_while(lambda item: -item if item != n else None),
        lambda items, n: [-item for item in itertools.takewhile(lambda item: item != n, items)],
    ),
    "take_until": Kind(lambda s, _: s.take_until(pending()), lambda items, _: items),
    "chain": Kind(lambda s, n: s.chain(from_iter(range(n))), lambda items, n: items + list(range(n))),
    "chain, the second": Kind(lambda s, n: from_iter(range(n)).chain(s), lambda items, n: list(range(n)) + items),
    "peekable": Kind(lambda s, _: s.peekable(), lambda items, _: items),
    "chunks": Kind(lambda s, n: s.chunks(n + 1).map(sum), lambda items, n: in_chunks(items, n + 1)),
    "ok": Kind(
        lambda s, n: s.map(lambda item: item if item % 3 else Err(ValueError(n))).ok(),
        lambda items, _: [item for item in items if item % 3],
    ),
}


def as_number(item: object) -> int | None:
    return item if isinstance(item, int) else None


def others(clock: ManualClock) -> dict[str, Kind]:
    """Stages that count what they give, not what they take."""
    return {
        "zip": Kind(
            lambda s, n: s.zip(from_iter(range(n * 3))).map(sum),
            lambda items, n: [sum(pair) for pair in zip(items, range(n * 3), strict=False)],
        ),
        "flatten": Kind(
            lambda s, n: s.map(lambda item: from_iter([item] * n)).flatten(),
            lambda items, n: [item for item in items for _ in range(n)],
        ),
        "ready_chunks": Kind(lambda s, n: s.ready_chunks(n + 1).map(from_iter).flatten(), lambda items, _: items),
        "buffer": Kind(lambda s, n: s.buffer(n + 1).filter_map(as_number), lambda items, _: items),
        "conflate": Kind(
            lambda s, n: s.enumerate().conflate(lambda pair: pair[0], size=n + 1).filter_map(second),
            lambda items, _: items,
        ),
        "throttle": Kind(lambda s, _: s.throttle(clock, 0.5), lambda items, _: items),
        "timeout": Kind(lambda s, _: s.timeout(clock, 1e9).filter_map(as_number), lambda items, _: items),
        "decode": Kind(
            lambda s, n: decode(s.map(lambda item: f"{item}\n".encode()), Lines(), slice_bytes=n + 1).ok().map(int),
            lambda items, _: items,
        ),
    }


def second(pair: object) -> int | None:
    return pair[1] if isinstance(pair, tuple) else None


class Driven:
    """A pipeline over numbers that come little by little, and what it gave until now."""

    def __init__(self, numbers: list[int], stages: list[tuple[str, int]], *, inbox: bool) -> None:
        self.clock = ManualClock()
        self.to_come = deque(numbers)
        self.expected = numbers
        self.given: list[int] = []
        self.ended = False
        self.source: ManualSource[int] | Inbox[int] = Inbox(0, 1000, 1000) if inbox else ManualSource()
        self.stream: Numbers = self.source
        self.peekables: list[Peekable[int]] = []
        kinds = COUNTING | others(self.clock)
        for name, size in stages:
            self.stream = kinds[name].stage(self.stream, size)
            self.expected = kinds[name].plain(self.expected, size)
            if isinstance(self.stream, Peekable):
                self.peekables.append(self.stream)

    def note(self, item: int | Poll) -> None:
        if not isinstance(item, Poll):
            assert not self.ended, "R3: CLOSED is for ever"
            self.given.append(item)
        self.ended = self.ended or item is CLOSED

    def push(self, count: int) -> None:
        for _ in range(min(count, len(self.to_come))):
            number = self.to_come.popleft()
            if isinstance(self.source, Inbox):
                self.source.offer(number)
            else:
                self.source.push(number)

    def poll(self, count: int) -> None:
        for _ in range(count):
            self.note(self.stream.poll())

    def poll_with_waker(self, count: int) -> None:
        wakes = Wakes()
        for _ in range(count):
            self.note(self.stream.poll(wakes))
        self.stream.forget()

    def ready(self, _: int) -> None:
        for item in self.stream.ready():
            self.note(item)

    def ready_up_to(self, limit: int) -> None:
        for item in self.stream.ready(limit):
            self.note(item)

    def ready_broken_off(self, count: int) -> None:
        for item in islice(self.stream.ready(), count):
            self.note(item)

    def ready_with_polls_and_pushes_between(self, count: int) -> None:
        for item in islice(self.stream.ready(), count):
            self.note(item)
            self.push(1)
            self.note(self.stream.poll())

    def peek(self, _: int) -> None:
        for stream in self.peekables:
            stream.peek()

    def sweep(self, quantum: int) -> None:
        merge: Merge[str, int] = Merge()
        merge.add("key", self.stream)
        for _, item in merge.sweep(quantum, 99):
            assert not isinstance(item, Err), item
            self.note(CLOSED if isinstance(item, Left) else item)
        if "key" in merge:
            merge.remove("key")

    async def wait(self, _: int) -> None:
        """And give up, if nothing comes."""
        waiting = asyncio.ensure_future(self.stream.next())
        for _turn in range(3):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        if not waiting.cancelled():
            self.note(waiting.result())
        self.stream.forget()

    async def do(self, action: str, size: int) -> None:
        if action == "wait":
            await self.wait(size)
        else:
            getattr(self, action)(size)
        self.clock.advance(1.0)

    async def finish(self, action: str, size: int) -> None:
        """Push the rest, and go on until the end."""
        self.push(len(self.to_come))
        self.source.end()
        for _ in range(ROUNDS_MAX):
            await self.do(action, size)
            self.poll(1)
            if self.ended:
                return
        raise AssertionError("it does not end")


TAKING = [
    "poll",
    "poll_with_waker",
    "ready",
    "ready_up_to",
    "ready_broken_off",
    "ready_with_polls_and_pushes_between",
    "sweep",
    "wait",
]
numbers = st.lists(st.integers(0, 5), max_size=30)
sizes = st.integers(0, 4)
stages = st.lists(st.tuples(st.sampled_from([*COUNTING, *others(ManualClock())]), sizes), max_size=5)
actions = st.lists(st.tuples(st.sampled_from([*TAKING, "push", "push", "push", "peek"]), sizes), max_size=25)
untimed = settings(deadline=None)  # how long an example takes is not tested here


@untimed
@given(numbers, stages, actions, st.tuples(st.sampled_from(TAKING), sizes), st.booleans())
async def test_a_pipeline_gives_what_plain_python_gives_however_it_is_driven(
    numbers: list[int],
    stages: list[tuple[str, int]],
    actions: list[tuple[str, int]],
    last: tuple[str, int],
    inbox: bool,
) -> None:
    driven = Driven(numbers, stages, inbox=inbox)
    for action in actions:
        await driven.do(*action)
        assert driven.given == driven.expected[: len(driven.given)]
    await driven.finish(*last)
    assert driven.given == driven.expected


@untimed
@given(numbers, st.lists(st.tuples(st.sampled_from(list(COUNTING)), sizes), max_size=5), st.lists(sizes))
def test_ready_takes_no_more_than_its_limit_from_the_source(
    numbers: list[int], stages: list[tuple[str, int]], limits: list[int]
) -> None:
    driven = Driven(numbers, stages, inbox=False)
    source = driven.source
    assert isinstance(source, ManualSource)
    driven.push(len(numbers))
    for limit in limits:
        before = source.taken
        driven.ready_up_to(limit)
        assert source.taken - before <= limit
    assert driven.given == driven.expected[: len(driven.given)]
