"""What tests of streams are moved by: a clock that stands still, and a source that gives what it was given."""

from __future__ import annotations

from functools import partial

import pytest

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, interval
from pelton.streams.testing import ManualClock, ManualSource
from tests.streams.fakes import Wakes


def test_the_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock()
    assert (clock.time(), clock.time()) == (0.0, 0.0)
    clock.advance(1.5)
    clock.advance(0.25)
    assert clock.time() == 1.75


def test_the_clock_may_begin_at_any_time() -> None:
    assert ManualClock(100.0).time() == 100.0


def test_a_call_is_made_when_its_time_is_reached_and_not_before_and_once() -> None:
    clock, calls = ManualClock(), Wakes()
    clock.call_at(2.0, calls)
    assert clock.waiting == 1
    clock.advance(1.75)
    assert calls.count == 0
    clock.advance(0.25)
    assert (calls.count, clock.waiting) == (1, 0)
    clock.advance(9)
    assert calls.count == 1


def test_calls_are_made_in_the_order_of_their_times_and_each_sees_its_own() -> None:
    clock = ManualClock()
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, clock.time()))

    for name, when in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        clock.call_at(when, partial(note, name))
    clock.advance(10)
    assert seen == [("a", 1.0), ("b", 2.0), ("c", 3.0)]
    assert clock.time() == 10


def test_calls_at_the_same_time_are_made_in_the_order_in_which_they_were_asked_for() -> None:
    clock, seen = ManualClock(), list[int]()
    for number in range(5):
        clock.call_at(1.0, partial(seen.append, number))
    clock.advance(1)
    assert seen == [0, 1, 2, 3, 4]


def test_a_call_that_was_cancelled_is_not_made() -> None:
    clock, calls = ManualClock(), Wakes()
    clock.call_at(1.0, calls).cancel()
    kept = clock.call_at(1.0, calls)
    assert clock.waiting == 1
    clock.advance(1)
    assert calls.count == 1
    kept.cancel()


def test_a_call_may_cancel_another_that_is_due_as_well() -> None:
    clock, calls = ManualClock(), Wakes()
    later = clock.call_at(2.0, calls)
    clock.call_at(1.0, later.cancel)
    clock.advance(5)
    assert calls.count == 0


def test_a_call_that_asks_for_another_gets_it_in_the_same_advance_if_it_is_due() -> None:
    clock, seen = ManualClock(), list[float]()

    def again() -> None:
        seen.append(clock.time())
        clock.call_at(clock.time() + 1, again)

    clock.call_at(1.0, again)
    clock.advance(3.5)
    assert seen == [1.0, 2.0, 3.0]
    assert clock.waiting == 1


def test_a_call_for_a_time_that_is_over_is_made_by_the_next_advance() -> None:
    clock, calls = ManualClock(10.0), Wakes()
    clock.call_at(5.0, calls)
    assert calls.count == 0
    clock.advance(0)
    assert (calls.count, clock.time()) == (1, 10.0)


def test_the_clock_moves_a_stream_that_knows_of_time() -> None:
    clock, wakes = ManualClock(), Wakes()
    beats = interval(clock, 0.5)
    assert beats.poll() == 0
    assert beats.poll(wakes) is PENDING
    clock.advance(0.5)
    assert (wakes.count, beats.poll()) == (1, 1)


def test_a_source_gives_what_was_pushed_and_counts() -> None:
    source = ManualSource(1, 2)
    source.push(3)
    assert [source.poll(), source.poll(), source.poll(), source.poll()] == [1, 2, 3, PENDING]
    assert (source.polls, source.taken, source.closed) == (4, 3, 0)


def test_a_source_tells_whether_somebody_waits_and_wakes_him_once() -> None:
    source, wakes = ManualSource[int](), Wakes()
    source.poll()
    assert not source.parked, "PENDING without a waker parks nobody"
    assert source.poll(wakes) is PENDING
    assert (source.parked, wakes.count) == (True, 0)
    source.push(1, 2)
    source.push(3)
    assert (source.parked, wakes.count) == (False, 1)


def test_a_source_ends_behind_what_was_pushed() -> None:
    source, wakes = ManualSource[int](), Wakes()
    source.poll(wakes)
    source.end()
    assert wakes.count == 1
    assert [source.poll(), source.poll()] == [CLOSED, CLOSED]
    late = ManualSource(1)
    late.end()
    assert [late.poll(), late.poll()] == [1, CLOSED]


def test_nothing_comes_after_the_end_of_a_source() -> None:
    """A source that is not fused itself could not show who is."""
    source = ManualSource[int]()
    source.end()
    source.push(1)
    assert source.poll() is CLOSED


def test_a_source_that_failed_raises_once_behind_what_was_pushed() -> None:
    source, wakes = ManualSource[int](), Wakes()
    source.poll(wakes)
    source.push(1)
    source.poll()
    source.poll(wakes)
    source.fail(OSError("gone"))
    assert wakes.count == 2
    with pytest.raises(OSError, match="gone"):
        source.poll()
    assert [source.poll(), source.poll()] == [CLOSED, CLOSED]


def test_a_closed_source_lets_go_of_everything_and_tells_who_waits() -> None:
    source, wakes = ManualSource[int](), Wakes()
    source.poll(wakes)
    source.close()
    source.push(1)
    assert (wakes.count, source.closed, source.poll()) == (1, 1, CLOSED)
    full = ManualSource(1)
    full.fail(OSError("never seen"))
    full.close()
    full.close()
    assert (full.closed, full.poll()) == (2, CLOSED)


def test_a_source_has_one_consumer_until_it_is_told_to_forget_him() -> None:
    source, first, second = ManualSource[int](), Wakes(), Wakes()
    source.poll(first)
    assert source.poll(first) is PENDING
    with pytest.raises(ConcurrentPoll):
        source.poll(second)
    source.forget()
    assert source.poll(second) is PENDING
    source.push(1)
    assert (first.count, second.count) == (0, 1)


def test_a_source_has_no_short_cuts() -> None:
    """Who relies on `park` or on a `ready` of the source's own would fail over other streams."""
    source = ManualSource(1, 2)
    assert not source.park(Wakes())
    assert list(source.ready()) == [1, 2]
    assert source.polls == 3
