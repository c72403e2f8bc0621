"""For tests of what awaits: turns of the loop, tasks that must come to an end, and a generator that keeps a log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from pelton.streams import Scope

T = TypeVar("T")

TURNS_MAX = 200
"""More than anything here needs to come to its end."""


async def turns(count: int = 10) -> None:
    """Let everything run that can run."""
    for _ in range(count):
        await asyncio.sleep(0)


async def within_scope(body: Callable[[Scope], Awaitable[None]]) -> None:
    """Run the body in a scope, and leave it."""
    async with Scope() as scope:
        await body(scope)


async def finished(awaitable: Awaitable[T]) -> T:
    """What it answers, or raises. AssertionError if it still waits when all that can run has run: it hangs."""
    task = asyncio.ensure_future(awaitable)
    for _ in range(TURNS_MAX):
        if task.done():
            return task.result()
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=1)
    raise AssertionError("it hangs")


async def parked(awaitable: Awaitable[T]) -> asyncio.Task[T]:
    """Start waiting and return once it waits."""

    async def wait() -> T:
        return await awaitable

    task = asyncio.ensure_future(wait())
    await turns()
    assert not task.done()
    return task


async def cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel it and see that this is its end."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finished(task)


def expire(timeout: asyncio.Timeout) -> None:
    """Its time is over: now, without waiting for it."""
    timeout.reschedule(asyncio.get_running_loop().time())


def parts(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and all that is in it if it is a group, or that led to it."""
    if error is None:
        return
    yield error
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from parts(part)
    yield from parts(error.__cause__ or error.__context__)


class Numbers:
    """A generator of 0, 1, 2, ... that tells how far it ran, in which task, and how it was closed."""

    def __init__(self, count: int = 1000) -> None:
        self.count = count
        self.made = self.closed = 0
        self.tasks: set[object] = set()
        self.gate: asyncio.Event | None = None
        """If there is one, it waits for it before each number."""

    async def run(self) -> AsyncGenerator[int, None]:
        self.tasks.add(asyncio.current_task())
        try:
            for number in range(self.count):
                if self.gate is not None:
                    await self.gate.wait()
                self.made += 1
                yield number
        finally:
            self.closed += 1
            self.tasks.add(asyncio.current_task())
