"""Rows of `map`, `filter` and `filter_map`, which are driven as one: by poll, by `ready`, and by both in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeAlias

import pytest

from pelton.streams import CLOSED, PENDING, Inbox, Merge, Poll, Stream, from_iter
from tests.streams.fakes import Counting, Purse, Wakes, inbox_of

Numbers: TypeAlias = Stream[int]


def by_poll(stream: Numbers) -> Iterator[int]:
    while not isinstance(item := stream.poll(), Poll):
        yield item


def by_ready(stream: Numbers) -> Iterator[int]:
    return stream.ready()


def by_sweep(stream: Numbers) -> Iterator[int]:
    merge: Merge[str, Any] = Merge()
    merge.add("key", stream)
    return (item for _, item in merge.sweep(99, 99) if isinstance(item, int))


each_drive = pytest.mark.parametrize("drive", [by_poll, by_ready, by_sweep])


def odd(number: int) -> bool:
    return number % 2 == 1


def doubled(number: int) -> int:
    return number * 2


def raised(number: int) -> int:
    return number + 1


def small(number: int) -> int | None:
    return number if number < 12 else None


def row(source: Numbers) -> Numbers:
    return source.filter(odd).map(doubled).map(raised).filter_map(small)


@each_drive
def test_a_row_does_what_its_stages_say_in_their_order(drive: Callable[[Numbers], Iterator[int]]) -> None:
    assert list(drive(row(inbox_of(range(9))))) == [3, 7, 11]
    assert list(drive(row(Counting(inbox_of(range(9)))))) == [3, 7, 11], "over a stream that has to be polled"
    assert list(drive(inbox_of(range(4)).map(doubled).map(raised).filter(odd))) == [1, 3, 5, 7]


@each_drive
def test_two_rows_of_one_shape_have_their_own_functions(drive: Callable[[Numbers], Iterator[int]]) -> None:
    one, other = (inbox_of([1, 2]).map(function).map(function) for function in (doubled, raised))
    assert (list(drive(one)), list(drive(other))) == ([4, 8], [3, 4])


def test_a_stage_in_the_middle_of_a_row_may_be_driven_itself() -> None:
    middle = inbox_of(range(9)).filter(odd).map(doubled)
    whole = middle.map(raised)
    assert [middle.poll(), whole.poll(), *islice(middle.ready(), 1), *whole.ready()] == [2, 7, 10, 15]


def test_an_item_that_is_dropped_is_charged_and_nothing_behind_it_is_taken() -> None:
    inbox, purse = inbox_of([0, 2, 4, 5]), Purse(2)
    stream = inbox.map(int).filter(odd).map(raised)
    assert (stream.poll(purse), len(inbox), purse.count) == (PENDING, 2, 1)
    assert (list(stream.ready(1)), len(inbox)) == ([], 1), "the limit counts what is taken"
    assert stream.poll() == 6


def test_a_row_waits_at_its_end() -> None:
    inbox: Inbox[int] = Inbox(0, 10, 10)
    stream, wakes = row(inbox), Wakes()
    assert (stream.poll(wakes), stream.park(wakes)) == (PENDING, True)
    inbox.offer(1)
    assert (wakes.count, stream.park(wakes), stream.poll(wakes)) == (1, False, 3)


def test_a_stage_that_is_closed_in_the_middle_ends_the_row() -> None:
    inbox = inbox_of(range(9))
    middle = inbox.filter(odd)
    stream = middle.map(doubled)
    assert stream.poll() == 2
    middle.close()
    assert ([*stream.ready(), stream.poll(), stream.poll()], stream.park(Wakes())) == ([CLOSED, CLOSED], False)
    assert inbox.abandoned == 7


def test_who_closes_a_row_from_within_it_gets_what_was_under_way_and_no_more() -> None:
    inbox = inbox_of(range(9))

    def close_at_two(number: int) -> int:
        if number == 2:
            stream.close()
        return number

    stream: Numbers = inbox.map(close_at_two).map(raised)
    assert [*stream.ready()] == [1, 2, 3]
    assert (stream.poll(), inbox.abandoned) == (CLOSED, 6)


def explode_at_seven(number: int) -> int:
    if number == 7:
        raise LookupError(number)
    return number


@pytest.mark.parametrize("drive", [by_poll, by_ready])
@pytest.mark.parametrize("make", [inbox_of, from_iter])
def test_a_row_that_raises_is_closed_from_end_to_end(
    make: Callable[[list[int]], Numbers], drive: Callable[[Numbers], Iterator[int]]
) -> None:
    source = Counting(make([3, 5, 7, 9]))
    stream = source.filter(odd).map(explode_at_seven).map(doubled)
    items = drive(stream)
    assert [next(items), next(items)] == [6, 10]
    with pytest.raises(LookupError):
        next(items)
    assert source.closes == 1
    assert [*stream.ready(), stream.poll()] == [CLOSED]


def test_an_error_of_closing_travels_with_the_one_that_closed() -> None:
    class Stuck(Counting[int]):
        def close(self) -> None:
            raise OSError("stuck")

    for drive in (by_poll, by_ready):
        with pytest.raises(BaseExceptionGroup) as group:
            list(drive(Stuck(inbox_of([7])).map(explode_at_seven).map(doubled)))
        assert [type(error) for error in group.value.exceptions] == [LookupError, OSError]


def test_who_breaks_off_goes_on_where_he_stopped() -> None:
    inbox = inbox_of(range(9))
    stream = row(inbox)
    for item in stream.ready():
        assert item == 3
        break
    assert (len(inbox), [*stream.ready()]) == (7, [7, 11])


def test_a_row_that_was_not_driven_yet_has_done_nothing() -> None:
    inbox = inbox_of(range(3))
    looked: list[int] = []
    stream = inbox.map(looked.append).map(str)
    stream.ready()
    assert (looked, len(inbox)) == ([], 3)
