"""Stages: inert objects over one source that give the same items whichever way they are driven."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import islice
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Err, Inbox, Merge, Offer, Poll, Stream
from tests.streams.fakes import Counting, Endless, Script, Wakes, inbox_of, taken

Stage: TypeAlias = Callable[[Stream[int]], Stream[int]]


def below_odd(number: int) -> int | None:
    """The number before an odd one; 0 is an item like any other."""
    return number - 1 if number % 2 else None


STAGES: dict[str, Stage] = {
    "map": lambda source: source.map(lambda number: number + 1),
    "filter": lambda source: source.filter(lambda number: number % 3),
    "filter_map": lambda source: source.filter_map(below_odd),
    "take": lambda source: source.take(4),
}
each_stage = pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)


@each_stage
def test_nothing_is_polled_before_the_stage_is(stage: Stage) -> None:
    source = Counting(inbox_of([1, 2]))
    ready = stage(source).map(str).ready()
    assert source.polls == 0
    next(ready)
    assert source.polls == 1


def test_map_changes_each_item() -> None:
    assert taken(inbox_of([1, 2]).map(str)) == ["1", "2"]


def test_map_passes_on_items_that_are_false() -> None:
    assert taken(inbox_of([1, 0, 2]).map(lambda number: number or None)) == [1, None, 2]


def test_filter_keeps_what_its_predicate_finds_true() -> None:
    assert taken(inbox_of(["a", "", "b"]).filter(lambda text: text)) == ["a", "b"]


def test_filter_map_drops_none_and_nothing_else() -> None:
    assert taken(inbox_of([1, 2, 0]).filter_map(lambda number: None if number == 1 else number - 2)) == [0, -2]


def test_take_closes_its_source_with_the_last_item_and_polls_it_no_more() -> None:
    source = Counting(inbox_of(range(5)))
    first_two = source.take(2)
    assert first_two.poll() == 0
    assert source.closes == 0
    assert first_two.poll() == 1
    assert source.closes == 1
    assert [first_two.poll(), first_two.poll()] == [CLOSED, CLOSED]
    assert source.polls == 2


def test_take_of_nothing_closes_its_source_at_once() -> None:
    source = Counting(inbox_of(range(5)))
    assert (source.take(0).poll(), source.polls, source.closes) == (CLOSED, 0, 1)


def test_take_refuses_a_negative_count() -> None:
    with pytest.raises(ValueError, match="0 or more, got -1"):
        inbox_of([1]).take(-1)


def test_take_ends_before_its_count_if_the_source_does() -> None:
    source = inbox_of([1])
    source.end()
    three = source.take(3)
    assert [three.poll(), three.poll(), three.poll()] == [1, CLOSED, CLOSED]


def test_take_counts_over_several_rounds_of_ready() -> None:
    inbox = inbox_of(range(2))
    first_three = inbox.take(3)
    assert list(first_three.ready()) == [0, 1]
    inbox.offer(2)
    inbox.offer(3)
    assert list(first_three.ready()) == [2]
    assert (first_three.poll(), list(first_three.ready())) == (CLOSED, [])
    assert inbox.abandoned == 1


def test_take_counts_what_both_ways_of_driving_took() -> None:
    first_three = inbox_of(range(9)).take(3)
    assert list(islice(first_three.ready(), 2)) == [0, 1]
    assert first_three.poll() == 2
    assert first_three.poll() is CLOSED


def test_take_stops_also_over_a_source_that_pays_no_heed_to_close() -> None:
    source = Endless()
    first_three = source.take(3)
    assert list(first_three.ready(10)) == [1, 2, 3]
    assert (first_three.poll(), source.polls) == (CLOSED, 3)


def test_take_that_is_closed_in_the_middle_of_ready_stops_there() -> None:
    stream = Endless().take(9)
    seen: list[int] = []
    for number in stream.ready(20):
        seen.append(number)
        if number == 2:
            stream.close()
    assert seen == [1, 2]


@each_stage
def test_pending_takes_nothing_and_parks_at_the_source(stage: Stage) -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)
    stream = stage(inbox)
    wakes = Wakes()
    assert stream.poll(wakes) is PENDING
    inbox.offer(1)
    assert wakes.count == 1
    assert not isinstance(stream.poll(), Poll)


@each_stage
def test_a_stage_parks_at_its_source_unless_it_is_closed(stage: Stage) -> None:
    source = Endless()  # would always have something, and has no `park` of its own
    assert not stage(source).park(Wakes())
    inbox: Inbox[int] = Inbox(0, 9, 9)
    stream = stage(inbox)
    wakes = Wakes()
    assert stream.park(wakes)
    inbox.offer(1)
    assert wakes.count == 1
    assert not stream.park(wakes)


def test_a_closed_stage_parks_nobody_even_if_its_source_pays_no_heed_to_close() -> None:
    class Heedless(Inbox[int]):
        def close(self) -> None:
            """Go on."""

    stream = Heedless(0, 9, 9).map(abs)
    stream.close()
    assert not stream.park(Wakes())


def test_a_filter_that_dropped_all_there_was_is_parked() -> None:
    inbox = inbox_of([2, 4])
    wakes = Wakes()
    assert inbox.filter(lambda number: number % 2).poll(wakes) is PENDING
    inbox.offer(6)
    assert wakes.count == 1


@each_stage
def test_the_end_of_the_source_ends_the_stage_for_ever(stage: Stage) -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)
    inbox.end()
    source = Counting(inbox)
    stream = stage(source)
    assert [stream.poll(), stream.poll(), stream.poll()] == [CLOSED, CLOSED, CLOSED]
    assert source.polls == 1, "a closed source is not asked again"


@each_stage
def test_close_reaches_the_source_through_every_stage(stage: Stage) -> None:
    inbox = inbox_of(range(3))
    source = Counting(inbox)
    stream = stage(stage(source))
    stream.close()
    stream.close()
    assert (inbox.abandoned, source.closes >= 1) == (3, True)
    assert (stream.poll(), list(stream.ready()), source.polls) == (CLOSED, [], 0)


@each_stage
def test_a_closed_stage_wakes_who_waits_for_it(stage: Stage) -> None:
    stream = stage(Inbox(0, 9, 9))
    wakes = Wakes()
    stream.poll(wakes)
    stream.close()
    assert wakes.count == 1


@each_stage
def test_forget_reaches_the_source(stage: Stage) -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)
    stream = stage(inbox)
    first, second = Wakes(), Wakes()
    stream.poll(first)
    stream.forget()
    stream.poll(second)
    inbox.offer(1)
    assert (first.count, second.count) == (0, 1)


@each_stage
def test_a_second_consumer_is_refused_and_the_first_one_keeps_the_stream(stage: Stage) -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)
    stream = stage(inbox)
    first = Wakes()
    stream.poll(first)
    with pytest.raises(ConcurrentPoll):
        stream.poll(Wakes())
    assert inbox.offer(1) is Offer.OK, "the mistake of the second must not end the stream of the first"
    assert first.count == 1


def by_poll(stream: Stream[Any]) -> list[Any]:
    return taken(stream)


def by_ready(stream: Stream[Any]) -> list[Any]:
    return list(stream.ready())


def by_next(stream: Stream[Any]) -> list[Any]:
    """Only for streams that end: it would wait."""

    async def drive() -> list[Any]:
        items = []
        while not isinstance(item := await stream.next(), Poll):
            items.append(item)
        return items

    return asyncio.run(drive())


def by_async_for(stream: Stream[Any]) -> list[Any]:
    async def drive() -> list[Any]:
        return [item async for item in stream]

    return asyncio.run(drive())


def merged(take: Callable[[Merge[str, Any]], list[Any]]) -> Callable[[Stream[Any]], list[Any]]:
    """An error is an item in a merge: raise it here, as the other ways of driving do."""

    def drive(stream: Stream[Any]) -> list[Any]:
        merge: Merge[str, Any] = Merge()
        merge.add("key", stream)
        items = [item for _, item in take(merge)]
        for item in items:
            if isinstance(item, Err):
                raise item.error
        return items

    return drive


DRIVES: dict[str, Callable[[Stream[Any]], list[Any]]] = {
    "poll": by_poll,
    "ready": by_ready,
    "next": by_next,
    "async for": by_async_for,
    "merge.poll": merged(taken),
    "merge.sweep": merged(lambda merge: list(merge.sweep(1000, 1000))),
}
each_drive = pytest.mark.parametrize("drive", DRIVES.values(), ids=DRIVES)


def explode_at(bad: int, error: BaseException) -> Callable[[int], int]:
    def check(number: int) -> int:
        if number == bad:
            raise error
        return number

    return check


FAULTY: dict[str, Callable[[Stream[int], Callable[[int], int]], Stream[int]]] = {
    "map": lambda source, check: source.map(check),
    "filter": lambda source, check: source.filter(lambda number: check(number) >= 0),
    "filter_map": lambda source, check: source.filter_map(check),
    "stage above": lambda source, check: source.map(check).filter(lambda _: True).take(99),
}


@each_drive
@pytest.mark.parametrize("faulty", FAULTY.values(), ids=FAULTY)
def test_a_raise_in_a_stage_closes_the_whole_pipeline(
    drive: Callable[[Stream[Any]], list[Any]], faulty: Callable[[Stream[int], Callable[[int], int]], Stream[int]]
) -> None:
    inbox = inbox_of(range(8))
    stream = faulty(inbox, explode_at(3, LookupError("item 3")))
    with pytest.raises(LookupError, match="item 3"):
        drive(stream)
    assert inbox.offer(9) is Offer.CLOSED
    assert (inbox.delivered, inbox.abandoned) == (4, 4), "what was not asked for was not taken"
    assert [stream.poll(), *stream.ready()] == [CLOSED]


@pytest.mark.parametrize("drive", [by_poll, by_ready])
def test_an_interrupt_in_a_stage_closes_it_like_any_raise(drive: Callable[[Stream[Any]], list[Any]]) -> None:
    inbox = inbox_of(range(8))
    stream = inbox.map(explode_at(3, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        drive(stream)
    assert inbox.offer(9) is Offer.CLOSED


@pytest.mark.parametrize("drive", [by_poll, by_ready, by_next, by_async_for])
def test_an_error_of_the_source_passes_through_every_stage(drive: Callable[[Stream[Any]], list[Any]]) -> None:
    source = Script(1, 3, OSError("gone"), 5)
    stream = source.map(lambda number: number + 1).filter(lambda _: True).take(9)
    with pytest.raises(OSError, match="gone"):
        drive(stream)
    assert stream.poll() is CLOSED


def test_ready_delivers_what_came_before_a_raise() -> None:
    """A list per stage would lose the good items along with the bad one."""
    ready = inbox_of(range(8)).filter(lambda _: True).map(explode_at(3, LookupError())).ready()
    assert [next(ready), next(ready), next(ready)] == [0, 1, 2]
    with pytest.raises(LookupError):
        next(ready)


def test_breaking_off_ready_closes_nothing_and_takes_nothing_more() -> None:
    inbox = inbox_of(range(8))
    stream = inbox.map(lambda number: number).filter(lambda _: True)
    for number in stream.ready():
        if number == 2:
            break
    assert (len(inbox), stream.poll()) == (5, 3)


def test_the_limit_of_ready_counts_what_a_filter_drops() -> None:
    inbox = inbox_of(range(10))
    stream = inbox.filter(lambda number: number > 2).map(lambda number: number * 10)
    assert list(stream.ready(4)) == [30]
    assert list(stream.ready(2)) == [40, 50]
    assert len(inbox) == 4


def test_the_limit_of_ready_reaches_a_source_that_has_only_poll() -> None:
    source = Endless()
    assert list(source.filter(lambda number: number % 2).ready(7)) == [1, 3, 5, 7]
    assert source.polls == 7


stages = st.lists(st.sampled_from(list(STAGES.values())), max_size=4)


@given(st.lists(st.integers(-9, 9)), stages)
def test_all_ways_of_driving_give_the_same_items(numbers: list[int], chosen: list[Stage]) -> None:
    def pipeline() -> Stream[int]:
        stream: Stream[int] = Script(*numbers)
        for stage in chosen:
            stream = stage(stream)
        return stream

    def inbox_pipeline() -> Stream[int]:
        stream: Stream[int] = inbox_of(numbers)
        for stage in chosen:
            stream = stage(stream)
        return stream

    expected = by_poll(pipeline())
    for way in (by_ready, by_next, by_async_for):
        assert way(pipeline()) == expected
    for way in (by_poll, by_ready):
        assert way(inbox_pipeline()) == expected


@given(st.lists(st.integers(-9, 9)), stages, st.lists(st.integers(0, 5)))
def test_poll_and_limited_ready_may_alternate(numbers: list[int], chosen: list[Stage], limits: list[int]) -> None:
    stream, plain = (inbox_of(numbers), inbox_of(numbers))
    one: Stream[int] = stream
    other: Stream[int] = plain
    for stage in chosen:
        one, other = stage(one), stage(other)
    mixed: list[int] = []
    for limit in limits:
        item = one.poll()
        mixed += [] if isinstance(item, Poll) else [item]
        mixed += one.ready(limit)
    assert mixed + taken(one) == taken(other)
    assert (stream.delivered, stream.abandoned) == (plain.delivered, plain.abandoned)
