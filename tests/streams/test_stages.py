"""Every stage keeps the contract of streams, is lazy, closes what it is done with, and refuses what it cannot do.

What map, filter, filter_map and take do in detail stands in test_combinators.py; what is special about the stages over
several sources and those that hold items, in test_stages_special.py.
"""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle
from typing import Any, NamedTuple, TypeAlias, cast

import pytest

from pelton.streams import (
    CLOSED,
    PENDING,
    Err,
    Lines,
    Merge,
    MsgPack,
    Overflow,
    Poll,
    Stream,
    Waker,
    decode,
    empty,
    from_iter,
    interval,
    once,
    pending,
    repeat_with,
)
from pelton.streams.testing import ManualClock, ManualSource, StreamContract
from tests.streams.fakes import taken

Any_: TypeAlias = Stream[Any]

ITEMS = [3, 1, 2, 2, 5]
LATE = TimeoutError("late")
LOST = LookupError("lost")


class TickingClock(ManualClock):
    """Later each time it is asked: whoever holds items back for a second never does."""

    def time(self) -> float:
        self.advance(1.0)
        return super().time()


class Case(NamedTuple):
    """A stage over one source, and what it makes of `takes`."""

    make: Callable[[Any_], Any_]
    gives: Sequence[object]
    takes: Sequence[object] = ITEMS
    counts_source: bool = True


CASES = {
    "map": Case(lambda s: s.map(str), ["3", "1", "2", "2", "5"]),
    "filter": Case(lambda s: s.filter(lambda item: item > 2), [3, 5]),
    "filter of everything": Case(lambda s: s.filter(lambda _: False), []),
    "filter_map": Case(lambda s: s.filter_map(lambda item: item - 2 if item > 1 else None), [1, 0, 0, 3]),
    "inspect": Case(lambda s: s.inspect(lambda _: None), ITEMS),
    "enumerate": Case(lambda s: s.enumerate(7), [(7, 3), (8, 1), (9, 2), (10, 2), (11, 5)]),
    "scan": Case(lambda s: s.scan(10, operator.add), [13, 14, 16, 18, 23]),
    "dedup": Case(lambda s: s.dedup(), [3, 1, 2, 5]),
    "dedup by key": Case(lambda s: s.dedup(lambda item: item % 2), [3, 2, 5]),
    "dedup of None": Case(lambda s: s.dedup(), [None, 0, None], [None, None, 0, None, None]),
    "take": Case(lambda s: s.take(3), [3, 1, 2]),
    "take of all": Case(lambda s: s.take(5), ITEMS),
    "take of nothing": Case(lambda s: s.take(0), []),
    "skip": Case(lambda s: s.skip(3), [2, 5]),
    "skip of nothing": Case(lambda s: s.skip(0), ITEMS),
    "skip of more": Case(lambda s: s.skip(9), []),
    "take_while": Case(lambda s: s.take_while(lambda item: item != 2), [3, 1]),
    "skip_while": Case(lambda s: s.skip_while(lambda item: item != 2), [2, 2, 5]),
    "skip_while, true again later": Case(lambda s: s.skip_while(lambda item: item > 2), [1, 2, 2, 5]),
    "map_while": Case(lambda s: s.map_while(lambda item: item - 1 if item != 2 else None), [2, 0]),
    "take_until": Case(lambda s: s.take_until(pending()), ITEMS),
    "take_until, as the signal": Case(
        lambda s: pending().take_until(s.filter(lambda _: False)), [], counts_source=False
    ),
    "chain": Case(lambda s: s.chain(from_iter([8, 9])), [*ITEMS, 8, 9]),
    "chain, the second": Case(lambda s: empty().chain(s), ITEMS),
    "zip": Case(lambda s: s.zip(from_iter("abcde")), list(zip(ITEMS, "abcde", strict=True))),
    "zip with a shorter one": Case(lambda s: s.zip(from_iter("ab")), [(3, "a"), (1, "b")]),
    "zip with a longer one": Case(lambda s: from_iter("abcdefg").zip(s), list(zip("abcde", ITEMS, strict=True))),
    "flatten": Case(
        lambda s: s.map(lambda item: from_iter(range(item))).flatten(),
        [0, 1, 2, 0, 0, 1, 0, 1, 0, 1, 2, 3, 4],
        counts_source=False,
    ),
    "flatten of empty ones": Case(lambda s: s.map(lambda _: from_iter(())).flatten(), [], counts_source=False),
    "peekable": Case(lambda s: s.peekable(), ITEMS),
    "chunks": Case(lambda s: s.chunks(2), [[3, 1], [2, 2], [5]]),
    "chunks without a tail": Case(lambda s: s.chunks(5), [ITEMS]),
    "chunks of more": Case(lambda s: s.chunks(9), [ITEMS]),
    "ready_chunks of one": Case(lambda s: s.ready_chunks(1), [[3], [1], [2], [2], [5]]),
    "buffer": Case(lambda s: s.buffer(2), ITEMS, counts_source=False),
    "buffer, drop_oldest": Case(lambda s: s.buffer(9, "drop_oldest"), ITEMS, counts_source=False),
    "buffer, drop_newest": Case(lambda s: s.buffer(9, "drop_newest"), ITEMS, counts_source=False),
    "conflate": Case(lambda s: s.conflate(lambda item: item), [3, 1, 2, 5], [3, 1, 2, 5], counts_source=False),
    "conflate of one key": Case(lambda s: s.conflate(lambda item: item, size=1), [3, 1], [3, 1], counts_source=False),
    "throttle": Case(lambda s: s.throttle(TickingClock(), 0.5), ITEMS),
    "timeout": Case(lambda s: s.timeout(ManualClock(), 1.0), ITEMS),
    "decode": Case(
        lambda s: decode(s, Lines(), "item"), ["ab", "", "c"], [b"a", b"b\r", b"\n\n", b"c"], counts_source=False
    ),
    "ok": Case(lambda s: s.ok(), [1, 2], [1, Err(LATE), Err(LOST), 2]),
    "unwrap": Case(lambda s: s.unwrap(), ITEMS),
    "map_err": Case(lambda s: s.map_err(lambda _: LOST), [1, Err(LOST), 2], [1, Err(LATE), 2]),
    "or_else": Case(lambda s: s.or_else(str), [1, "late", 2], [1, Err(LATE), 2]),
    "or_else, another error": Case(lambda s: s.or_else(lambda _: Err(LOST)), [1, Err(LOST)], [1, Err(LATE)]),
    "and_then": Case(lambda s: s.and_then(lambda item: item + 1), [2, Err(LATE), 3], [1, Err(LATE), 2]),
    "and_then, an error": Case(
        lambda s: s.and_then(lambda item: Err(LOST) if item > 1 else item), [1, Err(LOST)], [1, 2]
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_stage_keeps_the_contract_of_streams(case: Case) -> None:
    StreamContract().stage(case.make, case.takes, case.gives, counts_source=case.counts_source)


def test_conflate_gives_the_latest_of_each_key() -> None:
    """Its items depend on when it is asked, so the contract above shows it keys that differ."""
    assert list(from_iter(ITEMS).conflate(lambda item: item % 2).ready()) == [5, 2]


def test_ready_chunks_gives_what_is_ready_and_waits_for_no_more() -> None:
    """Its lists depend on when it is asked, too."""
    source = ManualSource(1, 2, 3)
    stream = source.ready_chunks(2)
    assert [stream.poll(), stream.poll()] == [[1, 2], [3]]
    source.push(4)
    assert list(stream.ready()) == [[4]]
    source.push(5, 6, 7)
    assert list(stream.ready()) == [[5, 6], [7]]


class TakenFrom(Stream[None]):
    """A signal: gives something once so many items were taken from a source."""

    def __init__(self, source: Any_, count: int) -> None:
        self.source = cast("ManualSource[int]", source)
        self.enough = count

    def poll(self, waker: Waker | None = None) -> Poll | None:
        return None if self.source.taken >= self.enough else PENDING


# Each is over with the third item of its source, which has more.
ENDING: dict[str, Callable[[Any_], Any_]] = {
    "take": lambda s: s.take(3),
    "take above other stages": lambda s: s.filter(lambda item: item != 2).map(str).take(2),
    "take above peekable": lambda s: s.peekable().take(3),
    "take above chain": lambda s: once(0).chain(s).take(4),
    "take above flatten": lambda s: s.map(once).flatten().take(3),
    "take above chunks": lambda s: s.chunks(3).take(1),
    "take above zip": lambda s: s.zip(repeat_with(int)).take(3),
    "take_while": lambda s: s.take_while(lambda item: item < 3),
    "take_until": lambda s: s.take_until(TakenFrom(s, 3)),
    "map_while": lambda s: s.map_while(lambda item: item if item < 3 else None),
    "unwrap": lambda s: s.map(lambda item: Err(LOST) if item == 3 else item).unwrap(),
}
DRIVES: dict[str, Callable[[Any_], object]] = {
    "poll": taken,
    "ready": lambda stream: list(stream.ready()),
    "collect": lambda stream: asyncio.run(stream.collect()),
}


@pytest.mark.parametrize("drive", DRIVES.values(), ids=DRIVES)
@pytest.mark.parametrize("make", ENDING.values(), ids=ENDING)
def test_a_stage_that_ends_early_closes_its_source_at_once_and_asks_for_nothing_more(
    make: Callable[[Any_], Any_], drive: Callable[[Any_], object]
) -> None:
    source = ManualSource(1, 2, 3, 4, 5)
    with suppress(LookupError):
        drive(make(source))
    assert (source.taken, source.polls) == (3, 3)
    assert source.closed


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_stage_that_was_closed_gives_nothing_even_if_its_source_does_not_care(case: Case) -> None:
    stream = case.make(Deaf(case.takes))
    stream.close()
    assert (stream.poll(), list(stream.ready()), stream.finished) == (CLOSED, [], True)


class Deaf(Stream[Any]):
    """Gives its items again and again, closed or not."""

    def __init__(self, items: Sequence[object]) -> None:
        self.items = cycle(items)

    def poll(self, waker: Waker | None = None) -> Any:
        return next(self.items)


# With a number that is too small, and what the complaint names.
REFUSED: dict[str, tuple[Callable[[Any_], object], str]] = {
    "skip": (lambda s: s.skip(-1), "0 or more, got -1"),
    "chunks": (lambda s: s.chunks(0), "1 or more, got 0"),
    "ready_chunks": (lambda s: s.ready_chunks(0), "1 or more, got 0"),
    "buffer": (lambda s: s.buffer(0), "1 or more, got 0"),
    "buffer, overflow": (lambda s: s.buffer(1, cast("Overflow", "burst")), "one of suspend, .* not 'burst'"),
    "conflate": (lambda s: s.conflate(str, size=0), "1 or more, got 0"),
    "throttle": (lambda s: s.throttle(ManualClock(), 0.0), "more than 0 s, got 0.0"),
    "timeout": (lambda s: s.timeout(ManualClock(), -1.0), "more than 0 s, got -1.0"),
    "interval": (lambda _: interval(ManualClock(), 0.0), "more than 0 s, got 0.0"),
    "interval, late": (lambda _: interval(ManualClock(), 1.0, cast("Any", "hurry")), "'hurry'"),
    "merge, until": (lambda _: Merge(cast("Any", "later")), "'later'"),
    "decode, slice": (lambda s: decode(s, Lines(), slice_bytes=0), "1 byte or more, got 0"),
    "decode, tail": (lambda s: decode(s, Lines(), cast("Any", "keep")), "one of item, .* not 'keep'"),
    "lines": (lambda _: Lines(0), "1 byte or more, got 0"),
    "msgpack": (lambda _: MsgPack(0), "1 byte or more, got 0"),
}


@pytest.mark.parametrize(("make", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_work_is_refused_when_it_is_made(make: Callable[[Any_], object], complaint: str) -> None:
    source: ManualSource[int] = ManualSource()
    with pytest.raises(ValueError, match=complaint):
        make(source)
    assert (source.polls, source.closed) == (0, 0)
