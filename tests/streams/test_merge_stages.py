"""Every stage as a source of a merge: what comes late is heard, the end comes once, and nobody else loses by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from pelton.streams import PENDING, Err, Inbox, Lines, Merge, Offer, Stream, decode, from_iter, pending
from pelton.streams.testing import ManualClock
from tests.streams.fakes import Wakes, empty, inbox_of, merge_of, taken

Make: TypeAlias = Callable[[Stream[int]], Stream[Any]]


def endless_zeros() -> Stream[int]:
    return from_iter(iter(int, 1))


STAGES: dict[str, Make] = {
    "none": lambda source: source,
    "map": lambda source: source.map(lambda number: number * 10),
    "filter": lambda source: source.filter(lambda number: number != 2),
    "filter_map": lambda source: source.filter_map(lambda number: number or None),
    "inspect": lambda source: source.inspect(lambda _: None),
    "enumerate": lambda source: source.enumerate(),
    "scan": lambda source: source.scan(0, lambda total, number: total + number),
    "dedup": lambda source: source.dedup(),
    "take": lambda source: source.take(9),
    "skip": lambda source: source.skip(1),
    "take_while": lambda source: source.take_while(lambda number: number < 9),
    "skip_while": lambda source: source.skip_while(lambda number: number < 2),
    "map_while": lambda source: source.map_while(lambda number: number),
    "take_until": lambda source: source.take_until(pending()),
    "chain before": lambda source: source.chain(from_iter([])),
    "chain behind": lambda source: from_iter([7]).chain(source),
    "zip": lambda source: source.zip(endless_zeros()),
    "zip behind": lambda source: endless_zeros().zip(source),
    "flatten": lambda source: from_iter([source]).flatten(),
    "flatten within": lambda source: source.map(lambda number: from_iter([number, number])).flatten(),
    "peekable": lambda source: source.peekable(),
    "chunks": lambda source: source.chunks(2),
    "ready_chunks": lambda source: source.ready_chunks(2),
    "buffer": lambda source: source.buffer(2),
    "buffer that drops": lambda source: source.buffer(2, "drop_oldest"),
    "conflate": lambda source: source.conflate(lambda number: number),
    "timeout": lambda source: source.timeout(ManualClock(), 1.0),
    "decode": lambda source: decode(source.map(lambda number: b"%d\n" % number), Lines()),
}
each_stage = pytest.mark.parametrize("make", STAGES.values(), ids=STAGES)


def alone(make: Make, numbers: list[int]) -> list[Any]:
    """What the stage gives when nobody stands between."""
    inbox = empty()
    stream, given = make(inbox), []
    for number in numbers:
        inbox.offer(number)
        given += taken(stream)
    inbox.end()
    return given + taken(stream)


@each_stage
def test_whatever_comes_late_is_heard(make: Make) -> None:
    inbox, given = empty(), []
    merge: Merge[str, Any] = Merge(until="empty")
    merge.add("a", make(inbox))
    wakes = Wakes()
    given += drained(merge, wakes)
    for number in (1, 2, 3, 4):
        before = wakes.count
        inbox.offer(number)
        assert wakes.count == before + 1, f"nobody was told of {number}"
        given += drained(merge, wakes)
    before = wakes.count
    inbox.end()
    assert wakes.count == before + 1, "nobody was told of the end"
    given += drained(merge, wakes)
    assert given == alone(make, [1, 2, 3, 4])
    totals = merge.totals()
    assert (totals.ended, totals.failed, totals.sources, merge.finished) == (1, 0, 0, True)


def drained(merge: Merge[str, Any], wakes: Wakes) -> list[Any]:
    """The items, without what tells of the end."""
    served = []
    while isinstance(one := merge.poll(wakes), tuple):
        served.append(one[1])
    ended = merge.totals().ended
    return served[:-1] if ended and served else served


@each_stage
def test_a_sweep_serves_its_source_and_the_others(make: Make) -> None:
    inbox = inbox_of([1, 2, 3, 4])
    inbox.end()
    merge: Merge[str, Any] = Merge()
    merge.add("a", make(inbox))
    merge.add("b", inbox_of([1, 2]))
    served = [item for _ in range(9) for key, item in merge.sweep(4, 99) if key == "a"]
    assert len(merge) == 1
    assert served[:-1] == at_once(make, [1, 2, 3, 4])


def at_once(make: Make, numbers: list[int]) -> list[Any]:
    inbox = inbox_of(numbers)
    inbox.end()
    return taken(make(inbox))


@each_stage
def test_an_error_below_a_stage_ends_that_source_alone(make: Make) -> None:
    inbox, error, others = empty(), OSError("gone"), inbox_of([1])
    merge: Merge[str, Any] = Merge()
    merge.add("a", make(inbox))
    merge.add("b", others)
    taken(merge)
    inbox.end(error)
    last = taken(merge)[-1]
    assert last == ("a", Err(error))
    assert ("a" in merge, "b" in merge) == (False, True)
    assert others.offer(2) is Offer.OK
    assert taken(merge) == [("b", 2)]


@each_stage
def test_a_source_that_was_removed_wakes_the_merge_no_more(make: Make) -> None:
    inbox = empty()
    merge: Merge[str, Any] = Merge()
    merge.add("a", stream := make(inbox))
    wakes, mine = Wakes(), Wakes()
    drained(merge, wakes)
    assert merge.remove("a") is stream
    stream.poll(mine)
    inbox.offer(3)
    inbox.offer(4)
    assert (wakes.count, mine.count) == (0, 1)


def test_a_throttled_source_comes_back_when_its_time_has_come() -> None:
    clock, wakes = ManualClock(), Wakes()
    merge: Merge[str, int] = Merge()
    merge.add("a", inbox_of([1, 2]).throttle(clock, 1.0))
    merge.add("b", inbox_of([7, 8]))
    assert taken(merge) == [("a", 1), ("b", 7), ("b", 8)]
    assert list(merge.sweep(9, 99)) == []
    merge.poll(wakes)
    clock.advance(1.0)
    assert (wakes.count, taken(merge)) == (1, [("a", 2)])


def test_a_source_that_timed_out_says_so_once_and_is_heard_again() -> None:
    clock, wakes, inbox = ManualClock(), Wakes(), empty()
    merge: Merge[str, Any] = Merge()
    merge.add("a", inbox.timeout(clock, 1.0))
    merge.poll(wakes)
    clock.advance(1.0)
    assert wakes.count == 1
    [(_, error)] = taken(merge)
    assert isinstance(error, Err)
    assert isinstance(error.error, TimeoutError)
    merge.poll(wakes)
    inbox.offer(1)
    assert (wakes.count, taken(merge)) == (2, [("a", 1)])


def test_the_signal_of_take_until_ends_the_source_once() -> None:
    signal: Inbox[str] = Inbox(0, 9, 9)
    inbox, wakes = inbox_of([1, 2]), Wakes()
    merge: Merge[str, int] = Merge(until="empty")
    merge.add("a", inbox.take_until(signal))
    assert merge.poll() == ("a", 1)
    signal.offer("now")
    assert len(taken(merge)) == 1
    assert (merge.totals().ended, inbox.abandoned, wakes.count, merge.finished) == (1, 1, 0, True)


def test_a_stream_of_streams_that_may_still_grow_is_heard_through_the_one_that_is_open() -> None:
    """An empty inbox is false: `inner or outer` would wait for the wrong one."""
    inner = inbox_of([1])
    outer: Inbox[Stream[int]] = inbox_of([inner])
    merge, wakes = merge_of(a=outer.flatten()), Wakes()
    assert taken(merge) == [("a", 1)]
    assert merge.poll(wakes) is PENDING
    inner.offer(2)
    assert (wakes.count, taken(merge)) == (1, [("a", 2)])
    inner.end()
    assert merge.poll(wakes) is PENDING
    outer.offer(inbox_of([3]))
    assert (wakes.count, taken(merge)) == (2, [("a", 3)])
