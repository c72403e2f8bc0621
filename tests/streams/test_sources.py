"""Sources of what is there already: taken when asked for and not before, closed with what they stand on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

import pytest

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Stream, empty, from_iter, once, pending, repeat_with, unfold
from pelton.streams.testing import StreamContract
from tests.streams.fakes import Wakes, taken


class Tale:
    """A generator of 0, 1, 2, ... that tells how far it ran and whether it was closed."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.made = self.closed = 0
        self.fails_at = fails_at

    def numbers(self) -> Generator[int]:
        try:
            while True:
                if self.made == self.fails_at:
                    raise LookupError("torn page")
                self.made += 1
                yield self.made - 1
        finally:
            self.closed += 1


def below(count: int) -> Callable[[int], tuple[int, int] | None]:
    return lambda state: (state, state + 1) if state < count else None


FINITE: dict[str, tuple[Callable[[], Stream[Any]], list[object]]] = {
    "once": (lambda: once(1), [1]),
    "once, None": (lambda: once(None), [None]),
    "empty": (empty, []),
    "from_iter": (lambda: from_iter([3, 1, 2]), [3, 1, 2]),
    "from_iter of an iterator": (lambda: from_iter(iter("ab")), ["a", "b"]),
    "from_iter of a generator": (lambda: from_iter(number for number in range(3)), [0, 1, 2]),
    "repeat_with": (lambda: repeat_with(lambda: 7).take(3), [7, 7, 7]),
    "unfold": (lambda: unfold(0, below(3)), [0, 1, 2]),
    "unfold of nothing": (lambda: unfold(0, below(0)), []),
}


@pytest.mark.parametrize(("make", "gives"), FINITE.values(), ids=FINITE)
def test_every_source_keeps_the_contract_of_streams(make: Callable[[], Stream[Any]], gives: list[object]) -> None:
    StreamContract().source(make, gives)


DRIVES: dict[str, Callable[[Stream[Any]], object]] = {
    "poll": taken,
    "ready": lambda stream: list(stream.ready()),
    "collect": lambda stream: asyncio.run(stream.collect()),
}
each_drive = pytest.mark.parametrize("drive", DRIVES.values(), ids=DRIVES)


# From what is there.


def test_an_iterable_is_not_even_begun_before_the_first_item_is_asked_for() -> None:
    begun: list[str] = []

    class Book:
        def __iter__(self) -> Iterator[int]:
            begun.append("begun")
            return iter([1, 2])

    stream = from_iter(Book())
    ready = stream.map(str).ready()
    assert begun == []
    assert (next(ready), begun) == ("1", ["begun"])


def test_from_iter_takes_what_is_asked_for_and_no_more() -> None:
    tale = Tale()
    stream = from_iter(tale.numbers())
    assert ([stream.poll(), *stream.ready(2)], tale.made) == ([0, 1, 2], 3)
    ready = stream.ready()
    assert (next(ready), tale.made) == (3, 4)


def test_closing_from_iter_closes_a_generator_wherever_it_stands() -> None:
    tale = Tale()
    stream = from_iter(tale.numbers())
    stream.poll()
    stream.close()
    assert (tale.closed, stream.poll(), list(stream.ready())) == (1, CLOSED, [])
    ready = (other := from_iter(tale.numbers())).ready()
    next(ready)
    other.close()
    assert (tale.closed, list(ready)) == (2, [])


@pytest.mark.parametrize("iterable", [[1, 2, 3], iter([1, 2, 3]), (number for number in (1, 2, 3))])
def test_closing_from_iter_in_the_middle_of_ready_stops_there(iterable: Iterable[int]) -> None:
    stream, given = from_iter(iterable), list[int]()
    for item in stream.ready():
        given.append(item)
        stream.close()
    assert given == [1]


@each_drive
def test_a_stage_that_has_enough_closes_the_generator(drive: Callable[[Stream[Any]], object]) -> None:
    tale = Tale()
    assert drive(from_iter(tale.numbers()).take(2)) == [0, 1]
    assert (tale.made, tale.closed) == (2, 1)


@each_drive
def test_what_a_generator_raises_comes_after_its_items_and_ends_the_stream(
    drive: Callable[[Stream[Any]], object],
) -> None:
    tale, seen = Tale(fails_at=2), list[int]()
    stream = from_iter(tale.numbers())
    with pytest.raises(LookupError, match="torn page"):
        drive(stream.inspect(seen.append))
    assert (seen, stream.poll(), stream.finished) == ([0, 1], CLOSED, True)


def test_a_generator_that_closes_its_own_stream_is_not_harmed() -> None:
    def numbers() -> Generator[int]:
        yield 1
        stream.close()
        yield 2
        yield 3

    stream = from_iter(numbers())
    assert (stream.poll(), stream.poll() in (2, CLOSED), stream.poll()) == (1, True, CLOSED)


# Without end.


def test_repeat_with_calls_for_each_item_that_is_asked_for_and_not_after_the_close() -> None:
    calls: list[int] = []

    def make() -> int:
        calls.append(1)
        return len(calls)

    stream = repeat_with(make)
    assert calls == []
    assert ([stream.poll(), *stream.ready(2)], len(calls)) == ([1, 2, 3], 3)
    stream.close()
    assert (stream.poll(), len(calls)) == (CLOSED, 3)


def test_unfold_takes_no_step_ahead_and_none_after_its_end() -> None:
    states: list[int] = []

    def step(state: int) -> tuple[str, int] | None:
        states.append(state)
        return (str(state), state * 2) if state < 4 else None

    stream = unfold(1, step)
    assert states == []
    assert (stream.poll(), states) == ("1", [1])
    assert (list(stream.ready()), states) == (["2"], [1, 2, 4])
    assert (stream.poll(), states) == (CLOSED, [1, 2, 4])


def test_pending_has_nothing_until_it_is_closed() -> None:
    stream, wakes = pending(), Wakes()
    assert (stream.poll(wakes), list(stream.ready()), stream.finished) == (PENDING, [], False)
    stream.close()
    stream.close()
    assert (wakes.count, stream.poll(), stream.finished) == (1, CLOSED, True)


def test_pending_has_one_consumer() -> None:
    stream, first, second = pending(), Wakes(), Wakes()
    assert (stream.poll(), stream.poll(first), stream.poll(first)) == (PENDING, PENDING, PENDING)
    with pytest.raises(ConcurrentPoll):
        stream.poll(second)
    stream.forget()
    assert stream.park(second)
    stream.close()
    assert (first.count, second.count, stream.park(second)) == (0, 1, False)


# A StopIteration that a function of the user's raises by mistake would pass for the end of the stream.


def stop(*_: object) -> Any:
    raise StopIteration


STOPPING: dict[str, Callable[[], Stream[Any]]] = {
    "repeat_with": lambda: repeat_with(stop),
    "unfold": lambda: unfold(0, stop),
    "from_iter of a generator": lambda: from_iter(stop() for _ in range(3)),
}
STOPPING_STAGES: dict[str, Callable[[], Stream[Any]]] = {
    "map": lambda: from_iter([1, 2]).map(stop),
    "filter": lambda: from_iter([1, 2]).filter(stop),
    "filter_map": lambda: from_iter([1, 2]).filter_map(stop),
    "inspect": lambda: from_iter([1, 2]).inspect(stop),
    "scan": lambda: from_iter([1, 2]).scan(0, stop),
    "dedup": lambda: from_iter([1, 2]).dedup(stop),
    "take_while": lambda: from_iter([1, 2]).take_while(stop),
    "map_while": lambda: from_iter([1, 2]).map_while(stop),
    "above chunks": lambda: from_iter([1, 2]).map(stop).chunks(1),
    "above a buffer": lambda: from_iter([1, 2]).map(stop).buffer(1),
    "above chain": lambda: from_iter([1, 2]).map(stop).chain(once(3)),
    "above flatten": lambda: from_iter([1, 2]).map(stop).flatten(),
}


@each_drive
@pytest.mark.parametrize("make", STOPPING.values(), ids=STOPPING)
def test_a_stop_iteration_in_a_source_is_an_error_and_not_the_end(
    make: Callable[[], Stream[Any]], drive: Callable[[Stream[Any]], object]
) -> None:
    stream = make()
    with pytest.raises(RuntimeError, match="StopIteration"):
        drive(stream)
    assert stream.poll() is CLOSED


@pytest.mark.parametrize("drive", [DRIVES["ready"], DRIVES["collect"]], ids=["ready", "collect"])
@pytest.mark.parametrize("make", STOPPING_STAGES.values(), ids=STOPPING_STAGES)
def test_a_stop_iteration_in_a_stage_is_an_error_and_not_the_end(
    make: Callable[[], Stream[Any]], drive: Callable[[Stream[Any]], object]
) -> None:
    stream = make()
    with pytest.raises(RuntimeError, match="StopIteration"):
        drive(stream)
    assert stream.poll() is CLOSED


@pytest.mark.parametrize("make", STOPPING_STAGES.values(), ids=STOPPING_STAGES)
def test_a_stop_iteration_in_a_stage_comes_out_of_poll(make: Callable[[], Stream[Any]]) -> None:
    stream = make()
    with pytest.raises((StopIteration, RuntimeError)):
        stream.poll()
    assert stream.poll() is CLOSED
