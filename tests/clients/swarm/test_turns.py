"""Turns: sleepers wake together, never early, and what is to be looked at is looked at until there is nothing."""

from __future__ import annotations

import asyncio
import time

import pytest

from pelton.swarm.turns import Turns


async def test_a_sleeper_wakes_after_its_time_and_not_before() -> None:
    turns = Turns(0.001)
    for seconds in (0.0, 0.003, 0.01):
        began_s = time.monotonic()
        await turns.sleep(seconds)
        assert time.monotonic() - began_s >= seconds


async def test_sleepers_wake_in_the_order_of_their_times() -> None:
    turns, woken = Turns(0.001), list[int]()

    async def sleeper(number: int, seconds: float) -> None:
        await turns.sleep(seconds)
        woken.append(number)

    async with asyncio.TaskGroup() as group:
        for number, seconds in ((3, 0.03), (1, 0.005), (2, 0.015)):
            group.create_task(sleeper(number, seconds))
    assert woken == [1, 2, 3]


async def test_a_sleeper_that_was_cancelled_disturbs_nobody() -> None:
    turns = Turns(0.001)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await turns.sleep(0.01)
    await turns.sleep(0.02)


async def test_a_look_is_taken_until_it_says_that_it_was_the_last() -> None:
    turns, looks = Turns(0.001), list[int]()
    over = asyncio.Event()

    def look() -> bool:
        looks.append(1)
        if len(looks) == 5:
            over.set()
        return len(looks) < 5

    turns.look_with(look)
    await over.wait()
    await turns.sleep(0.01)
    assert len(looks) == 5


async def test_what_a_look_raises_does_not_stop_the_turns() -> None:
    turns, loop = Turns(0.001), asyncio.get_running_loop()
    raised: list[object] = []
    loop.set_exception_handler(lambda _, context: raised.append(context.get("exception")))

    def look() -> bool:
        if not raised:
            raise ZeroDivisionError
        return False

    turns.look_with(look)
    await turns.sleep(0.01)
    assert [type(error) for error in raised] == [ZeroDivisionError]


async def test_after_a_rest_nobody_waits_for_the_turns_that_were_not() -> None:
    turns = Turns(0.001)
    await turns.sleep(0.002)
    await asyncio.sleep(0.05)
    await turns.sleep(0.002)
