"""What the stages of a source drop is charged like what they give, whoever drives; and a sweep minds a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from pelton.streams import PENDING, Merge, Stream, Waker
from tests.streams.fakes import Counting, Endless, Purse, Wakes, inbox_of, merge_of, standing, taken


def never(_: object) -> bool:
    return False


def flood(refuse_after: int = 10_000) -> Endless:
    """Always has the next number, and fails the test when it was asked so often that there is no bound."""

    def on_poll(_: Waker | None) -> None:
        assert source.polls <= refuse_after, "polled without end"

    source = Endless(on_poll)
    return source


@pytest.mark.parametrize("quantum", [1, 3, 4])
def test_a_source_that_only_drops_takes_no_more_than_its_quantum(quantum: int) -> None:
    source = flood()
    merge = merge_of(a=source.filter(never))
    assert list(merge.sweep(quantum, 99)) == []
    assert source.polls == merge.stats("a").dropped == quantum
    assert standing(merge) == ["a"], "it has more, and nobody will wake it"


def test_items_and_drops_together_are_the_quantum_exactly() -> None:
    inbox = inbox_of(range(20))
    merge = merge_of(a=inbox.filter(lambda number: number % 3 == 2))
    for sweep in range(4):
        served = list(merge.sweep(4, 99))
        assert served == [("a", number) for number in range(4 * sweep, 4 * sweep + 4) if number % 3 == 2]
        assert len(inbox) == 20 - 4 * (sweep + 1)


def test_items_and_drops_together_are_the_total_exactly() -> None:
    inboxes = [inbox_of(range(20)), inbox_of(range(20))]
    merge = merge_of(a=inboxes[0].filter(lambda number: number % 2), b=inboxes[1])
    list(merge.sweep(99, 7))
    assert sum(20 - len(inbox) for inbox in inboxes) == 7


def test_weight_scales_what_may_be_dropped() -> None:
    source = flood()
    merge: Merge[str, int] = Merge()
    merge.add("a", source.filter(never), weight=3)
    list(merge.sweep(2, 99))
    assert source.polls == 6


def test_what_waits_in_a_chunk_is_charged() -> None:
    inbox = inbox_of(range(10))
    merge: Merge[str, list[int]] = Merge()
    merge.add("a", inbox.chunks(3))
    assert [list(merge.sweep(2, 99)) for _ in range(4)] == [[], [("a", [0, 1, 2])], [("a", [3, 4, 5])], []]
    assert len(inbox) == 2


@pytest.mark.parametrize(
    "stage",
    [
        lambda source: source.filter(never),
        lambda source: source.filter_map(lambda _: None),
        lambda source: source.skip(1_000_000),
        lambda source: source.skip_while(lambda _: True),
        lambda source: source.map(lambda _: 7).dedup().filter(never),
        lambda source: source.chunks(1_000_000),
        lambda source: source.map(lambda _: inbox_of([])).map(closed).flatten(),
        lambda source: source.buffer(2, "drop_oldest").filter(never),
        lambda source: source.conflate(lambda _: 1).filter(never),
        lambda source: source.filter(never).map(abs).take(9).peekable(),
    ],
)
def test_no_stage_that_drops_lets_a_flood_exceed_the_quantum(stage: Callable[[Stream[int]], Stream[int]]) -> None:
    source = flood()
    merge = merge_of(a=stage(source), b=inbox_of([1]))
    assert [key for key, _ in merge.sweep(5, 99)] == ["b"]
    assert source.polls <= 5 + 2, "and what it holds, which is not charged"


def closed(stream: Stream[int]) -> Stream[int]:
    stream.close()
    return stream


def test_a_merge_in_a_merge_passes_the_charge_on() -> None:
    sources = [flood(), flood()]
    inner = merge_of(x=sources[0].filter(never), y=sources[1].filter(never))
    outer: Merge[str, object] = Merge()
    outer.add("inner", inner)
    for sweep in range(1, 4):
        assert list(outer.sweep(5, 99)) == []
        assert sum(source.polls for source in sources) == 5 * sweep
    assert min(source.polls for source in sources) > 0, "who ran out of credit stands behind"


def test_a_poll_without_a_budget_goes_on_until_there_is_an_item() -> None:
    inbox = inbox_of(range(9))
    merge = merge_of(a=inbox.filter(lambda number: number == 8))
    assert merge.poll(Wakes()) == ("a", 8)


@pytest.mark.parametrize("credit", [1, 2, 5])
def test_a_poll_on_a_budget_ends_with_it_and_the_next_one_goes_on(credit: int) -> None:
    inbox = inbox_of(range(9))
    merge = merge_of(a=inbox.filter(lambda number: number == 8))
    polls = 0
    while True:
        purse, before = Purse(credit), len(inbox)
        served = merge.poll(purse)
        if served is not PENDING:
            break
        polls += 1
        assert before - len(inbox) == credit
        assert purse.count == 1, "it was told that polling may help: nobody else will tell it"
    assert (served, polls) == (("a", 8), 8 // credit)


async def test_who_awaits_something_among_a_flood_of_unwanted_items_lets_others_run() -> None:
    source = flood()
    task = asyncio.ensure_future(source.filter(never).next())
    for turn in range(1, 5):
        await asyncio.sleep(0)
        assert 0 < source.polls <= 128 * turn
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])


async def test_who_awaits_gets_what_comes_after_a_flood_of_unwanted_items() -> None:
    source = flood()
    assert await source.filter(lambda number: number > 1000).next() == 1001


class Deadline:
    """Is over when it was asked so often."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked > self.after


@pytest.mark.parametrize("after", range(4))
def test_a_sweep_gives_one_item_more_than_it_was_told_to_go_on(after: int) -> None:
    merge = merge_of(a=inbox_of(range(9)), b=inbox_of(range(9)))
    served = list(merge.sweep(9, 99, Deadline(after)))
    assert [key for key, _ in served] == ["a", "b", "a", "b"][: after + 1]


def test_what_a_deadline_cut_off_is_still_there_and_the_next_sweep_goes_on_behind_it() -> None:
    merge = merge_of(a=inbox_of(range(2)), b=inbox_of(range(2)))
    served = [next(iter(merge.sweep(9, 99, Deadline(0)))) for _ in range(2)]
    assert [*served, *taken(merge)] == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


def test_a_deadline_is_not_asked_before_the_first_item_and_not_for_nothing() -> None:
    deadline = Deadline(0)
    merge = merge_of(a=Counting(inbox_of([])), b=inbox_of([1]))
    assert list(merge.sweep(9, 99, deadline)) == [("b", 1)]
    assert list(merge.sweep(9, 99, deadline)) == []
    assert deadline.asked <= 1


def test_a_deadline_also_ends_a_sweep_that_only_drops() -> None:
    sources = [flood(), flood()]
    merge = merge_of(a=sources[0].filter(never), b=sources[1].filter(never))
    list(merge.sweep(3, 99, Deadline(0)))
    assert [source.polls for source in sources] == [3, 0]
    list(merge.sweep(3, 99, Deadline(0)))
    assert [source.polls for source in sources] == [3, 3]


def test_who_ran_out_of_credit_stands_behind_who_has_some_left() -> None:
    """In front it would come first in every sweep; with a small total nobody else would be served."""
    merge = merge_of(a=flood().filter(never), b=inbox_of(range(9)), c=inbox_of(range(9)))
    assert [key for key, _ in merge.sweep(2, 5)] == ["b", "c", "b"]
    assert standing(merge) == ["c", "b", "a"]
    assert [key for key, _ in merge.sweep(2, 2)] == ["c", "b"]


def test_polls_in_the_middle_of_a_sweep_are_not_charged_to_it() -> None:
    merge = merge_of(a=inbox_of(range(9)).filter(lambda number: number % 2), b=inbox_of([]))
    sweep = merge.sweep(4, 99)
    assert (next(sweep), merge.poll(), list(sweep)) == (("a", 1), ("a", 3), [("a", 5)])
    assert merge.stats("a").dropped == 3
