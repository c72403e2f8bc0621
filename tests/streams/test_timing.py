"""Streams that know of time, on a clock that is moved by hand: what is due when, and no timer left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Err, Merge, Stream, from_iter, interval, pending
from pelton.streams.testing import ManualClock, ManualSource
from tests.streams.fakes import Wakes, taken

Late = Literal["skip", "burst"]


@pytest.fixture
def clock() -> ManualClock:
    """It does not begin at zero: only differences mean something."""
    return ManualClock(1000.0)


def is_timeout(item: object) -> bool:
    return isinstance(item, Err) and isinstance(item.error, TimeoutError)


# An interval.


@pytest.mark.parametrize("late", ["skip", "burst"])
def test_beats_come_one_period_apart_from_the_first_poll_on(clock: ManualClock, late: Late) -> None:
    beats = interval(clock, 2.0, late)
    clock.advance(7.0)
    assert [beats.poll(), beats.poll()] == [0, PENDING]
    clock.advance(1.5)
    assert beats.poll() is PENDING
    clock.advance(0.5)
    assert [beats.poll(), beats.poll()] == [1, PENDING]


def test_who_comes_late_is_told_the_beat_that_is_due_or_all_of_them(clock: ManualClock) -> None:
    skipping, bursting = interval(clock, 2.0), interval(clock, 2.0, "burst")
    assert [skipping.poll(), bursting.poll()] == [0, 0]
    clock.advance(7.0)
    assert [skipping.poll(), skipping.poll()] == [3, PENDING]
    assert [bursting.poll(), *bursting.ready()] == [1, 2, 3]
    clock.advance(1.0)
    assert [skipping.poll(), bursting.poll()] == [4, 4]


@pytest.mark.parametrize("late", ["skip", "burst"])
def test_an_interval_does_not_drift(late: Late) -> None:
    """0.1 s has no exact number: ten thousand of them added up are late, ten thousand times one is not."""
    clock = ManualClock()
    beats, given = interval(clock, 0.1, late), list[int]()
    for _ in range(1001):
        given += beats.ready()
        clock.advance(1.0)
    assert given[-1] == 10_000
    assert late == "skip" or given == list(range(10_001))


@settings(deadline=None)  # how long an example takes is not tested here
@given(st.lists(st.integers(0, 40), max_size=30), st.integers(1, 9), st.sampled_from(["skip", "burst"]))
def test_no_beat_comes_early_or_twice(moves: list[int], period: int, late: Late) -> None:
    """In quarters of a second, which have exact numbers."""
    clock = ManualClock()
    beats, passed, seen = interval(clock, period / 4, late), 0, list[int]()
    for move in [0, *moves]:
        clock.advance(move / 4)
        passed += move
        seen += beats.ready()
        assert seen[-1] == passed // period
        assert late == "skip" or seen == list(range(len(seen)))
        assert seen == sorted(set(seen))


def test_an_interval_wakes_its_consumer_once_when_the_beat_is_due(clock: ManualClock) -> None:
    beats, wakes = interval(clock, 2.0), Wakes()
    assert (beats.poll(wakes), clock.waiting) == (0, 0)
    for _ in range(3):
        assert (beats.poll(wakes), clock.waiting) == (PENDING, 1)
    clock.advance(1.9)
    assert wakes.count == 0
    clock.advance(9.0)
    assert (wakes.count, clock.waiting) == (1, 0)


def test_who_waits_for_nothing_sets_no_timer(clock: ManualClock) -> None:
    beats = interval(clock, 2.0)
    throttled, timed = from_iter([1, 2]).throttle(clock, 2.0), pending().timeout(clock, 2.0)
    assert [beats.poll(), throttled.poll()] == [0, 1]
    assert [beats.poll(), throttled.poll(), timed.poll(), clock.waiting] == [PENDING, PENDING, PENDING, 0]


# Streams that wait with a timer; each is parked by its second poll at the latest.

Timed = Callable[[Stream[Any], ManualClock], Stream[Any]]
TIMED: dict[str, Timed] = {
    "interval": lambda _, clock: interval(clock, 2.0),
    "throttle": lambda source, clock: from_iter([0]).chain(source).throttle(clock, 2.0),
    "timeout": lambda source, clock: source.timeout(clock, 2.0),
}
each_timed = pytest.mark.parametrize("make", TIMED.values(), ids=TIMED)


def parked(stream: Stream[Any], wakes: Wakes) -> None:
    assert PENDING in (stream.poll(wakes), stream.poll(wakes))


@each_timed
def test_a_closed_stream_leaves_no_timer_and_tells_who_waits(clock: ManualClock, make: Timed) -> None:
    stream, wakes = make(ManualSource[int](), clock), Wakes()
    parked(stream, wakes)
    assert clock.waiting == 1
    stream.close()
    assert (clock.waiting, wakes.count, stream.poll(wakes), clock.waiting) == (0, 1, CLOSED, 0)


@each_timed
def test_a_forgotten_consumer_leaves_no_timer_and_is_not_called(clock: ManualClock, make: Timed) -> None:
    source, wakes = ManualSource[int](), Wakes()
    stream = make(source, clock)
    parked(stream, wakes)
    stream.forget()
    assert clock.waiting == 0
    clock.advance(9.0)
    source.push(1)
    assert wakes.count == 0


@each_timed
def test_a_second_consumer_is_refused_and_the_first_is_still_called(clock: ManualClock, make: Timed) -> None:
    stream, first, second = make(ManualSource[int](), clock), Wakes(), Wakes()
    parked(stream, first)
    with pytest.raises(ConcurrentPoll):
        stream.poll(second)
    clock.advance(2.0)
    assert (first.count, second.count) == (1, 0)


class Stuck(ManualSource[int]):
    def close(self) -> None:
        raise OSError("stuck")


@pytest.mark.parametrize("make", [TIMED["throttle"], TIMED["timeout"]], ids=["throttle", "timeout"])
def test_a_source_that_raises_when_it_is_closed_leaves_no_timer_either(clock: ManualClock, make: Timed) -> None:
    stream, wakes = make(Stuck(), clock), Wakes()
    parked(stream, wakes)
    with pytest.raises((OSError, ExceptionGroup)):
        stream.close()
    assert (clock.waiting, wakes.count, stream.poll()) == (0, 1, CLOSED)


@each_timed
def test_a_poll_that_gives_an_item_before_its_timer_rang_leaves_no_timer(clock: ManualClock, make: Timed) -> None:
    """An event loop makes its calls a little after their time: whoever polls in between is first."""
    source = ManualSource[int]()
    stream = make(source, clock)
    parked(stream, Wakes())
    source.push(1)
    clock._now_s += 2.0
    assert stream.poll() is not PENDING
    assert clock.waiting == 0
    assert stream.poll(Wakes()) is PENDING


@each_timed
def test_a_merge_hears_of_the_time(clock: ManualClock, make: Timed) -> None:
    merge: Merge[str, Any] = Merge()
    merge.add("key", make(ManualSource[int](), clock))
    taken(merge)
    wakes = Wakes()
    assert merge.poll(wakes) is PENDING
    clock.advance(2.0)
    throttled_in_vain = wakes.count == 1 and merge.poll() is PENDING
    assert wakes.count == 1
    assert throttled_in_vain is (make is TIMED["throttle"])


# A throttle.


def test_a_throttle_gives_one_item_an_interval_and_drops_none(clock: ManualClock) -> None:
    source = ManualSource(1, 2, 3)
    stream = source.throttle(clock, 2.0)
    assert (list(stream.ready()), source.taken) == ([1], 1)
    clock.advance(1.9)
    assert (stream.poll(), source.taken) == (PENDING, 1)
    clock.advance(0.1)
    assert (taken(stream), source.taken) == ([2], 2)
    clock.advance(20.0)
    assert taken(stream) == [3]


def test_a_throttle_does_not_delay_who_comes_seldom(clock: ManualClock) -> None:
    source = ManualSource[int]()
    stream, wakes = source.throttle(clock, 2.0), Wakes()
    for number in range(3):
        assert (stream.poll(wakes), source.parked, clock.waiting) == (PENDING, True, 0)
        source.push(number)
        assert (wakes.count, stream.poll()) == (number + 1, number)
        clock.advance(2.0)


def test_a_throttle_asks_nothing_of_its_source_before_the_time(clock: ManualClock) -> None:
    source, wakes = ManualSource(1, 2), Wakes()
    stream = source.throttle(clock, 2.0)
    assert [stream.poll(wakes), stream.poll(wakes), source.polls, source.parked] == [1, PENDING, 1, False]
    clock.advance(2.0)
    assert (wakes.count, stream.poll()) == (1, 2)


# A timeout.


def test_a_timeout_is_told_once_and_the_stream_goes_on(clock: ManualClock) -> None:
    source = ManualSource[int]()
    stream = source.timeout(clock, 2.0)
    assert stream.poll() is PENDING
    clock.advance(2.0)
    assert is_timeout(stream.poll())
    clock.advance(9.0)
    assert stream.poll() is PENDING
    source.push(1)
    assert [stream.poll(), stream.poll()] == [1, PENDING]
    clock.advance(2.0)
    assert is_timeout(stream.poll())


def test_the_time_of_a_timeout_runs_from_the_first_poll_and_then_from_each_item(clock: ManualClock) -> None:
    source = ManualSource[int]()
    stream = source.timeout(clock, 2.0)
    clock.advance(9.0)
    assert stream.poll() is PENDING
    clock.advance(1.9)
    source.push(1)
    assert [stream.poll(), stream.poll()] == [1, PENDING]
    clock.advance(1.9)
    assert stream.poll() is PENDING
    clock.advance(0.1)
    assert is_timeout(stream.poll())


def test_an_item_that_is_there_is_given_though_the_time_is_over(clock: ManualClock) -> None:
    source = ManualSource[int]()
    stream = source.timeout(clock, 2.0)
    stream.poll()
    clock.advance(9.0)
    source.push(1)
    assert [stream.poll(), stream.poll()] == [1, PENDING]


def test_whichever_comes_first_wakes_who_waits_for_a_timeout_and_only_once(clock: ManualClock) -> None:
    source, wakes = ManualSource[int](), Wakes()
    stream = source.timeout(clock, 2.0)
    assert stream.poll(wakes) is PENDING
    source.push(1)
    clock.advance(2.0)
    assert (wakes.count, stream.poll(wakes), clock.waiting) == (1, 1, 0)
    assert stream.poll(wakes) is PENDING
    clock.advance(2.0)
    source.push(2)
    assert wakes.count == 2


def test_a_timeout_that_is_told_before_its_timer_rang_leaves_no_timer(clock: ManualClock) -> None:
    stream = ManualSource[int]().timeout(clock, 2.0)
    stream.poll(Wakes())
    clock._now_s += 2.0
    assert is_timeout(stream.poll())
    assert clock.waiting == 0


def test_after_a_timeout_was_told_an_item_still_wakes(clock: ManualClock) -> None:
    source, wakes = ManualSource[int](), Wakes()
    stream = source.timeout(clock, 2.0)
    stream.poll()
    clock.advance(2.0)
    assert is_timeout(stream.poll())
    assert (stream.poll(wakes), clock.waiting) == (PENDING, 0)
    source.push(1)
    assert wakes.count == 1


# The event loop is a clock as well.


async def test_the_event_loop_is_a_clock() -> None:
    loop = asyncio.get_running_loop()
    beats = interval(loop, 0.001, "burst").take(3)
    throttled = from_iter("ab").throttle(loop, 0.001)
    assert [await beats.collect(), await throttled.collect()] == [[0, 1, 2], ["a", "b"]]
    assert is_timeout(await pending().timeout(loop, 0.001).first())
