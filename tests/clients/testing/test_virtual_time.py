"""The loop on virtual time: waits take none, order is fixed, and nothing from outside comes in."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

import pytest

from pelton.testing.virtual_time import Stuck, VirtualLoop, VirtualTime


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def loop(time: VirtualTime) -> Generator[VirtualLoop]:
    loop = VirtualLoop(time)
    yield loop
    loop.close()


def test_a_wait_moves_the_clock_and_takes_no_time(loop: VirtualLoop, time: VirtualTime) -> None:
    loop.run_until_complete(asyncio.sleep(86_400))
    assert time.now_s == 86_400
    assert time.now_ns() == 86_400_000_000_000


def test_what_happens_is_in_the_order_of_time_and_then_of_asking(loop: VirtualLoop, time: VirtualTime) -> None:
    seen: list[tuple[float, str]] = []

    def note(what: str) -> None:
        seen.append((time.now_s, what))

    loop.happen_at(2.0, lambda: note("second"))
    loop.happen_at(1.0, lambda: note("first"))
    loop.happen_at(2.0, lambda: note("third"))
    loop.call_later(1.5, note, "between")
    loop.advance(3.0)
    assert seen == [(1.0, "first"), (1.5, "between"), (2.0, "second"), (2.0, "third")]


def test_it_runs_for_so_long_and_no_longer(loop: VirtualLoop, time: VirtualTime) -> None:
    seen: list[float] = []
    loop.happen_at(1.0, lambda: seen.append(1.0))
    loop.happen_at(2.5, lambda: seen.append(2.5))
    loop.advance(2.0)
    assert (seen, time.now_s) == ([1.0], 2.0)
    loop.advance(1.0)
    assert (seen, time.now_s) == ([1.0, 2.5], 3.0)


def test_who_waits_for_what_never_comes_is_told(loop: VirtualLoop) -> None:
    with pytest.raises(Stuck):
        loop.run_until_complete(asyncio.Event().wait())


def test_a_time_out_is_virtual_too(loop: VirtualLoop, time: VirtualTime) -> None:
    async def wait() -> None:
        async with asyncio.timeout(30):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        loop.run_until_complete(wait())
    assert time.now_s == 30


def test_there_are_no_threads(loop: VirtualLoop) -> None:
    async def use_a_thread() -> None:
        await asyncio.to_thread(print)

    with pytest.raises(RuntimeError, match="no threads"):
        loop.run_until_complete(use_a_thread())


async def test_it_runs_within_another_loop_which_stands_still(loop: VirtualLoop) -> None:
    outer = asyncio.get_running_loop()
    loop.call_later(5, lambda: None)
    loop.advance(10)
    assert asyncio.get_running_loop() is outer
    await asyncio.sleep(0)
