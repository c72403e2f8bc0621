"""The push side: three marks, one consumer, and an account of everything offered."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Inbox, Offer
from tests.streams.fakes import Wakes, inbox_of, taken

End = Callable[[Inbox[int]], None]
ENDS = pytest.mark.parametrize("end", [Inbox.end, Inbox.close], ids=["end", "close"])


@pytest.mark.parametrize(("low", "high", "hard"), [(-1, 1, 1), (1, 1, 2), (2, 1, 3), (0, 3, 2), (0, 0, 1), (0, 0, 0)])
def test_marks_that_cannot_work_are_refused(low: int, high: int, hard: int) -> None:
    with pytest.raises(ValueError, match="low < high <= hard"):
        Inbox(low, high, hard)


def test_marks_may_touch_where_that_works() -> None:
    inbox: Inbox[int] = Inbox(0, 1, 1)
    assert inbox.offer(1) is Offer.PAUSE
    assert inbox.offer(2) is Offer.SHED


def test_items_come_out_in_the_order_they_went_in() -> None:
    inbox = inbox_of(range(10))
    assert taken(inbox) == list(range(10))
    assert inbox.poll() is PENDING


def test_up_to_high_an_offer_is_ok_from_there_it_is_pause_and_at_hard_it_is_shed() -> None:
    inbox: Inbox[int] = Inbox(low=1, high=3, hard=5)
    answers = [inbox.offer(number) for number in range(7)]
    assert answers == [Offer.OK, Offer.OK, Offer.PAUSE, Offer.PAUSE, Offer.PAUSE, Offer.SHED, Offer.SHED]
    assert (len(inbox), inbox.accepted, inbox.shed) == (5, 5, 2)
    assert taken(inbox) == [0, 1, 2, 3, 4], "what is shed is the newest"


def test_room_that_was_made_is_offered_again() -> None:
    inbox = inbox_of(range(3), low=0, high=2, hard=3)
    assert inbox.offer(3) is Offer.SHED
    assert inbox.poll() == 0
    assert inbox.offer(4) is Offer.PAUSE
    assert taken(inbox) == [1, 2, 4]


def test_on_low_is_called_once_at_the_low_mark_and_not_before() -> None:
    lows = Wakes()
    inbox: Inbox[int] = Inbox(low=2, high=4, hard=8, on_low=lows)
    for number in range(6):
        inbox.offer(number)
    counts: list[tuple[int, int]] = []
    for _ in range(6):
        inbox.poll()
        counts.append((len(inbox), lows.count))
    assert counts == [(5, 0), (4, 0), (3, 0), (2, 1), (1, 1), (0, 1)]


def test_pause_has_hysteresis() -> None:
    lows = Wakes()
    inbox: Inbox[int] = Inbox(low=1, high=3, hard=9, on_low=lows)
    for number in range(3):
        inbox.offer(number)
    for _ in range(5):  # between the marks nothing changes
        inbox.poll()
        assert inbox.paused
        inbox.offer(9)
    assert lows.count == 0
    inbox.poll()
    inbox.poll()
    assert (inbox.paused, lows.count) == (False, 1)
    inbox.poll()
    inbox.offer(9)
    inbox.poll()
    assert lows.count == 1, "without a PAUSE there is nothing to resume"


def test_every_pause_is_answered_by_one_on_low() -> None:
    lows = Wakes()
    inbox: Inbox[int] = Inbox(low=0, high=2, hard=4, on_low=lows)
    for times in range(1, 6):
        while inbox.offer(times) is not Offer.PAUSE:
            pass
        taken(inbox)
        assert lows.count == times


def test_a_producer_that_refills_from_on_low_loses_nothing() -> None:
    numbers = iter(range(100))

    def refill() -> None:
        while (number := next(numbers, None)) is not None and inbox.offer(number) is Offer.OK:
            pass

    inbox: Inbox[int] = Inbox(low=1, high=3, hard=3, on_low=refill)
    refill()
    assert taken(inbox) == list(range(100))
    assert inbox.shed == 0


def test_on_low_may_close_the_inbox() -> None:
    def close() -> None:
        inbox.close()

    inbox: Inbox[int] = Inbox(low=1, high=3, hard=3, on_low=close)
    for number in range(3):
        inbox.offer(number)
    assert list(inbox.ready()) == [0, 1]
    assert inbox.poll() is CLOSED
    assert inbox.abandoned == 1


def test_the_waker_is_called_once_for_many_offers_and_then_forgotten() -> None:
    inbox: Inbox[int] = Inbox(0, 10, 10)
    wakes = Wakes()
    assert inbox.poll(wakes) is PENDING
    assert wakes.count == 0
    for number in range(3):
        inbox.offer(number)
        assert wakes.count == 1
    assert taken(inbox) == [0, 1, 2]
    inbox.offer(3)
    assert wakes.count == 1, "PENDING without a waker parks nobody"


def test_a_poll_that_takes_an_item_parks_nobody() -> None:
    inbox = inbox_of([1])
    wakes = Wakes()
    assert inbox.poll(wakes) == 1
    inbox.offer(2)
    assert wakes.count == 0


def test_the_item_is_there_when_the_waker_is_called() -> None:
    inbox: Inbox[int] = Inbox(0, 10, 10)
    seen: list[int] = []
    inbox.poll(lambda: seen.append(len(inbox)))
    inbox.offer(1)
    assert seen == [1]


def test_an_offer_that_is_shed_wakes_nobody() -> None:
    inbox: Inbox[int] = Inbox(0, 1, 1)
    wakes = Wakes()
    inbox.poll(wakes)
    inbox.offer(1)
    inbox.offer(2)
    assert wakes.count == 1


@ENDS
def test_an_end_wakes_the_consumer_once(end: End) -> None:
    inbox: Inbox[int] = Inbox(0, 10, 10)
    wakes = Wakes()
    inbox.poll(wakes)
    end(inbox)
    end(inbox)
    assert wakes.count == 1
    assert inbox.poll() is CLOSED


def test_a_second_consumer_is_refused_and_the_first_one_stays() -> None:
    inbox: Inbox[int] = Inbox(0, 10, 10)
    first, second = Wakes(), Wakes()
    inbox.poll(first)
    with pytest.raises(ConcurrentPoll, match="Inbox already has a consumer") as caught:
        inbox.poll(second)
    assert caught.value.stream is inbox
    inbox.offer(1)
    assert (first.count, second.count) == (1, 0)
    assert inbox.poll(second) == 1
    assert inbox.poll(second) is PENDING, "the first one is no longer parked"


def test_the_same_consumer_may_poll_again_before_it_was_woken() -> None:
    inbox: Inbox[int] = Inbox(0, 10, 10)
    wakes = Wakes()
    assert inbox.poll(wakes) is PENDING
    assert inbox.poll(wakes) is PENDING
    inbox.offer(1)
    assert wakes.count == 1


def test_a_bound_method_is_the_same_consumer_each_time() -> None:
    """Each look-up of a method makes a new object; they are equal, but not the same."""
    inbox: Inbox[int] = Inbox(0, 10, 10)
    wakes = Wakes()
    assert inbox.poll(wakes.__call__) is PENDING
    assert inbox.poll(wakes.__call__) is PENDING
    inbox.offer(1)
    assert wakes.count == 1


def test_forget_lets_another_consumer_in() -> None:
    inbox: Inbox[int] = Inbox(0, 10, 10)
    first, second = Wakes(), Wakes()
    inbox.poll(first)
    inbox.forget()
    assert inbox.poll(second) is PENDING
    inbox.offer(1)
    assert (first.count, second.count) == (0, 1)


def test_park_stores_the_waker_if_nothing_is_there() -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)
    wakes = Wakes()
    assert inbox.park(wakes)
    assert wakes.count == 0
    inbox.offer(1)
    inbox.offer(2)
    assert wakes.count == 1


@ENDS
def test_a_parked_waker_hears_of_the_end(end: End) -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)
    wakes = Wakes()
    assert inbox.park(wakes)
    end(inbox)
    assert wakes.count == 1


def test_park_declines_if_there_is_an_item_or_an_end() -> None:
    inbox = inbox_of([1])
    wakes = Wakes()
    assert not inbox.park(wakes)
    inbox.poll()
    inbox.end(OSError("gone"))
    assert not inbox.park(wakes)
    assert wakes.count == 0, "nobody is parked, so nobody is woken"


def test_park_refuses_a_second_consumer() -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)
    first = Wakes()
    assert inbox.park(first)
    assert inbox.park(first)
    with pytest.raises(ConcurrentPoll):
        inbox.park(Wakes())
    inbox.offer(1)
    assert first.count == 1


def test_what_is_queued_at_the_end_is_still_delivered() -> None:
    inbox = inbox_of([1, 2])
    inbox.end()
    assert inbox.offer(3) is Offer.CLOSED
    assert [inbox.poll() for _ in range(4)] == [1, 2, CLOSED, CLOSED]
    assert (inbox.accepted, inbox.delivered, inbox.shed, inbox.abandoned) == (2, 2, 0, 0)


def test_an_error_at_the_end_is_raised_once_behind_the_items() -> None:
    inbox = inbox_of([1])
    error = OSError("gone")
    inbox.end(error)
    assert inbox.poll() == 1
    with pytest.raises(OSError, match="gone") as caught:
        inbox.poll()
    assert caught.value is error
    assert [inbox.poll(), inbox.poll()] == [CLOSED, CLOSED]


def test_the_first_end_counts() -> None:
    inbox: Inbox[int] = Inbox(0, 1, 1)
    inbox.end()
    inbox.end(OSError("too late"))
    assert inbox.poll() is CLOSED


def test_a_closed_inbox_lets_go_of_its_items_and_raises_no_error() -> None:
    lows = Wakes()
    inbox: Inbox[int] = Inbox(0, 2, 9, on_low=lows)
    for number in range(3):
        inbox.offer(number)
    inbox.end(OSError("never seen"))
    inbox.poll()
    inbox.close()
    assert (len(inbox), inbox.paused, inbox.abandoned, inbox.delivered) == (0, False, 2, 1)
    assert inbox.offer(9) is Offer.CLOSED
    assert (inbox.poll(), list(inbox.ready())) == (CLOSED, [])
    inbox.close()
    assert (inbox.abandoned, lows.count) == (2, 1), "the producer that paused was told, once"


def test_ready_is_lazy_and_takes_only_what_is_asked_for() -> None:
    inbox = inbox_of(range(5))
    ready = inbox.ready()
    assert len(inbox) == 5, "nothing happens before the first item is asked for"
    assert list(islice(ready, 2)) == [0, 1]
    assert (len(inbox), inbox.delivered) == (3, 2)
    assert taken(inbox) == [2, 3, 4]


@pytest.mark.parametrize(("limit", "expected"), [(None, 5), (0, 0), (3, 3), (5, 5), (9, 5)])
def test_ready_takes_at_most_its_limit(limit: int | None, expected: int) -> None:
    inbox = inbox_of(range(5))
    assert list(inbox.ready(limit)) == list(range(expected))
    assert len(inbox) == 5 - expected


def test_ready_ends_when_the_inbox_is_closed_meanwhile() -> None:
    inbox = inbox_of(range(5))
    seen: list[int] = []
    for number in inbox.ready():
        seen.append(number)
        if number == 2:
            inbox.close()
    assert (seen, inbox.abandoned) == ([0, 1, 2], 2)


def test_ready_takes_what_was_there_and_leaves_what_is_offered_meanwhile() -> None:
    inbox = inbox_of(range(3))
    seen = [number for number in inbox.ready() if inbox.offer(number + 10) is Offer.OK]
    assert (seen, taken(inbox)) == ([0, 1, 2], [10, 11, 12])


def test_ready_calls_on_low_as_poll_does() -> None:
    lows = Wakes()
    inbox: Inbox[int] = Inbox(0, 2, 2, on_low=lows)
    inbox.offer(1)
    inbox.offer(2)
    list(inbox.ready())
    assert lows.count == 1


def test_an_error_at_the_end_reaches_who_drives_with_ready() -> None:
    """All ways of driving a stream must agree, or an error is never seen by who uses one of them only."""
    inbox = inbox_of([1, 2])
    inbox.end(OSError("gone"))
    seen: list[int] = []

    def drive() -> None:
        for _ in range(3):
            for item in inbox.ready():
                seen.append(item)  # noqa: PERF402 - extend would lose them with the raise

    with pytest.raises(OSError, match="gone"):
        drive()
    assert seen == [1, 2]
    assert inbox.poll() is CLOSED


def test_a_raise_from_on_low_loses_no_item() -> None:
    """Either the item comes out, or the inbox is closed and the item counts as abandoned."""

    def fail() -> None:
        raise OSError("cannot resume")

    inbox: Inbox[int] = Inbox(0, 1, 1, on_low=fail)
    inbox.offer(1)
    came_out: list[object] = []
    try:
        came_out.append(inbox.poll())
    except OSError:
        assert inbox.poll() is CLOSED, "who raises from poll is closed"
    assert inbox.delivered == len(came_out)
    assert inbox.accepted == inbox.delivered + len(inbox) + inbox.abandoned


@given(st.lists(st.integers(-3, 4), max_size=60), st.integers(0, 4), st.integers(1, 4), st.integers(0, 4))
def test_everything_offered_is_accounted_for(steps: list[int], low: int, above: int, more: int) -> None:
    """A positive step offers so many, a negative one polls."""
    high, hard = low + above, low + above + more
    inbox: Inbox[int] = Inbox(low, high, hard)
    offered = 0
    expected: list[int] = []
    for step in steps:
        for _ in range(step):
            offered += 1
            if inbox.offer(offered) is not Offer.SHED:
                expected.append(offered)
        for _ in range(-step):
            assert inbox.poll() == (expected.pop(0) if expected else PENDING)
        assert len(inbox) == len(expected) <= hard
        assert inbox.accepted == inbox.delivered + len(inbox)
        assert offered == inbox.accepted + inbox.shed
        assert inbox.paused or len(inbox) < high
        assert not inbox.paused or len(inbox) > low
