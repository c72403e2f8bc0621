"""More hazards of async generators, and of batches and filters; H1 to H5 stand in test_hazards.py.

At the end what a pump must never do, whatever its generator does: end silently, or hang.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NoReturn

import pytest

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Interrupted, Poll, Scope, Stream, from_iter, repeat_with
from tests.streams.fakes import inbox_of
from tests.streams.running import Numbers, cancelled, expire, finished, parked, parts, turns

pytestmark = pytest.mark.usefixtures("quiet_loop")


# H6: a yield inside a task group.


async def within_a_group(child: asyncio.Event, pause: asyncio.Event | None = None) -> AsyncGenerator[int, None]:
    """Yields 0, waits for `pause` if there is one, then goes on. The child raises LookupError when it is told to."""

    async def fail() -> None:
        await child.wait()
        raise LookupError("child")

    async with asyncio.TaskGroup() as group:
        group.create_task(fail())
        yield 0
        if pause is not None:
            await pause.wait()
        yield 1


async def test_h6_a_child_that_fails_while_its_generator_stands_at_a_yield_is_an_error_of_the_stream() -> None:
    child = asyncio.Event()
    async with Scope() as scope:
        stream = scope.pump(within_a_group(child))
        assert await stream.next() == 0
        child.set()
        await turns()  # busy with the item: a CancelledError would come here
        with pytest.raises(Exception) as raised:  # noqa: PT011 - which error is free, what must be in it is not
            await finished(stream.next())
        assert any(isinstance(part, LookupError) for part in parts(raised.value))
        assert await stream.next() is CLOSED


async def test_h6_a_child_that_fails_is_no_silent_end_to_a_consumer_in_another_task() -> None:
    child, seen = asyncio.Event(), asyncio.Event()

    async def consume() -> None:
        async for _ in stream:
            child.set()
            await seen.wait()

    async with Scope() as scope:
        stream = scope.pump(within_a_group(child))
        consumer = asyncio.ensure_future(consume())
        await turns()
        seen.set()
        with pytest.raises(Exception) as raised:  # noqa: PT011 - as above
            await finished(consumer)
        assert any(isinstance(part, LookupError) for part in parts(raised.value))


async def test_h6_a_child_that_fails_while_its_generator_waits_is_an_error_of_the_stream() -> None:
    child = asyncio.Event()
    async with Scope() as scope:
        stream = scope.pump(within_a_group(child, asyncio.Event()))
        assert await stream.next() == 0
        waiting = await parked(stream.next())
        child.set()
        with pytest.raises(ExceptionGroup) as raised:
            await finished(waiting)
        assert any(isinstance(part, LookupError) for part in parts(raised.value))
        assert await stream.next() is CLOSED


# H7: a generator that never began.


async def test_h7_a_generator_that_nobody_polled_for_never_begins_and_has_nothing_to_clean_up() -> None:
    numbers = Numbers()
    async with Scope() as scope:
        scope.pump(numbers.run()).map(str)
        await turns()
    assert (numbers.made, numbers.closed, numbers.tasks) == (0, 0, set())


async def test_h7_a_generator_whose_stream_is_closed_before_its_task_ran_never_begins() -> None:
    numbers = Numbers()
    async with Scope() as scope:
        stream = scope.pump(numbers.run())
        assert stream.poll() is PENDING
        stream.close()
        await turns()
        assert len(scope) == 0
    assert (numbers.made, numbers.closed, numbers.tasks) == (0, 0, set())


# H8: two consumers.


async def test_h8_a_second_consumer_is_refused_and_the_first_one_gets_the_item() -> None:
    numbers = Numbers()
    numbers.gate = asyncio.Event()
    async with Scope() as scope:
        stream = scope.pump(numbers.run())
        first = await parked(stream.next())
        with pytest.raises(ConcurrentPoll):
            await finished(stream.next())
        with pytest.raises(ConcurrentPoll):
            stream.poll(lambda: None)
        numbers.gate.set()
        assert await finished(first) == 0
        assert await finished(stream.next()) == 1


# H9: a generator driven by hand.


@asynccontextmanager
async def patience(timeouts: list[asyncio.Timeout]) -> AsyncGenerator[None, None]:
    async with asyncio.timeout(None) as timeout:
        timeouts.append(timeout)
        yield


async def slow(timeouts: list[asyncio.Timeout], go: asyncio.Event) -> AsyncGenerator[int, None]:
    async with patience(timeouts):
        await go.wait()
    yield 0


async def test_h9_a_generator_that_needs_a_task_may_be_polled_from_a_callback() -> None:
    polled: list[int | Poll] = []
    go = asyncio.Event()
    async with Scope() as scope:
        stream = scope.pump(slow([], go))

        def poll() -> None:
            polled.append(stream.poll(poll))

        asyncio.get_running_loop().call_soon(poll)
        await turns()
        go.set()
        await turns()
        assert polled == [PENDING, 0]


async def test_h9_a_timeout_in_the_generator_never_cancels_the_task_that_polls() -> None:
    timeouts: list[asyncio.Timeout] = []
    async with Scope() as scope:
        stream = scope.pump(slow(timeouts, asyncio.Event()))
        assert stream.poll() is PENDING
        await turns()
        expire(timeouts[0])
        await turns()
        with pytest.raises(TimeoutError):
            stream.poll()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


# H10 is the second test of H5. H13: a filter that lets nothing through.


async def test_h13_who_waits_behind_a_filter_that_drops_everything_lets_others_run_and_can_be_cancelled() -> None:
    waiting = await parked(repeat_with(lambda: 1).filter(lambda _: False).next())
    await cancelled(waiting)


# H14: the work ahead stands still while the consumer is busy.


async def test_h14_concurrent_work_goes_on_while_its_consumer_does_something_else() -> None:
    steps: list[int] = []

    async def work(item: int) -> int:
        for _ in range(3):
            await asyncio.sleep(0)
            steps.append(item)
        return item

    async with Scope() as scope:
        stream = from_iter([1, 2]).buffered(scope, work, 2)
        assert stream.poll() is PENDING
        await turns()
        assert sorted(steps) == [1, 1, 1, 2, 2, 2]
        assert [stream.poll(), stream.poll()] == [1, 2]


# H15: exception groups at closing time.


async def test_h15_closing_a_generator_that_stands_at_a_yield_in_a_task_group_hurts_nobody() -> None:
    """The group makes of the GeneratorExit that closes it a BaseExceptionGroup, which is no Exception."""
    async with Scope() as scope:
        stream = scope.pump(within_a_group(asyncio.Event()))
        assert await stream.next() == 0
        stream.close()
        await turns()
        assert await stream.next() is CLOSED


async def test_h15_leaving_the_scope_of_a_generator_that_stands_at_a_yield_in_a_task_group_hurts_nobody() -> None:
    async with Scope() as scope:
        assert await scope.pump(within_a_group(asyncio.Event())).next() == 0


# H17: a batch at a time between stages.


async def by_await(stream: Stream[int], seen: list[int]) -> None:
    await stream.for_each(seen.append)


async def by_ready(stream: Stream[int], seen: list[int]) -> None:
    for item in stream.ready():
        seen.append(item)  # noqa: PERF402 - an error must not take those before it along


@pytest.mark.parametrize("drive", [by_await, by_ready])
async def test_h17_an_error_in_a_later_stage_takes_no_item_before_it_along_and_all_are_accounted_for(
    drive: Callable[[Stream[int], list[int]], Awaitable[None]],
) -> None:
    def fragile(number: int) -> int:
        if number == 3:
            raise LookupError("the fourth")
        return number

    inbox = inbox_of(range(8))
    stream = inbox.map(abs).map(fragile)
    seen: list[int] = []
    with pytest.raises(LookupError):
        await drive(stream, seen)
    assert seen == [0, 1, 2]
    assert stream.poll() is CLOSED
    assert (inbox.accepted, inbox.delivered, inbox.abandoned) == (8, 4, 4)


# What a pump must never do.


class Faulty:
    """An async iterator that ends after one item and cannot be closed."""

    def __init__(self) -> None:
        self.left = 1

    def __aiter__(self) -> Faulty:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return 0

    async def aclose(self) -> NoReturn:
        raise OSError("cannot be closed")


async def test_a_generator_whose_closing_fails_ends_the_stream_with_that_error() -> None:
    async with Scope() as scope:
        stream = scope.pump(Faulty())
        assert await finished(stream.next()) == 0
        with pytest.raises(OSError, match="cannot be closed"):
            await finished(stream.next())
        assert await stream.next() is CLOSED


@pytest.mark.parametrize("when", ["before it began", "while it runs", "at a yield"])
async def test_a_pump_that_somebody_else_cancelled_is_an_error_and_neither_an_end_nor_a_hang(when: str) -> None:
    numbers = Numbers()
    async with Scope() as scope:
        stream = scope.pump(numbers.run())
        if when == "at a yield":
            assert await stream.next() == 0
        else:
            numbers.gate = asyncio.Event()
            assert stream.poll() is PENDING
            await turns(10 if when == "while it runs" else 0)
        (pump,) = scope._tasks
        pump.cancel()
        await turns()
        with pytest.raises(Interrupted):
            await finished(stream.next())
        assert await stream.next() is CLOSED
