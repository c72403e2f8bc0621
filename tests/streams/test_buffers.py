"""Buffers and conflation: what is held, what waits at the source, what is dropped, and where a gap is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.streams import CLOSED, BufferOverflow, Lagged, Poll, Stream, from_iter
from pelton.streams.buffers import INTAKE_MAX
from pelton.streams.testing import ManualSource
from tests.streams.fakes import Endless, Wakes, taken

each_dropping = pytest.mark.parametrize("overflow", ["drop_oldest", "drop_newest"])
Dropping = Literal["drop_oldest", "drop_newest"]


# Buffers.


def test_a_buffer_that_suspends_leaves_what_it_cannot_hold_with_the_source() -> None:
    source = ManualSource(1, 2, 3, 4)
    stream = source.buffer(2)
    assert (stream.poll(), source.taken) == (1, 2)
    assert (stream.poll(), source.taken) == (2, 3)
    assert (taken(stream), source.taken) == ([3, 4], 4)


def test_a_buffer_that_drops_the_oldest_tells_of_the_gap_ahead_of_the_rest() -> None:
    assert list(from_iter(range(5)).buffer(2, "drop_oldest").ready()) == [Lagged(3), 3, 4]


def test_a_buffer_that_drops_the_newest_tells_of_the_gap_behind_the_others() -> None:
    assert list(from_iter(range(5)).buffer(2, "drop_newest").ready()) == [0, 1, Lagged(3)]


@each_dropping
def test_a_buffer_that_drops_holds_back_nothing_that_has_room(overflow: Dropping) -> None:
    assert list(from_iter(range(5)).buffer(5, overflow).ready()) == [0, 1, 2, 3, 4]


def test_a_gap_takes_no_place_of_an_item() -> None:
    source = ManualSource(1, 2, 3)
    stream = source.buffer(2, "drop_newest")
    assert stream.poll() == 1
    source.push(4)
    assert taken(stream) == [2, Lagged(1), 4]


def test_a_buffer_that_may_not_drop_raises_after_what_it_holds() -> None:
    source = ManualSource(1, 2, 3)
    stream = source.buffer(2, "fail")
    assert [stream.poll(), stream.poll()] == [1, 2]
    with pytest.raises(BufferOverflow, match="the 2 items"):
        stream.poll()
    assert (stream.poll(), bool(source.closed)) == (CLOSED, True)


def test_a_buffer_that_may_not_drop_does_not_mind_being_full() -> None:
    source = ManualSource(1, 2)
    stream = source.buffer(2, "fail")
    assert taken(stream) == [1, 2]
    source.push(3, 4)
    source.end()
    assert (taken(stream), stream.poll()) == ([3, 4], CLOSED)


def test_what_a_buffer_holds_at_the_end_is_given_and_the_source_is_not_asked_again() -> None:
    source = ManualSource(1, 2, 3)
    source.end()
    stream = source.buffer(9)
    assert (stream.poll(), source.polls) == (1, 4)
    assert (stream.park(Wakes()), stream.finished) == (False, False)
    assert ([stream.poll(), stream.poll(), stream.poll()], source.polls) == ([2, 3, CLOSED], 4)


@pytest.mark.parametrize("overflow", ["suspend", "drop_oldest", "drop_newest", "fail"])
def test_a_closed_buffer_has_let_go_of_what_it_held(overflow: Any) -> None:
    stream = ManualSource(1, 2).buffer(2, overflow)
    stream.poll()
    stream.close()
    assert [stream.poll(), *stream.ready()] == [CLOSED]


@each_dropping
def test_a_closed_buffer_tells_of_no_gap(overflow: Dropping) -> None:
    stream = ManualSource(1, 2, 3, 4).buffer(1, overflow)
    assert stream.poll() in (Lagged(3), 1)
    stream.close()
    assert [stream.poll(), *stream.ready()] == [CLOSED]


HOLDING: dict[str, Callable[[Stream[int]], Stream[Any]]] = {
    "drop_oldest": lambda source: source.buffer(2, "drop_oldest"),
    "drop_newest": lambda source: source.buffer(2, "drop_newest"),
    "conflate": lambda source: source.conflate(lambda _: "key"),
}
each_holding = pytest.mark.parametrize("make", HOLDING.values(), ids=HOLDING)


@each_holding
def test_a_source_that_never_runs_dry_does_not_hold_up_a_poll(make: Callable[[Stream[int]], Stream[Any]]) -> None:
    source = Endless()
    stream = make(source)
    stream.poll()
    stream.poll()
    assert source.polls <= 2 * INTAKE_MAX


@each_holding
@pytest.mark.parametrize("per_poll", [1, 2, 5])
def test_items_get_through_however_long_the_overload(make: Callable[[Stream[int]], Stream[Any]], per_poll: int) -> None:
    """The gaps may not take all of the consumer's turns: after one that was told, there is an item."""
    source = ManualSource(*range(10))
    stream, number, items, turns = make(source), 10, 0, 40
    for _ in range(turns):
        items += isinstance(stream.poll(), int)
        source.push(*range(number, number + per_poll))
        number += per_poll
    assert items >= turns // 2


@each_holding
def test_items_get_through_though_the_source_never_runs_dry(make: Callable[[Stream[int]], Stream[Any]]) -> None:
    stream = make(Endless())
    assert sum(isinstance(stream.poll(), int) for _ in range(20)) >= 10


steps = st.lists(st.one_of(st.integers(1, 8), st.integers(-6, -1)), max_size=40)
untimed = settings(deadline=None)  # how long an example takes is not tested here


@untimed
@given(steps, st.integers(1, 4), st.sampled_from(["suspend", "drop_oldest", "drop_newest"]))
def test_a_gap_stands_where_the_items_are_missing_and_says_how_many(steps: list[int], size: int, overflow: Any) -> None:
    """A positive step pushes so many, a negative one polls."""
    source, number, given = ManualSource[int](), 0, list[int | Lagged]()
    stream = source.buffer(size, overflow)
    for step in steps:
        source.push(*range(number, number + max(step, 0)))
        number += max(step, 0)
        for _ in range(-step):
            item = stream.poll()
            given += [] if isinstance(item, Poll) else [item]
        assert overflow != "suspend" or source.taken - len(given) <= size
    source.end()
    given += taken(stream)
    expected = 0
    for item in given:
        assert isinstance(item, Lagged) or item == expected
        expected += item.count if isinstance(item, Lagged) else 1
    assert expected == number == source.taken


# Conflation.


def letter(text: str) -> str:
    return text[0]


def test_conflate_gives_the_latest_of_a_key_in_the_place_of_the_first() -> None:
    source = ManualSource("a1", "b1", "a2", "c1", "a3")
    stream = source.conflate(letter)
    assert (stream.poll(), stream.conflated) == ("a3", 2)
    assert taken(stream) == ["b1", "c1"]


def test_a_key_whose_item_was_given_queues_anew() -> None:
    source = ManualSource("a1", "b1")
    stream = source.conflate(letter)
    assert stream.poll() == "a1"
    source.push("a2", "b2")
    assert taken(stream) == ["b2", "a2"]


def test_conflate_can_make_one_item_of_two() -> None:
    stream = from_iter(["a1", "b1", "a2", "a3"]).conflate(letter, lambda old, new: f"{old}{new}")
    assert list(stream.ready()) == ["a1a2a3", "b1"]


def test_more_keys_than_conflate_may_hold_wait_at_the_source() -> None:
    source = ManualSource("a1", "a2", "b1", "c1", "b2")
    stream = source.conflate(letter, size=2)
    assert (stream.poll(), source.taken) == ("a2", 3)
    assert (stream.poll(), source.taken) == ("b1", 4)
    assert (taken(stream), source.taken) == (["c1", "b2"], 5)


def test_a_key_may_be_none() -> None:
    assert list(from_iter([1, 2]).conflate(lambda _: None).ready()) == [2]


def test_a_merge_function_that_raises_ends_the_stream_after_what_is_held() -> None:
    def quarrel(old: str, new: str) -> str:
        raise LookupError(old + new)

    source = ManualSource("a1", "b1", "a2")
    stream = source.conflate(letter, quarrel)
    assert [stream.poll(), stream.poll()] == ["a1", "b1"]
    with pytest.raises(LookupError, match="a1a2"):
        stream.poll()
    assert (stream.poll(), bool(source.closed)) == (CLOSED, True)


@untimed
@given(st.lists(st.one_of(st.sampled_from("abc"), st.integers(1, 3)), max_size=60), st.integers(1, 3))
def test_all_that_conflate_took_is_given_or_counted_or_held(steps: list[str | int], size: int) -> None:
    """A letter pushes an item under it, a number polls so often."""
    source = ManualSource[tuple[str, int]]()
    stream = source.conflate(lambda item: item[0], size=size)
    given: list[tuple[str, int]] = []
    for number, step in enumerate(steps):
        if isinstance(step, str):
            source.push((step, number))
            continue
        for _ in range(step):
            item = stream.poll()
            given += [] if isinstance(item, Poll) else [item]
        assert 0 <= source.taken - len(given) - stream.conflated <= size
    source.end()
    given += stream.ready()
    assert source.taken == len(given) + stream.conflated == sum(isinstance(step, str) for step in steps)
    for key in "abc":
        numbers = [number for other, number in given if other == key]
        assert numbers == sorted(numbers), "in order under each key"
        last = max((number for number, step in enumerate(steps) if step == key), default=None)
        assert numbers[-1:] == ([] if last is None else [last]), "the latest is never lost"
