"""A scope whose task is cancelled, in its body or while it is left: clean-up runs to its end, errors are not lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from pelton.streams import CLOSED, Scope, Stream
from tests.streams.running import Numbers, cancelled, expire, finished, parked, turns

pytestmark = pytest.mark.usefixtures("quiet_loop")


class CleaningUp:
    """A generator whose clean-up takes its time, until `go`; then it raises `error` if it has one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.go = asyncio.Event()
        self.begun = self.done = False

    async def run(self) -> AsyncGenerator[int, None]:
        try:
            for number in range(1000):
                yield number
        finally:
            self.begun = True
            await self.go.wait()
            self.done = True
            if self.error is not None:
                raise self.error


async def body(stream_of: CleaningUp | Numbers, *, close: bool = False, stay: bool = False) -> None:
    """A scope in a task of its own: takes an item, closes the stream or not, stays or leaves."""
    async with Scope() as scope:
        stream = scope.pump(stream_of.run())
        assert await stream.next() == 0
        if close:
            stream.close()
            await turns()
        if stay:
            await stream.skip(10_000).collect()


async def test_cancelling_the_body_while_a_generator_is_busy_closes_it_and_is_a_cancellation() -> None:
    numbers = Numbers()

    async def waiting() -> None:
        async with Scope() as scope:
            stream = scope.pump(numbers.run())
            assert await stream.next() == 0
            numbers.gate = asyncio.Event()
            await stream.next()

    task = await parked(waiting())
    await cancelled(task)
    assert (numbers.closed, len(numbers.tasks)) == (1, 1)


async def test_a_timeout_around_a_scope_is_a_timeout_error() -> None:
    numbers = Numbers()

    async def limited() -> None:
        async with asyncio.timeout(None) as timeout:
            expire(timeout)
            await body(numbers, stay=True)

    with pytest.raises(TimeoutError):
        await finished(limited())
    assert numbers.closed == 1


async def test_leaving_waits_until_the_clean_up_of_a_generator_is_done() -> None:
    cleaning = CleaningUp()
    task = await parked(body(cleaning))
    assert (cleaning.begun, cleaning.done) == (True, False)
    cleaning.go.set()
    await finished(task)
    assert cleaning.done


async def test_leaving_does_not_break_into_the_clean_up_of_a_generator_that_was_closed_before() -> None:
    cleaning = CleaningUp()
    task = asyncio.ensure_future(body(cleaning, close=True))
    await turns(50)
    assert (cleaning.begun, cleaning.done) == (True, False)
    cleaning.go.set()
    await finished(task)
    assert cleaning.done, "it was cancelled a second time"


async def test_closing_a_stream_again_does_not_break_into_the_clean_up_of_its_generator() -> None:
    cleaning = CleaningUp()
    async with Scope() as scope:
        stream = scope.pump(cleaning.run())
        assert await stream.next() == 0
        stream.close()
        await turns()
        stream.close()
        await turns()
        cleaning.go.set()
        await turns()
        assert cleaning.done, "it was cancelled a second time"


async def test_an_error_of_the_clean_up_goes_before_a_cancellation_of_the_body_as_in_a_task_group() -> None:
    error = OSError("cannot be closed")
    cleaning = CleaningUp(error)
    cleaning.go.set()
    task = asyncio.ensure_future(body(cleaning, stay=True))
    await turns()
    task.cancel()
    with pytest.raises(ExceptionGroup) as raised:
        await finished(task)
    assert list(raised.value.exceptions) == [error]


async def test_a_cancellation_while_a_scope_is_left_interrupts_the_clean_up_and_is_a_cancellation() -> None:
    cleaning = CleaningUp()
    task = await parked(body(cleaning))
    await cancelled(task)
    assert (cleaning.begun, cleaning.done) == (True, False)


async def test_errors_noted_before_a_scope_was_cancelled_while_it_was_left_are_not_lost() -> None:
    error = OSError("cannot be closed")
    spoiled, cleaning = CleaningUp(error), CleaningUp()
    spoiled.go.set()

    async def two() -> None:
        async with Scope() as scope:
            for generator in (spoiled, cleaning):
                assert await scope.pump(generator.run()).next() == 0

    task = await parked(two())
    task.cancel()
    with pytest.raises(ExceptionGroup) as raised:
        await finished(task)
    assert list(raised.value.exceptions) == [error]


async def test_streams_are_closed_also_when_a_scope_is_cancelled_while_it_is_left() -> None:
    streams: list[Stream[int]] = []
    cleaning = CleaningUp()

    async def leaving() -> None:
        async with Scope() as scope:
            streams.append(scope.pump(cleaning.run(), ahead=2))
            await streams[0].next()

    task = await parked(leaving())
    await cancelled(task)
    assert streams[0].poll() is CLOSED
