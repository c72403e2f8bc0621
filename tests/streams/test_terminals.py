"""What consumes a stream to its end: its answers, where it stops, and that it closes the stream, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from inspect import iscoroutinefunction
from typing import Any, TypeAlias

import pytest

from pelton.streams import CLOSED, EmptyStream, Err, Inbox, Scope, Stream, StreamError, empty, from_iter, once
from tests.streams.fakes import Counting, Endless, Script, inbox_of
from tests.streams.running import Numbers, cancelled, finished, parked, turns

pytestmark = pytest.mark.usefixtures("quiet_loop")


def add(state: int, item: int) -> int:
    return state + item


def even(item: int) -> bool:
    return item % 2 == 0


async def test_collect_answers_all_items_in_order() -> None:
    assert await from_iter([3, 1, 2]).collect() == [3, 1, 2]
    assert await empty().collect() == []


async def test_try_collect_answers_all_items_if_there_is_no_error() -> None:
    stream: Stream[int | Err] = from_iter([1, 2])
    assert await stream.try_collect() == [1, 2]


async def test_try_collect_raises_the_first_error_and_asks_for_nothing_after_it() -> None:
    first, second = LookupError("first"), OSError("second")
    source: Counting[int | Err] = Counting(from_iter([1, Err(first), 2, Err(second)]))
    with pytest.raises(LookupError) as raised:
        await source.try_collect()
    assert raised.value is first
    assert (source.polls, source.closes > 0, source.poll()) == (2, True, CLOSED)


async def test_fold_answers_the_last_state() -> None:
    assert await from_iter([1, 2, 3]).fold(10, add) == 16
    assert await empty().fold(10, add) == 10
    assert await from_iter("abc").fold("", lambda text, letter: letter + text) == "cba"


async def test_count_counts() -> None:
    assert await from_iter("abc").count() == 3
    assert await empty().count() == 0


async def test_first_answers_the_first_item_also_if_it_is_false() -> None:
    assert await from_iter([0, 1]).first() == 0
    assert await once("").first() == ""


async def test_first_of_nothing_is_an_error_of_its_own() -> None:
    with pytest.raises(EmptyStream, match="without an item") as raised:
        await empty().first()
    assert isinstance(raised.value, StreamError)


async def test_any_and_all_answer_as_the_built_in_ones_do() -> None:
    for items in ([], [1], [2], [1, 2], [2, 1], [1, 3], [2, 4]):
        assert await from_iter(items).any(even) is any(map(even, items))
        assert await from_iter(items).all(even) is all(map(even, items))


async def test_for_each_calls_the_function_with_every_item() -> None:
    seen: list[int] = []
    await from_iter([1, 2, 3]).for_each(seen.append)
    assert seen == [1, 2, 3]


async def test_forward_offers_every_item_and_ends_the_sink() -> None:
    sink: Inbox[int] = Inbox(0, 9, 9)
    assert await from_iter([1, 2, 3]).forward(sink) == 3
    assert list(sink.ready()) == [1, 2, 3]
    assert sink.poll() is CLOSED


# Where they stop.


STOPS: dict[str, tuple[Callable[[Stream[int]], Awaitable[object]], int]] = {
    "first": (lambda stream: stream.first(), 1),
    "any": (lambda stream: stream.any(lambda number: number == 3), 3),
    "all": (lambda stream: stream.all(lambda number: number < 3), 3),
}


@pytest.mark.parametrize(("terminal", "polls"), STOPS.values(), ids=list(STOPS))
async def test_it_stops_as_soon_as_the_answer_is_known_and_closes_the_stream(
    terminal: Callable[[Stream[int]], Awaitable[object]], polls: int
) -> None:
    source = Counting(Endless())
    await finished(terminal(source))
    assert (source.polls, source.closes) == (polls, 1)


async def test_a_generator_is_closed_by_the_time_its_consumer_goes_on() -> None:
    numbers = Numbers()
    async with Scope() as scope:
        assert await scope.pump(numbers.run()).first() == 0
        await turns()
        assert (numbers.made, numbers.closed, len(scope)) == (1, 1, 0)


# However they end.

Terminal: TypeAlias = "Callable[[Stream[Any]], Awaitable[object]]"
TERMINALS: dict[str, Terminal] = {
    "collect": lambda stream: stream.collect(),
    "try_collect": lambda stream: stream.try_collect(),
    "fold": lambda stream: stream.fold(0, lambda state, _: state),
    "count": lambda stream: stream.count(),
    "first": lambda stream: stream.filter(lambda _: False).first(),
    "any": lambda stream: stream.any(lambda _: False),
    "all": lambda stream: stream.all(lambda _: True),
    "for_each": lambda stream: stream.for_each(lambda _: None),
    "forward": lambda stream: stream.forward(Inbox[Any](0, 9, 9)),
}
every_terminal = pytest.mark.parametrize("terminal", TERMINALS.values(), ids=list(TERMINALS))


def test_every_terminal_is_in_the_table() -> None:
    awaited = {
        name
        for name, method in vars(Stream).items()
        if iscoroutinefunction(method) and not name.startswith("_") and name != "next"
    }
    assert awaited == set(TERMINALS)


@every_terminal
async def test_it_closes_the_stream_when_it_is_done(terminal: Terminal) -> None:
    source = Counting(from_iter([1, 2]))
    with suppress(EmptyStream):
        await finished(terminal(source))
    assert source.closes > 0


@every_terminal
async def test_it_passes_on_what_the_stream_raises_and_closes_it(terminal: Terminal) -> None:
    source = Script(1, OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        await finished(terminal(source))
    assert source.closes > 0


@every_terminal
async def test_it_closes_the_stream_when_it_is_cancelled(terminal: Terminal) -> None:
    source = Counting(inbox_of([1]))
    await cancelled(await parked(terminal(source)))
    assert source.closes > 0
    assert source.poll() is CLOSED


@every_terminal
async def test_a_generator_stops_when_its_consumer_is_cancelled(terminal: Terminal) -> None:
    numbers = Numbers()
    numbers.gate = asyncio.Event()
    async with Scope() as scope:
        await cancelled(await parked(terminal(scope.pump(numbers.run()))))
        await turns()
        assert (numbers.closed, len(scope)) == (1, 0)


def refuse(*_: object) -> bool:
    raise LookupError("refused")


CALLING: dict[str, Terminal] = {
    "fold": lambda stream: stream.fold(0, refuse),
    "any": lambda stream: stream.any(refuse),
    "all": lambda stream: stream.all(refuse),
    "for_each": lambda stream: stream.for_each(refuse),
}


@pytest.mark.parametrize("terminal", CALLING.values(), ids=list(CALLING))
async def test_it_passes_on_what_a_function_raises_and_closes_the_stream(terminal: Terminal) -> None:
    source = Counting(inbox_of([1, 2]))
    with pytest.raises(LookupError, match="refused"):
        await finished(terminal(source))
    assert (source.polls, source.closes > 0) == (1, True)
