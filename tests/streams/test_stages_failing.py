"""When something raises: what a stage holds is given first, everything is closed, and no error hides another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Lines, Poll, Stream, decode, from_iter, pending
from pelton.streams.testing import ManualClock, ManualSource
from tests.streams.fakes import Wakes, inbox_of

AnyStream: TypeAlias = Stream[Any]

# Stages that hold items; they give the numbers that they are given.
HOLDING: dict[str, Callable[[AnyStream], AnyStream]] = {
    "chunks": lambda source: source.chunks(2).map(from_iter).flatten(),
    "chunks of all": lambda source: source.chunks(9).map(from_iter).flatten(),
    "ready_chunks": lambda source: source.ready_chunks(2).map(from_iter).flatten(),
    "buffer": lambda source: source.buffer(2),
    "buffer of all": lambda source: source.buffer(9),
    "buffer, drop_oldest": lambda source: source.buffer(9, "drop_oldest"),
    "conflate": lambda source: source.conflate(lambda item: item),
    "peekable": lambda source: source.peekable(),
    "decode": lambda source: decode(source.map(lambda item: f"{item}\n".encode()), Lines()).ok().map(int),
    "chunks over a buffer": lambda source: source.buffer(2).chunks(2).map(from_iter).flatten(),
}
each_holding = pytest.mark.parametrize("make", HOLDING.values(), ids=HOLDING)


def by_poll(stream: AnyStream) -> Iterator[Any]:
    while not isinstance(item := stream.poll(), Poll):
        yield item


def by_turns(stream: AnyStream) -> Iterator[Any]:
    """Both ways of driving, a little of each."""
    while True:
        yield from stream.ready(2)
        item = stream.poll()
        if isinstance(item, Poll):
            return
        yield item


def by_ready(stream: AnyStream) -> Iterator[Any]:
    return stream.ready()


def until_error(items: Iterator[Any]) -> tuple[list[Any], str]:
    """What comes, and the error after it."""
    given: list[Any] = []
    try:
        for item in items:
            given.append(item)  # noqa: PERF402 - extend would lose them with the raise
    except LookupError as error:
        return given, repr(error)
    return given, "no error"


def explode_at_zero(item: int) -> int:
    if item == 0:
        raise LookupError("zero")
    return item


each_drive = pytest.mark.parametrize("drive", [by_poll, by_ready, by_turns])


@each_drive
@each_holding
def test_what_a_stage_holds_when_its_source_raises_is_given_before_the_error(
    make: Callable[[AnyStream], AnyStream], drive: Callable[[AnyStream], Iterator[Any]]
) -> None:
    source = ManualSource(1, 2, 3)
    source.fail(LookupError("lost"))
    stream = make(source)
    assert until_error(drive(stream)) == ([1, 2, 3], "LookupError('lost')")
    assert ([stream.poll(), *stream.ready()], bool(source.closed)) == ([CLOSED], True)


@each_drive
def test_what_conflate_holds_when_its_key_function_raises_is_given_before_the_error(
    drive: Callable[[AnyStream], Iterator[Any]],
) -> None:
    stream = from_iter([1, 2, 0, 3]).conflate(explode_at_zero)
    assert until_error(drive(stream)) == ([1, 2], "LookupError('zero')")
    assert stream.poll() is CLOSED


@pytest.mark.parametrize("make", [lambda s: s.chunks(2), lambda s: s.ready_chunks(2)])
def test_an_error_is_kept_for_who_breaks_off_at_the_items_before_it(
    make: Callable[[AnyStream], AnyStream],
) -> None:
    inbox = inbox_of([1])
    inbox.end(LookupError())
    stream = make(inbox)
    for items in stream.ready():
        assert items == [1]
        break
    assert (inbox.finished, stream.finished) == (True, False)
    with pytest.raises(LookupError):
        stream.poll()
    assert (stream.poll(), stream.finished) == (CLOSED, True)


def test_a_stage_that_was_closed_with_an_error_in_store_raises_nothing() -> None:
    for make in HOLDING.values():
        source = ManualSource(1, 2, 3)
        source.fail(LookupError())
        stream = make(source)
        next(iter(stream.ready()))
        stream.close()
        assert [stream.poll(), *stream.ready()] == [CLOSED]


# Whatever raises while they are closed, all are closed.


class Stuck(ManualSource[Any]):
    """Raises when it is closed for the first time, and wakes nobody."""

    def close(self) -> None:
        self.closed += 1
        if self.closed == 1:
            raise OSError("stuck")


def flattened(inner: AnyStream, outer: ManualSource[Any]) -> AnyStream:
    outer.push(inner)
    stream = outer.flatten()
    assert stream.poll() is PENDING
    return stream


PAIRS: dict[str, Callable[[Any, Any], AnyStream]] = {
    "chain": lambda one, other: one.chain(other),
    "zip": lambda one, other: one.zip(other),
    "take_until": lambda one, other: one.take_until(other),
    "flatten": flattened,
}
each_pair = pytest.mark.parametrize("make", PAIRS.values(), ids=PAIRS)


@pytest.mark.parametrize("stuck", [(True, False), (False, True), (True, True)])
@each_pair
def test_close_reaches_both_sources_even_if_one_raises(
    make: Callable[[Any, Any], AnyStream], stuck: tuple[bool, bool]
) -> None:
    one, other = (Stuck() if is_stuck else ManualSource[Any]() for is_stuck in stuck)
    stream = make(one, other)
    with pytest.raises(ExceptionGroup) as raised:
        stream.close()
    assert [str(error) for error in raised.value.exceptions] == ["stuck"] * sum(stuck)
    assert (one.closed, other.closed, stream.poll()) == (1, 1, CLOSED)
    stream.close()


@pytest.mark.parametrize("make", [PAIRS["zip"], PAIRS["take_until"]], ids=["zip", "take_until"])
def test_who_waits_is_told_of_the_close_even_if_it_raises(make: Callable[[Any, Any], AnyStream]) -> None:
    stream, wakes = make(Stuck(), Stuck()), Wakes()
    stream.poll(wakes)
    with pytest.raises(ExceptionGroup):
        stream.close()
    assert wakes.count == 1


# A stage over the source that fails, and another.
BESIDE: dict[str, Callable[[Any, Any], AnyStream]] = {
    "chain": lambda source, other: source.chain(other),
    "zip, left": lambda source, other: source.zip(other),
    "zip, right": lambda source, other: other.zip(source),
    "take_until": lambda source, other: source.take_until(other),
    "take_until, the signal": lambda source, other: other.take_until(source),
}
FAILING: dict[str, Callable[[Any, Any], AnyStream]] = {
    **BESIDE,
    "map": lambda source, _: source.map(str),
    "take": lambda source, _: source.take(2),
    "chain, the second": lambda source, _: from_iter(()).chain(source),
    "flatten": lambda source, _: from_iter([source]).flatten(),
    "flatten, the outer": lambda source, _: source.flatten(),
    "peekable": lambda source, _: source.peekable(),
    "chunks": lambda source, _: source.chunks(2),
    "buffer": lambda source, _: source.buffer(2),
    "conflate": lambda source, _: source.conflate(str),
    "timeout": lambda source, _: source.timeout(ManualClock(), 1.0),
    "throttle": lambda source, _: source.throttle(ManualClock(), 1.0),
    "decode": lambda source, _: decode(source, Lines()),
}
each_failing = pytest.mark.parametrize("make", FAILING.values(), ids=FAILING)


each_error = pytest.mark.parametrize("error", [LookupError(), KeyboardInterrupt()], ids=["error", "interrupt"])


@each_error
@each_failing
def test_a_failure_closes_the_stage_and_its_source(make: Callable[[Any, Any], AnyStream], error: BaseException) -> None:
    source = ManualSource[Any]()
    source.fail(error)
    stream = make(source, ManualSource[Any]())
    with pytest.raises(type(error)):
        stream.poll()
    assert (bool(source.closed), stream.poll()) == (True, CLOSED)


@each_error
@pytest.mark.parametrize("make", BESIDE.values(), ids=BESIDE)
def test_a_failure_of_one_source_closes_the_other(make: Callable[[Any, Any], AnyStream], error: BaseException) -> None:
    source, other = ManualSource[Any](), ManualSource[Any]()
    source.fail(error)
    with pytest.raises(type(error)):
        make(source, other).poll()
    assert other.closed


@each_failing
def test_an_error_while_closing_does_not_hide_the_failure(make: Callable[[Any, Any], AnyStream]) -> None:
    source = Stuck()
    source.fail(LookupError("lost"))
    stream = make(source, ManualSource[Any]())
    with pytest.raises(ExceptionGroup) as raised:
        stream.poll()
    assert raised.value.subgroup(LookupError), "what failed first"
    assert raised.value.subgroup(OSError), "what failed while closing"
    assert stream.poll() is CLOSED


@each_failing
def test_a_source_that_somebody_else_waits_for_stays_his(make: Callable[[Any, Any], AnyStream]) -> None:
    source, his = ManualSource[Any](), Wakes()
    assert source.poll(his) is PENDING
    stream = make(source, ManualSource[Any]())
    with pytest.raises(ConcurrentPoll):
        stream.poll(Wakes())
    assert not source.closed
    source.push(1)
    assert his.count == 1


# Stages that may give an item after they have asked a source in vain.
GIVING: dict[str, Callable[[AnyStream], AnyStream]] = {
    "ready_chunks": lambda source: source.ready_chunks(2),
    "buffer": lambda source: source.buffer(2),
    "conflate": lambda source: source.conflate(str),
    "zip": lambda source: source.zip(from_iter([1, 2])),
    "take_until": lambda source: source.take_until(pending()),
    "timeout": lambda source: source.timeout(ManualClock(), 1.0),
}


@pytest.mark.parametrize("make", GIVING.values(), ids=GIVING)
def test_a_poll_that_gives_an_item_leaves_nobody_waiting(make: Callable[[AnyStream], AnyStream]) -> None:
    """Else the next consumer, a merge perhaps, would be refused although nobody waits."""
    stream = make(ManualSource(1))
    assert not isinstance(stream.poll(Wakes()), Poll)
    assert stream.poll(Wakes()) is PENDING


@pytest.mark.parametrize("make", GIVING.values(), ids=GIVING)
def test_a_poll_that_answers_the_end_calls_nobody(make: Callable[[AnyStream], AnyStream]) -> None:
    source, wakes = ManualSource[int](), Wakes()
    source.end()
    assert (make(source).poll(wakes), wakes.count) == (CLOSED, 0)
