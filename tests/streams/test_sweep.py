"""A sweep serves who is ready, fairly and within exact bounds, and may be broken off or interfered with at any item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.streams import PENDING, Inbox, Left, Merge, Offer, Poll, Stream, Waker
from tests.streams.fakes import Counting, Endless, Wakes, inbox_of, standing, taken


def merge_of(*depths: int) -> tuple[Merge[int, int], list[Inbox[int]]]:
    """A merge of inboxes under the keys 0, 1, ... that hold so many items."""
    merge: Merge[int, int] = Merge()
    inboxes = [inbox_of(range(depth)) for depth in depths]
    for key, inbox in enumerate(inboxes):
        merge.add(key, inbox)
    return merge, inboxes


def keys(merge: Merge[int, int], quantum: int, total: int) -> list[int]:
    return [key for key, _ in merge.sweep(quantum, total)]


def test_each_source_gives_one_item_a_round() -> None:
    merge, _ = merge_of(3, 1, 2)
    assert keys(merge, 9, 99) == [0, 1, 2, 0, 2, 0]


def test_no_source_gives_more_than_the_quantum() -> None:
    merge, inboxes = merge_of(5, 1, 3)
    assert keys(merge, 2, 99) == [0, 1, 2, 0, 2]
    assert [len(inbox) for inbox in inboxes] == [3, 0, 1]


def test_all_sources_give_no_more_than_the_total_and_the_next_one_starts_behind_the_last() -> None:
    merge, _ = merge_of(9, 9, 9)
    assert [keys(merge, 9, 4) for _ in range(3)] == [[0, 1, 2, 0], [1, 2, 0, 1], [2, 0, 1, 2]]


def test_who_ran_out_of_credit_stands_behind_who_did_not_get_his() -> None:
    merge, _ = merge_of(9, 9, 9)
    assert keys(merge, 1, 2) == [0, 1]
    assert keys(merge, 1, 2) == [2, 0]
    assert keys(merge, 1, 2) == [1, 2]


@pytest.mark.parametrize(("quantum", "total"), [(0, 9), (9, 0), (0, 0)])
def test_a_sweep_without_credit_takes_nothing_and_changes_no_place(quantum: int, total: int) -> None:
    merge, inboxes = merge_of(2, 2)
    assert keys(merge, quantum, total) == []
    assert sum(inbox.delivered for inbox in inboxes) == 0
    assert keys(merge, 9, 9) == [0, 1, 0, 1]


def test_a_sweep_ends_when_nothing_is_ready() -> None:
    merge, inboxes = merge_of(1, 0)
    assert keys(merge, 9, 9) == [0]
    assert keys(merge, 9, 9) == []
    inboxes[1].offer(1)
    assert keys(merge, 9, 9) == [1]


def test_a_sweep_is_lazy() -> None:
    merge, inboxes = merge_of(3, 3)
    sweep = merge.sweep(9, 9)
    assert [inbox.delivered for inbox in inboxes] == [0, 0]
    next(sweep)
    assert [inbox.delivered for inbox in inboxes] == [1, 0]


def test_credit_that_was_not_used_is_not_saved_up() -> None:
    merge, inboxes = merge_of(1)
    assert keys(merge, 3, 99) == [0]
    for number in range(9):
        inboxes[0].offer(number)
    assert keys(merge, 3, 99) == [0, 0, 0]


def test_weight_scales_the_visit_and_the_quantum() -> None:
    merge: Merge[str, int] = Merge()
    for key, weight in (("a", 1), ("b", 3)):
        merge.add(key, Endless(), weight)
    assert "".join(key for key, _ in merge.sweep(2, 99)) == "abbbabbb"


def test_weight_scales_the_share_of_who_polls_item_by_item() -> None:
    merge: Merge[str, int] = Merge()
    for key, weight in (("a", 1), ("b", 3)):
        merge.add(key, Endless(), weight)
    assert "".join(key for key, _ in merge.ready(8)) == "abbbabbb"


def test_a_visit_that_the_total_cut_short_is_completed_in_the_next_sweep() -> None:
    merge: Merge[str, int] = Merge()
    for key, weight in (("a", 3), ("b", 1)):
        merge.add(key, Endless(), weight)
    assert ["".join(key for key, _ in merge.sweep(9, 2)) for _ in range(4)] == ["aa", "ab", "aa", "ab"]


def test_three_sources_that_are_always_ready_differ_by_one_at_most_for_poll() -> None:
    merge: Merge[int, int] = Merge()
    for key in range(3):
        merge.add(key, Endless())
    counts: Counter[int] = Counter()
    for _ in range(3000):
        served = merge.poll()
        assert not isinstance(served, Poll)
        counts[served[0]] += 1
        assert max(counts.values()) - min(counts[key] for key in range(3)) <= 1
    assert counts == {0: 1000, 1: 1000, 2: 1000}


@given(st.lists(st.integers(1, 5), min_size=2, max_size=5), st.integers(1, 4), st.integers(1, 40))
def test_sources_that_are_always_ready_share_by_weight_however_sweeps_are_cut(
    weights: list[int], quantum: int, total: int
) -> None:
    merge: Merge[int, int] = Merge()
    for key, weight in enumerate(weights):
        merge.add(key, Endless(), weight)
    counts = [0] * len(weights)
    for _ in range(50):
        swept = Counter(keys(merge, quantum, total))
        assert swept.total() == min(total, quantum * sum(weights))
        for key, count in swept.items():
            assert count <= quantum * weights[key]
            counts[key] += count
        shares = [count / weight for count, weight in zip(counts, weights, strict=True)]
        assert max(shares) - min(shares) <= 1


def test_a_flood_does_not_delay_who_sends_little() -> None:
    merge, inboxes = merge_of(1000, 0)
    keys(merge, 4, 8)
    for number in range(50):
        inboxes[1].offer(number)
        assert 1 in keys(merge, 4, 8)


def test_the_cost_of_a_sweep_follows_who_is_ready() -> None:
    merge: Merge[int, int] = Merge()
    inboxes: list[Inbox[int]] = [Inbox(0, 9, 9) for _ in range(1000)]
    sources = [Counting(inbox.map(abs)) for inbox in inboxes]
    for key, source in enumerate(sources):
        merge.add(key, source)
    assert keys(merge, 4, 100) == []
    inboxes[7].offer(1)
    inboxes[500].offer(1)
    before = sum(source.polls for source in sources)
    assert keys(merge, 4, 100) == [7, 500]
    assert sum(source.polls for source in sources) - before == 2


def test_a_sweep_that_is_broken_off_loses_nothing_and_keeps_the_order() -> None:
    merge, inboxes = merge_of(3, 3, 3)
    for key, _ in merge.sweep(1, 9):
        if key == 1:
            break
    assert [inbox.delivered for inbox in inboxes] == [1, 1, 0]
    assert standing(merge) == [2, 0, 1]
    assert taken(merge) == [(2, 0), (0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize("count", range(8))
def test_wherever_a_sweep_is_broken_off_the_next_one_goes_on_from_there(count: int) -> None:
    merge, _ = merge_of(4, 4, 4)
    first = [key for key, _ in islice(merge.sweep(9, 99), count)]
    assert first + keys(merge, 9, 99) == [0, 1, 2] * 4


def test_an_error_in_the_loop_over_a_sweep_loses_nothing() -> None:
    merge, _ = merge_of(2, 2)

    def consume() -> None:
        for key, _ in merge.sweep(1, 9):
            if key == 1:
                raise LookupError

    with pytest.raises(LookupError):
        consume()
    assert taken(merge) == [(0, 1), (1, 1)]


def test_a_sweep_that_somebody_still_holds_hides_no_items() -> None:
    """Who broke off may keep the iterator in a variable; what it set aside must be found all the same."""
    merge, _ = merge_of(2, 1)
    sweep = merge.sweep(1, 9)
    next(sweep)
    next(sweep)
    assert merge.poll() == (0, 1)


def test_a_sweep_that_ends_late_wakes_whoever_waits_meanwhile() -> None:
    merge, _ = merge_of(2, 1)
    sweep = merge.sweep(1, 9)
    next(sweep)
    next(sweep)
    wakes = Wakes()
    parked = merge.poll(wakes) is PENDING
    sweep.close()
    assert not parked or wakes.count == 1


def test_a_poll_in_the_middle_does_not_stretch_the_quantum_of_the_sweep() -> None:
    merge, _ = merge_of(9)
    swept = 0
    for _ in merge.sweep(2, 9):
        swept += 1
        merge.poll()
    assert swept <= 2


def test_a_source_added_during_a_sweep_is_served_in_it() -> None:
    merge, _ = merge_of(2, 2)
    seen: list[int] = []
    for key, _ in merge.sweep(9, 99):
        seen.append(key)
        if len(seen) == 1:
            merge.add(7, inbox_of([1, 2]))
    assert seen == [0, 1, 0, 7, 1, 7]


def test_a_source_removed_during_a_sweep_is_not_polled_again() -> None:
    merge, inboxes = merge_of(3, 3, 3)
    seen: list[int] = []
    for key, _ in merge.sweep(9, 99):
        seen.append(key)
        if len(seen) == 2:
            merge.remove(0)  # it was served, and stands in the list
            merge.remove(2)  # it is next
    assert seen == [0, 1, 1, 1]
    assert [len(inbox) for inbox in inboxes] == [2, 0, 3]
    assert [inbox.offer(9) for inbox in inboxes] == [Offer.OK] * 3


def set_aside() -> tuple[Merge[int, int], list[Inbox[int]], Generator[tuple[int, object]]]:
    """A sweep under way that has set the sources 0 and 1 aside, since they ran out of credit, and has just served 2."""
    merge, inboxes = merge_of(3, 3)
    sweep = merge.sweep(1, 99)
    assert [next(sweep)[0], next(sweep)[0]] == [0, 1]
    inboxes.append(inbox_of([5, 6]))
    merge.add(2, inboxes[2])
    assert next(sweep)[0] == 2
    return merge, inboxes, sweep


def test_a_source_without_credit_that_was_removed_during_the_sweep_is_polled_no_more() -> None:
    merge, inboxes, sweep = set_aside()
    merge.remove(0)
    sweep.close()
    assert sorted(key for key, _ in taken(merge)) == [1, 1, 2]
    assert len(inboxes[0]) == 2


def test_what_a_sweep_has_set_aside_is_found_by_the_next_one_even_if_somebody_still_holds_it() -> None:
    merge, _, held = set_aside()
    assert sorted(keys(merge, 1, 99)) == [0, 1, 2]
    held.close()


def test_what_a_sweep_has_set_aside_is_found_by_poll_even_if_somebody_still_holds_it() -> None:
    merge, _, held = set_aside()
    assert sorted(key for key, _ in taken(merge)) == [0, 0, 1, 1, 2]
    held.close()


def test_a_new_sweep_ends_the_old_one() -> None:
    merge, inboxes = merge_of(9, 9)
    old = merge.sweep(9, 99)
    next(old)
    assert keys(merge, 1, 99) == [1, 0]
    assert list(old) == []
    assert [len(inbox) for inbox in inboxes] == [7, 8]


@pytest.mark.parametrize("total", [2, 99])
def test_who_ran_out_of_credit_stands_before_who_becomes_ready_later(total: int) -> None:
    merge, inboxes = merge_of(2, 2, 0)
    assert merge.remove(2) is inboxes[2]
    assert keys(merge, 1, total) == [0, 1]
    merge.add(2, inboxes[2])
    inboxes[2].offer(9)
    assert keys(merge, 1, 99) == [0, 1, 2]


def test_a_source_without_credit_may_be_removed_and_come_back_during_the_sweep() -> None:
    merge, _ = merge_of(3, 2)
    seen: list[int] = []
    for key, _ in merge.sweep(1, 99):
        seen.append(key)
        if seen == [0, 1]:
            merge.add(0, merge.remove(0))
    assert seen == [0, 1, 0], "a new source has new credit"
    assert taken(merge) == [(1, 1), (0, 2)]


def test_a_merge_closed_during_a_sweep_ends_it() -> None:
    merge, inboxes = merge_of(3, 3)
    seen: list[int] = []
    for key, _ in merge.sweep(9, 99):
        seen.append(key)
        merge.close()
    assert seen == [0]
    assert [inbox.abandoned for inbox in inboxes] == [2, 3]


def test_what_is_offered_during_a_sweep_comes_within_the_bounds() -> None:
    merge, inboxes = merge_of(1, 1)
    swept: Counter[int] = Counter()
    for key, _ in merge.sweep(3, 99):
        swept[key] += 1
        inboxes[key].offer(9)
    assert swept == {0: 3, 1: 3}


def test_an_end_and_an_error_cost_credit_like_an_item() -> None:
    merge, inboxes = merge_of(1, 1, 1)
    for inbox in inboxes:
        inbox.end()
    assert list(merge.sweep(9, 4)) == [(0, 0), (1, 0), (2, 0), (0, Left())]
    assert list(merge.sweep(9, 1)) == [(1, Left())]
    assert len(merge) == 1


def test_a_source_that_wakes_itself_while_it_has_items_gets_no_more_than_the_quantum() -> None:
    """A stage may poll two inputs, and be woken by one of them while it takes from the other."""
    merge: Merge[str, int] = Merge()
    merge.add("a", Endless(on_poll=lambda waker: waker() if waker else None))
    merge.add("b", Endless())
    assert Counter(key for key, _ in merge.sweep(3, 100)) == {"a": 3, "b": 3}


def test_a_source_that_wakes_itself_while_it_has_items_stands_in_the_ready_list_once() -> None:
    merge: Merge[str, int] = Merge()
    merge.add("a", Endless(on_poll=lambda waker: waker() if waker else None))
    for _ in range(3):
        merge.poll()
        assert standing(merge) == ["a"]


class Yielding(Stream[int]):
    """Pretends for a thousand polls that polling again may help, as a stream that paces itself would."""

    def __init__(self) -> None:
        self.polls = 0

    def poll(self, waker: Waker | None = None) -> Poll:
        self.polls += 1
        if waker is not None and self.polls < 1000:
            waker()
        return PENDING

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.mark.parametrize("by", ["sweep", "poll"])
def test_a_source_that_wakes_itself_without_an_item_is_polled_once_a_sweep(by: str) -> None:
    """Fruitless polls are bounded by what stood in the ready list; the rest of the tick belongs to the others."""
    source = Yielding()
    merge: Merge[str, int] = Merge()
    merge.add("a", source)
    if by == "sweep":
        assert list(merge.sweep(4, 100)) == []
    else:
        assert merge.poll() is PENDING
    assert source.polls <= 2


def test_a_source_that_wakes_itself_from_within_a_fruitless_poll_is_polled_again_in_time() -> None:
    """Whoever parks on the merge must not be left there while a source stands in the ready list."""
    source = Yielding()
    merge: Merge[str, int] = Merge()
    merge.add("a", source)
    wakes = Wakes()
    assert merge.poll(wakes) is PENDING
    assert (wakes.count, standing(merge)) == (1, ["a"])
