"""Stages over several sources, and those that gather: what is asked of whom and when, and what is held.

What all stages promise stands in test_stages.py, what becomes of it all when something fails in test_stages_failing.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Stream, empty, from_iter, interval, once, pending
from pelton.streams.testing import ManualClock, ManualSource
from tests.streams.fakes import Counting, Wakes, inbox_of, taken

# Chain, zip, take_until and flatten.


def test_chain_asks_the_second_stream_only_when_the_first_is_at_its_end() -> None:
    first, second = ManualSource(1), Counting(from_iter([2]))
    stream = first.chain(second)
    assert [stream.poll(), stream.poll(), second.polls] == [1, PENDING, 0]
    first.end()
    assert [stream.poll(), stream.poll()] == [2, CLOSED]


def test_chain_takes_up_the_second_stream_within_one_round_of_ready() -> None:
    assert list(from_iter([1]).chain(empty()).chain(from_iter([2, 3])).ready()) == [1, 2, 3]


def test_chain_counts_the_limit_of_ready_over_both_streams() -> None:
    stream = from_iter([1, 2]).chain(from_iter([3, 4, 5]))
    assert [list(stream.ready(3)), list(stream.ready(1)), list(stream.ready(9))] == [[1, 2, 3], [4], [5]]


def test_chain_wakes_who_waits_for_the_second_stream() -> None:
    second, wakes = ManualSource[int](), Wakes()
    stream = empty().chain(second)
    assert (stream.poll(wakes), second.parked) == (PENDING, True)
    second.push(1)
    assert (wakes.count, stream.poll()) == (1, 1)


def test_zip_holds_what_has_no_partner_yet() -> None:
    left, right = ManualSource(1, 2), ManualSource[int]()
    stream = left.zip(right)
    assert (stream.poll(), stream.poll(), left.taken) == (PENDING, PENDING, 1)
    right.push(7, 8)
    assert taken(stream) == [(1, 7), (2, 8)]


def test_zip_pairs_items_that_are_none() -> None:
    assert list(once(None).zip(once(None)).ready()) == [(None, None)]


def test_zip_sees_the_end_of_either_side_while_the_other_has_nothing() -> None:
    for ended in (0, 1):
        sides = ManualSource[int](), ManualSource[int]()
        wakes = Wakes()
        stream = sides[0].zip(sides[1])
        assert stream.poll(wakes) is PENDING
        sides[ended].end()
        assert (wakes.count, stream.poll()) == (1, CLOSED)
        assert sides[1 - ended].closed


def test_zip_wakes_its_consumer_once_when_both_sides_have_something() -> None:
    left, right, wakes = ManualSource[int](), ManualSource[int](), Wakes()
    stream = left.zip(right)
    stream.poll(wakes)
    right.push(2)
    left.push(1)
    assert (wakes.count, stream.poll()) == (1, (1, 2))


def test_take_until_takes_nothing_that_is_ready_together_with_the_signal() -> None:
    for drive in (taken, lambda stream: list(stream.ready())):
        source = ManualSource(1, 2)
        assert drive(source.take_until(once("stop"))) == []
        assert (source.taken, bool(source.closed)) == (0, True)


def test_take_until_ends_when_the_signal_comes_in_the_middle_of_ready() -> None:
    source, signal = ManualSource(1, 2, 3), ManualSource[str]()
    given: list[int] = []
    for item in source.take_until(signal).ready():
        given.append(item)
        if item == 2:
            signal.push("stop")
    assert (given, source.taken, bool(source.closed), bool(signal.closed)) == ([1, 2], 2, True, True)


@pytest.mark.parametrize("stop", [lambda signal: signal.push("stop"), lambda signal: signal.end()])
def test_take_until_wakes_who_waits_when_the_signal_comes(stop: Callable[[ManualSource[str]], None]) -> None:
    signal, wakes = ManualSource[str](), Wakes()
    stream = pending().take_until(signal)
    assert stream.poll(wakes) is PENDING
    stop(signal)
    assert (wakes.count, stream.poll()) == (1, CLOSED)


def test_take_until_ends_with_its_source_and_lets_go_of_the_signal() -> None:
    signal = ManualSource[str]()
    assert taken(from_iter([1]).take_until(signal)) == [1]
    assert signal.closed


def test_flatten_asks_for_the_next_inner_stream_when_the_last_is_at_its_end() -> None:
    first, second = ManualSource(1), ManualSource(2)
    outer = ManualSource(first, second)
    stream = outer.flatten()
    assert [stream.poll(), stream.poll()] == [1, PENDING]
    assert outer.taken == 1
    first.end()
    assert [stream.poll(), stream.poll(), outer.taken] == [2, PENDING, 2]


def test_flatten_waits_at_the_inner_stream_and_then_at_the_outer_one() -> None:
    inner, outer, wakes = ManualSource[int](), ManualSource[Stream[int]](), Wakes()
    stream = outer.flatten()
    assert (stream.poll(wakes), outer.parked) == (PENDING, True)
    outer.push(inner)
    assert (stream.poll(wakes), inner.parked, outer.parked) == (PENDING, True, False)
    inner.end()
    assert (stream.poll(wakes), outer.parked, wakes.count) == (PENDING, True, 2)


def test_flatten_gives_the_last_inner_stream_to_its_end_though_the_outer_one_is_over() -> None:
    stream = from_iter([ManualSource(1, 2)]).flatten()
    assert list(stream.ready()) == [1, 2]
    assert (stream.finished, stream.poll()) == (False, PENDING)


def test_forget_lets_another_consumer_in_whatever_the_stage_waits_for() -> None:
    inner, clock = ManualSource[int](), ManualClock()
    waiting: list[Stream[Any]] = [
        ManualSource[int]().zip(ManualSource[int]()),
        ManualSource[int]().take_until(ManualSource[int]()),
        from_iter([inner]).flatten(),
        ManualSource[int]().peekable(),
        ManualSource[int]().timeout(clock, 1.0),
        interval(clock, 1.0).skip(1).throttle(clock, 1.0),
    ]
    for stream in waiting:
        assert stream.poll(Wakes()) is PENDING
        with pytest.raises(ConcurrentPoll):
            stream.poll(Wakes())
        stream.forget()
        assert stream.poll(Wakes()) is PENDING


# Peekable.


def test_peek_answers_what_the_next_poll_will_and_takes_one_item_from_the_source() -> None:
    source = ManualSource(1, 2)
    stream = source.peekable()
    assert [stream.peek(), stream.peek(), source.taken] == [1, 1, 1]
    assert [stream.poll(), stream.poll()] == [1, 2]


def test_peek_waits_and_ends_like_poll() -> None:
    source, wakes = ManualSource[int](), Wakes()
    stream = source.peekable()
    assert stream.peek(wakes) is PENDING
    source.push(1)
    assert (wakes.count, stream.peek()) == (1, 1)
    source.end()
    assert [stream.poll(), stream.peek(), stream.poll()] == [1, CLOSED, CLOSED]


def test_a_peeked_none_is_an_item() -> None:
    stream = once(None).peekable()
    assert [stream.peek(), stream.poll(), stream.poll()] == [None, None, CLOSED]


def test_ready_gives_the_peeked_item_first_and_counts_it() -> None:
    stream = ManualSource(1, 2, 3, 4).peekable()
    stream.peek()
    assert [list(stream.ready(0)), list(stream.ready(1)), list(stream.ready(2))] == [[], [1], [2, 3]]
    stream.peek()
    assert list(stream.ready()) == [4]


def test_peek_in_the_middle_of_ready_changes_no_order() -> None:
    stream = ManualSource(1, 2, 3, 4).peekable()
    assert [(item, stream.peek()) for item in stream.ready()] == [(1, 2), (2, 3), (3, 4), (4, PENDING)]


def test_a_peeked_item_keeps_the_stream_from_being_parked_or_finished() -> None:
    inbox = inbox_of([1])
    stream = inbox.peekable()
    assert (stream.peek(), stream.park(Wakes())) == (1, False)
    inbox.end()
    assert (inbox.finished, stream.finished, stream.poll(), stream.finished) == (True, False, 1, True)


def test_a_closed_peekable_has_let_go_of_the_peeked_item() -> None:
    stream = ManualSource(1, 2).peekable()
    stream.peek()
    stream.close()
    assert [stream.peek(), stream.poll()] == [CLOSED, CLOSED]


# Chunks.


def test_chunks_hold_what_is_not_a_whole_list_yet_over_every_way_of_driving() -> None:
    source = ManualSource(1, 2, 3)
    stream = source.chunks(2)
    assert (list(stream.ready()), stream.poll()) == ([[1, 2]], PENDING)
    source.push(4, 5)
    assert (stream.poll(), stream.poll()) == ([3, 4], PENDING)
    source.push(6)
    assert list(stream.ready(1)) == [[5, 6]]


def test_the_tail_of_chunks_comes_with_the_end_and_not_before() -> None:
    inbox, wakes = inbox_of([1, 2, 3]), Wakes()
    stream = inbox.chunks(2)
    assert [stream.poll(wakes), stream.poll(wakes), wakes.count] == [[1, 2], PENDING, 0]
    inbox.end()
    assert (wakes.count, inbox.finished, stream.finished) == (1, True, False)
    assert [stream.poll(), stream.poll(), stream.finished] == [[3], CLOSED, True]


def test_ready_gives_the_tail_of_chunks_only_if_the_source_is_at_its_end() -> None:
    source = ManualSource(1, 2, 3)
    stream = source.chunks(2)
    assert list(stream.ready()) == [[1, 2]]
    source.end()
    assert list(stream.ready()) == [[3]]


def test_the_end_of_chunks_holds_back_no_tail_from_a_chain() -> None:
    assert list(from_iter([1, 2, 3]).chunks(2).chain(once("end")).ready()) == [[1, 2], [3], "end"]


def test_closed_chunks_have_let_go_of_what_they_held() -> None:
    for stream in (ManualSource(1).chunks(2), ManualSource(1, 2).ready_chunks(1)):
        stream.poll()
        stream.close()
        assert [stream.poll(), list(stream.ready()), stream.finished] == [CLOSED, [], True]
