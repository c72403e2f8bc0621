"""Who waits for a merge is woken in time, once, and never for nothing; who is waited for is not asked meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Err, Inbox, Left, Merge, Poll, Stream, Waker
from tests.streams.fakes import Counting, Wakes, empty, inbox_of, merge_of, standing, taken

Event: TypeAlias = Callable[[Merge[str, int], Inbox[int]], None]


def test_the_merge_is_woken_once_by_the_first_of_many() -> None:
    inboxes = {key: empty() for key in "abc"}
    merge = merge_of(**inboxes)
    wakes = Wakes()
    assert merge.poll(wakes) is PENDING
    for inbox in inboxes.values():
        inbox.offer(1)
        inbox.offer(2)
    assert wakes.count == 1


def offer(_: Merge[str, int], inbox: Inbox[int]) -> None:
    inbox.offer(1)


def end(_: Merge[str, int], inbox: Inbox[int]) -> None:
    inbox.end()


def fail(_: Merge[str, int], inbox: Inbox[int]) -> None:
    inbox.end(OSError("gone"))


def close_source(_: Merge[str, int], inbox: Inbox[int]) -> None:
    inbox.close()


def add(merge: Merge[str, int], _: Inbox[int]) -> None:
    merge.add("b", Inbox(0, 1, 1))


def close(merge: Merge[str, int], _: Inbox[int]) -> None:
    merge.close()


@pytest.mark.parametrize("event", [offer, end, fail, close_source, add, close])
def test_whoever_waits_for_a_merge_is_woken(event: Event) -> None:
    inbox = empty()
    merge = merge_of(a=inbox)
    wakes = Wakes()
    assert merge.poll(wakes) is PENDING
    assert merge.poll(wakes) is PENDING, "the same consumer may poll again"
    assert wakes.count == 0
    event(merge, inbox)
    assert wakes.count == 1


def test_a_poll_that_takes_an_item_parks_nobody() -> None:
    merge = merge_of(a=inbox_of([1]))
    wakes = Wakes()
    assert merge.poll(wakes) == ("a", 1)
    merge.add("b", empty())
    assert wakes.count == 0


def test_a_second_consumer_is_refused_and_the_first_one_stays() -> None:
    inbox = empty()
    merge = merge_of(a=inbox)
    first, second = Wakes(), Wakes()
    merge.poll(first)
    with pytest.raises(ConcurrentPoll, match="Merge already has a consumer"):
        merge.poll(second)
    inbox.offer(1)
    assert (first.count, second.count) == (1, 0)


def test_a_bound_method_is_the_same_consumer_each_time() -> None:
    merge = merge_of()
    wakes = Wakes()
    assert merge.poll(wakes.__call__) is PENDING
    assert merge.poll(wakes.__call__) is PENDING


def test_forget_lets_another_consumer_in() -> None:
    merge = merge_of()
    first, second = Wakes(), Wakes()
    merge.poll(first)
    merge.forget()
    assert merge.poll(second) is PENDING
    merge.add("a", inbox_of([1]))
    assert (first.count, second.count) == (0, 1)


def test_a_parked_source_is_polled_only_after_it_was_woken() -> None:
    inbox = empty()
    source = Counting(inbox)
    merge = merge_of(a=source)
    for _ in range(5):
        taken(merge)
    assert source.polls == 1
    inbox.offer(1)
    inbox.offer(2)
    assert taken(merge) == [("a", 1), ("a", 2)]
    assert (source.polls, source.fruitless) == (3, 1), "an inbox parks without a poll that finds nothing"


def test_a_source_that_cannot_park_is_polled_once_more_and_then_left_alone() -> None:
    class Unsure(Counting[int]):
        def park(self, waker: Waker) -> bool:
            return False

    source = Unsure(inbox_of([1]))
    merge = merge_of(a=source)
    for _ in range(5):
        taken(merge)
    assert (source.polls, source.fruitless) == (2, 1)


@pytest.mark.parametrize("event", [offer, end, fail, close_source])
def test_a_source_that_parked_behind_its_last_item_is_heard_again(
    event: Event,
) -> None:
    inbox = inbox_of([7])
    merge = merge_of(a=inbox)
    assert taken(merge) == [("a", 7)]
    wakes = Wakes()
    assert merge.poll(wakes) is PENDING
    event(merge, inbox)
    assert (wakes.count, standing(merge)) == (1, ["a"])


def test_an_item_offered_to_another_source_from_within_a_poll_wakes_whoever_waits() -> None:
    late = empty()

    def pass_on(number: int) -> int | None:
        late.offer(number)
        return None

    early = empty()
    merge = merge_of(late=late, early=early.filter_map(pass_on))
    wakes = Wakes()
    assert merge.poll(wakes) is PENDING
    early.offer(1)
    assert (wakes.count, merge.poll(wakes)) == (1, ("late", 1))


class WakesAndEnds(Stream[int]):
    """Calls the waker from within the very poll that ends it, as a stage does that closes what it waits for."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def poll(self, waker: Waker | None = None) -> int | Poll:
        if waker is not None:
            waker()
        if self.error is not None:
            raise self.error
        return CLOSED


@pytest.mark.parametrize("swept", [True, False])
@pytest.mark.parametrize("error", [None, OSError("gone")])
def test_a_source_that_wakes_the_merge_while_it_ends_ends_once(error: Exception | None, swept: bool) -> None:
    merge: Merge[str, int] = Merge()
    merge.add("a", WakesAndEnds(error))
    last = Left() if error is None else Err(error)
    if swept:
        assert list(merge.sweep(10, 10)) == [("a", last)]
        assert list(merge.sweep(10, 10)) == []
    else:
        assert merge.poll() == ("a", last)
        assert merge.poll() is PENDING
    assert standing(merge) == []
    totals = merge.totals()
    assert (totals.ended, totals.failed, totals.sources, totals.ready) == (error is None, error is not None, 0, 0)
