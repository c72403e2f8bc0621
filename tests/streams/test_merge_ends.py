"""How a merge ends: when it is closed, or, if it was told so, when its last source is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pelton.streams import CLOSED, PENDING, Err, Left, Merge, Poll, Stream, Waker
from tests.streams.fakes import Script, Wakes, empty, inbox_of, standing, taken


def until_empty(**sources: Stream[int]) -> Merge[str, int]:
    merge: Merge[str, int] = Merge(until="empty")
    for key, stream in sources.items():
        merge.add(key, stream)
    return merge


def ended(*items: int) -> Stream[int]:
    inbox = inbox_of(items)
    inbox.end()
    return inbox


def test_a_merge_until_closed_outlives_its_sources() -> None:
    merge: Merge[str, int] = Merge()
    merge.add("a", ended())
    assert [merge.poll(), merge.poll(), merge.finished] == [("a", Left()), PENDING, False]
    merge.add("b", inbox_of([1]))
    assert merge.poll() == ("b", 1)


def test_a_merge_until_empty_ends_behind_the_goodbye_of_its_last_source() -> None:
    merge = until_empty(a=ended(1), b=Script(2, OSError("gone")))
    served = taken(merge)
    assert served[:3] == [("a", 1), ("b", 2), ("a", Left())]
    assert isinstance(served[3][1], Err)
    assert [merge.poll(), merge.poll(Wakes()), merge.finished] == [CLOSED, CLOSED, True]


def test_a_merge_until_empty_that_never_had_a_source_is_at_its_end() -> None:
    assert until_empty().poll() is CLOSED


def test_a_merge_until_empty_waits_for_a_source_that_may_still_have_something() -> None:
    inbox = empty()
    merge = until_empty(a=inbox, b=ended())
    assert taken(merge) == [("b", Left())]
    wakes = Wakes()
    assert merge.poll(wakes) is PENDING
    inbox.end()
    assert wakes.count == 1
    assert [merge.poll(), merge.poll()] == [("a", Left()), CLOSED]


def test_who_waits_for_a_merge_until_empty_is_told_when_the_last_source_is_removed() -> None:
    merge = until_empty(a=empty(), b=empty())
    wakes = Wakes()
    assert merge.poll(wakes) is PENDING
    merge.remove("a")
    assert wakes.count == 0
    merge.remove("b")
    assert (wakes.count, merge.poll(wakes)) == (1, CLOSED)


def test_who_waits_for_a_merge_until_closed_is_not_told_that_the_last_source_was_removed() -> None:
    merge: Merge[str, int] = Merge()
    merge.add("a", empty())
    wakes = Wakes()
    assert merge.poll(wakes) is PENDING
    merge.remove("a")
    assert (wakes.count, merge.poll(wakes)) == (0, PENDING)


def test_a_merge_until_empty_that_ended_takes_no_sources() -> None:
    merge = until_empty(a=ended())
    assert taken(merge) == [("a", Left())]
    with pytest.raises(ValueError, match="takes no sources"):
        merge.add("b", empty())


def test_a_sweep_gives_the_last_goodbye_and_the_next_poll_tells_the_end() -> None:
    merge = until_empty(a=ended(1))
    assert list(merge.sweep(9, 9)) == [("a", 1), ("a", Left())]
    assert list(merge.sweep(9, 9)) == []
    assert merge.poll() is CLOSED


def test_ready_finds_the_end_as_poll_does() -> None:
    merge = until_empty(a=ended(1))
    assert list(merge.ready()) == [("a", 1), ("a", Left())]
    assert merge.finished


async def test_async_for_over_a_merge_until_empty_comes_to_an_end() -> None:
    assert [served async for served in until_empty(a=ended(1), b=ended(2))] == [
        ("a", 1),
        ("b", 2),
        ("a", Left()),
        ("b", Left()),
    ]


def test_a_merge_in_a_merge_ends_with_its_last_source() -> None:
    outer: Merge[str, object] = Merge(until="empty")
    outer.add("inner", until_empty(a=ended(1)))
    assert taken(outer) == [("inner", ("a", 1)), ("inner", ("a", Left())), ("inner", Left())]
    assert outer.poll() is CLOSED


@pytest.mark.parametrize(
    "stage",
    [
        lambda source: source,
        lambda source: source.map(abs).filter(lambda _: True),
        lambda source: source.chunks(2),
        lambda source: source.take(5).buffer(2),
    ],
)
def test_the_goodbye_says_why_whatever_stands_above_the_source(stage: Callable[[Stream[int]], Stream[object]]) -> None:
    inbox = empty()
    merge: Merge[str, object] = Merge()
    merge.add("a", stage(inbox))
    taken(merge)
    inbox.end(reason="kicked")
    assert taken(merge) == [("a", Left("kicked"))]


class ClosesTheMerge(Stream[int]):
    """Closes the merge that it is in from within its own poll, and has nothing."""

    def __init__(self, merge: Merge[str, int]) -> None:
        self.merge = merge

    def poll(self, waker: Waker | None = None) -> int | Poll:
        self.merge.close()
        return PENDING


def test_whoever_polls_a_merge_that_is_closed_meanwhile_is_told_and_does_not_wait() -> None:
    merge: Merge[str, int] = Merge()
    merge.add("a", ClosesTheMerge(merge))
    assert merge.poll(Wakes()) is CLOSED


@pytest.mark.parametrize("take", [lambda merge: next(merge.sweep(4, 99)), lambda merge: merge.poll()])
def test_a_source_whose_poll_is_interrupted_keeps_a_place(take: Callable[[Merge[str, Any]], Any]) -> None:
    """Ctrl-C is no error of the source, and may come at any time."""
    merge: Merge[str, Any] = Merge()
    merge.add("a", Interrupted(1))
    with pytest.raises(KeyboardInterrupt):
        take(merge)
    assert standing(merge) == ["a"]
    assert take(merge) == ("a", 1)


class Interrupted(Script):
    """The first poll is interrupted; the next ones answer."""

    def __init__(self, *answers: object) -> None:
        super().__init__(*answers)
        self.interrupted = False

    def poll(self, waker: Waker | None = None) -> Any:
        if not self.interrupted:
            self.interrupted = True
            raise KeyboardInterrupt
        return super().poll(waker)
