"""What a merge counts: of each source since it was added, and of all since the beginning."""

from __future__ import annotations

import pytest

from pelton.streams import PENDING, Err, Left, Merge, MergeStats, SourceStats
from tests.streams.fakes import Script, empty, inbox_of, merge_of, taken


def is_even(number: int) -> bool:
    return number % 2 == 0


def test_a_source_that_was_not_asked_yet_may_have_something() -> None:
    merge = merge_of(a=empty())
    assert merge.stats("a") == SourceStats(delivered=0, dropped=0, fruitless=0, ready=True)


def test_items_drops_and_polls_in_vain_are_counted_apart() -> None:
    merge = merge_of(a=inbox_of(range(5)).filter(is_even), b=empty())
    assert taken(merge) == [("a", 0), ("a", 2), ("a", 4)]
    assert merge.stats("a") == SourceStats(delivered=3, dropped=2, fruitless=0, ready=False)
    assert merge.stats("b") == SourceStats(delivered=0, dropped=0, fruitless=1, ready=False)


@pytest.mark.parametrize("by", ["poll", "sweep"])
def test_both_ways_of_driving_count_alike(by: str) -> None:
    error = OSError("gone")
    inbox = inbox_of([7])
    inbox.end()
    merge = merge_of(a=inbox_of(range(4)).filter(is_even), b=Script(1, PENDING), c=inbox, d=Script(error))
    served = taken(merge) if by == "poll" else list(merge.sweep(9, 99))
    assert sorted(served, key=repr) == sorted(
        [("a", 0), ("a", 2), ("b", 1), ("c", 7), ("c", Left()), ("d", Err(error))], key=repr
    )
    assert merge.totals() == MergeStats(sources=2, ready=0, delivered=4, dropped=2, fruitless=2, ended=1, failed=1)


def test_a_source_that_is_woken_is_ready_again() -> None:
    inbox = empty()
    merge = merge_of(a=inbox)
    taken(merge)
    assert (merge.stats("a").ready, merge.totals().ready) == (False, 0)
    inbox.offer(1)
    assert (merge.stats("a").ready, merge.totals().ready) == (True, 1)


def test_who_ran_out_of_credit_is_still_ready_also_while_the_sweep_runs() -> None:
    merge = merge_of(a=inbox_of(range(3)), b=inbox_of(range(3)))
    sweep = merge.sweep(1, 9)
    assert [next(sweep)[0], next(sweep)[0]] == ["a", "b"]
    merge.add("c", inbox_of([1]))
    assert next(sweep)[0] == "c"
    assert merge.totals().ready == 2
    assert merge.stats("a").ready
    sweep.close()
    assert merge.totals().ready == 2


def test_what_sources_did_that_are_gone_stays_in_the_totals() -> None:
    inbox = inbox_of(range(3))
    merge = merge_of(a=inbox.filter(is_even), b=inbox_of([1]))
    taken(merge)
    inbox.end()
    before = merge.totals()
    assert taken(merge) == [("a", Left())]
    after = merge.totals()
    assert (after.delivered, after.dropped, after.fruitless) == (3, 1, before.fruitless)
    assert (after.sources, after.ended, after.failed) == (1, 1, 0)
    with pytest.raises(KeyError):
        merge.stats("a")


def test_a_source_that_was_removed_neither_ended_nor_failed_and_counts_anew_when_it_comes_back() -> None:
    merge = merge_of(a=inbox_of(range(4)))
    assert [merge.poll(), merge.poll()] == [("a", 0), ("a", 1)]
    merge.add("a", merge.remove("a"))
    assert merge.stats("a") == SourceStats(delivered=0, dropped=0, fruitless=0, ready=True)
    assert merge.poll() == ("a", 2)
    assert merge.stats("a").delivered == 1
    totals = merge.totals()
    assert (totals.sources, totals.delivered, totals.ended, totals.failed) == (1, 3, 0, 0)


def test_closing_is_no_end_of_the_sources_and_keeps_the_totals() -> None:
    merge = merge_of(a=inbox_of(range(3)).filter(is_even), b=empty())
    taken(merge)
    merge.close()
    assert merge.totals() == MergeStats(sources=0, ready=0, delivered=2, dropped=1, fruitless=1, ended=0, failed=0)


@pytest.mark.parametrize("by", ["poll", "sweep"])
def test_an_item_by_which_a_source_took_itself_out_counts(by: str) -> None:
    merge: Merge[str, int] = Merge()

    def leave(number: int) -> int:
        merge.remove("a")
        return number

    merge.add("a", inbox_of([1, 2]).map(leave))
    assert (merge.poll() if by == "poll" else next(merge.sweep(9, 9))) == ("a", 1)
    assert (merge.totals().sources, merge.totals().delivered) == (0, 1)
