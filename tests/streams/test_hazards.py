"""The hazards of async generators, one by one: what kills, cancels or loses elsewhere does no harm here.

H1 to H5; the others stand in test_hazards_tasks.py. Generators are given to the pump as they are, or hide what they do
behind a context manager: `@source` would have refused them by their text.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TypeAlias

import pytest

from pelton.streams import CLOSED, PENDING, Interrupted, Poll, Scope, Source, source
from tests.streams.running import Numbers, expire, finished, parked, turns

Timeouts: TypeAlias = "list[asyncio.Timeout]"


pytestmark = pytest.mark.usefixtures("quiet_loop")

# H1: a yield inside a timeout.


async def within_a_timeout(timeouts: Timeouts) -> AsyncGenerator[int, None]:
    async with asyncio.timeout(None) as timeout:
        timeouts.append(timeout)
        for number in range(3):
            yield number


@asynccontextmanager
async def patience(timeouts: Timeouts) -> AsyncGenerator[None, None]:
    async with asyncio.timeout(None) as timeout:
        timeouts.append(timeout)
        yield


@source
async def within_a_manager(timeouts: Timeouts) -> AsyncGenerator[int, None]:
    async with patience(timeouts):
        for number in range(3):
            yield number


Limited: TypeAlias = "Callable[[Timeouts], Source[int] | AsyncGenerator[int, None]]"
limited = pytest.mark.parametrize("generator", [within_a_timeout, within_a_manager])


@limited
async def test_h1_a_timeout_around_a_yield_is_an_error_and_never_cancels_the_consumer(generator: Limited) -> None:
    timeouts: Timeouts = []
    async with Scope() as scope:
        stream = scope.pump(generator(timeouts))
        assert await stream.next() == 0
        expire(timeouts[0])
        await turns()  # busy with the item: a CancelledError would come here
        with pytest.raises(Interrupted, match="timeout"):
            await finished(stream.next())
        assert await stream.next() is CLOSED


@limited
async def test_h1_items_before_the_timeout_are_given_before_the_error(generator: Limited) -> None:
    timeouts: Timeouts = []
    seen: list[int] = []
    async with Scope() as scope:
        stream = scope.pump(generator(timeouts), ahead=2)
        assert stream.poll() is PENDING
        await turns()
        expire(timeouts[0])
        with pytest.raises(Interrupted):
            await finished(stream.for_each(seen.append))
    assert seen == [0, 1], "never a silent end, never an item less"


async def test_h1_a_timeout_while_the_generator_waits_is_its_own_timeout_error() -> None:
    timeouts: Timeouts = []

    async def slow() -> AsyncGenerator[int, None]:
        async with patience(timeouts):
            yield 0
            await asyncio.Event().wait()

    async with Scope() as scope:
        stream = scope.pump(slow())
        assert await stream.next() == 0
        waiting = await parked(stream.next())
        expire(timeouts[0])
        with pytest.raises(TimeoutError):
            await finished(waiting)


# H2: break, without closing the generator.


async def test_h2_after_a_break_the_generator_is_closed_by_its_own_task_when_the_scope_is_left() -> None:
    numbers = Numbers()
    generator = numbers.run()  # a reference that lives on would keep it from being closed before the loop ends
    async with Scope() as scope:
        async for number in scope.pump(generator):
            if number == 2:
                break
    assert (numbers.made, numbers.closed) == (3, 1)
    assert len(numbers.tasks) == 1
    assert asyncio.current_task() not in numbers.tasks
    with pytest.raises(StopAsyncIteration):
        await anext(generator)


async def test_h2_a_stream_that_was_broken_off_and_dropped_is_closed_all_the_same() -> None:
    numbers = Numbers()
    async with Scope() as scope:
        async for _ in scope.pump(numbers.run()).map(str).filter(len):
            break
        gc.collect()
        await turns()
        assert numbers.closed == 0, "not by the garbage collector, in whatever task it runs"
    assert numbers.closed == 1
    assert len(numbers.tasks) == 1


async def test_h2_a_stage_that_stops_early_has_its_generator_closed_at_once() -> None:
    numbers = Numbers()
    async with Scope() as scope:
        assert await scope.pump(numbers.run()).take(2).collect() == [0, 1]
        await turns()
        assert (numbers.made, numbers.closed, len(scope)) == (2, 1, 0)


# H3: context variables.

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


async def test_h3_what_a_generator_sets_stays_in_it_from_step_to_step_and_reaches_nobody_else() -> None:
    async def setting() -> AsyncGenerator[str, None]:
        yield WHO.get()
        WHO.set("generator")
        yield WHO.get()
        yield WHO.get()

    token = WHO.set("consumer")
    seen: list[tuple[str, str]] = []
    async with Scope() as scope:
        async for value in scope.pump(setting()):
            seen.append((value, WHO.get()))
            WHO.set("consumer, later")
    WHO.reset(token)
    assert seen == [("consumer", "consumer"), ("generator", "consumer, later"), ("generator", "consumer, later")]


# H4: closing while the next item is under way.


async def test_h4_closing_a_stream_whose_generator_is_running_closes_the_generator() -> None:
    numbers = Numbers()
    numbers.gate = asyncio.Event()
    async with Scope() as scope:
        stream = scope.pump(numbers.run())
        waiting = await parked(stream.next())
        stream.close()
        assert await finished(waiting) is CLOSED
        await turns()
        assert (numbers.closed, len(numbers.tasks)) == (1, 1)


async def test_h4_leaving_the_scope_while_a_generator_is_running_closes_it() -> None:
    numbers = Numbers()
    numbers.gate = asyncio.Event()
    async with Scope() as scope:
        scope.pump(numbers.run()).poll()
        await turns()
    assert (numbers.closed, len(numbers.tasks)) == (1, 1)


# H5: a wait that times out.


async def test_h5_a_wait_that_timed_out_ends_neither_the_generator_nor_the_stream_and_loses_nothing() -> None:
    numbers = Numbers(3)
    seen: list[int | Poll] = []
    async with Scope() as scope:
        stream = scope.pump(numbers.run())
        for _ in range(3):
            numbers.gate = asyncio.Event()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(stream.next(), 0.001)
            numbers.gate.set()
            seen.append(await finished(stream.next()))
        assert await finished(stream.next()) is CLOSED
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("later", range(8))
async def test_h5_whenever_a_wait_is_cancelled_the_item_is_given_or_still_there(later: int) -> None:
    async with Scope() as scope:
        stream = scope.pump(Numbers(1).run())
        task = asyncio.ensure_future(stream.next())
        await turns(later)
        task.cancel()
        await asyncio.wait([task])
        given = [] if task.cancelled() else [task.result()]
        assert given + await finished(stream.collect()) == [0]
