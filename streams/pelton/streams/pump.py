"""Async generators as streams: `@source` to declare one, a pump to run it.

A generator is where Python's hazards live, so it never leaves its task: the pump creates it there, drives it there and
closes it there, hands out items through an `Inbox`, and asks for the next only when somebody polls for it.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from pelton.streams.inbox import Inbox
from pelton.streams.lint import check_yields
from pelton.streams.poll import CLOSED, PENDING, ConcurrentPoll, Interrupted, Poll, Waker
from pelton.streams.stream import Stream

if TYPE_CHECKING:
    from asyncio import Future, Task

    from pelton.streams.scope import Scope

__all__ = ["Pump", "Pumped", "Source", "source"]

P = ParamSpec("P")
T = TypeVar("T")


class Source(Generic[T]):
    """A call of a `@source` function that has not happened yet. Inert; `Scope.pump` runs it."""

    def __init__(self, call: Callable[[], AsyncGenerator[T, None]], name: str) -> None:
        self.call = call
        self._name = name

    def __repr__(self) -> str:
        return f"<source {self._name}>"


def source(function: Callable[P, AsyncGenerator[T, None]]) -> Callable[P, Source[T]]:
    """Declare an async generator as a source of a stream.

    TypeError if it is none; YieldInsideScope if it yields inside a timeout or a task group, as far as its text tells.
    """
    if not inspect.isasyncgenfunction(function):
        raise TypeError(f"@source needs an async generator function (async def with yield), got {function!r}")
    check_yields(function)
    name = getattr(function, "__qualname__", repr(function))

    def declare(*args: P.args, **kwargs: P.kwargs) -> Source[T]:
        return Source(lambda: function(*args, **kwargs), name)

    declare.__name__, declare.__qualname__, declare.__doc__ = function.__name__, name, function.__doc__
    return declare


class Pumped(Stream[T]):
    """What comes out of a pump. Polling it in vain, or bringing it below `ahead`, asks the generator for more."""

    def __init__(self, inbox: Inbox[T], ahead: int, wanted: Callable[[], None], closed: Callable[[], None]) -> None:
        self._inbox = inbox
        self._ahead = ahead
        self._wanted = wanted
        self._on_closed = closed

    @property
    def finished(self) -> bool:
        return self._inbox.finished

    def poll(self, waker: Waker | None = None) -> T | Poll:
        try:
            item = self._inbox.poll(waker)
        except ConcurrentPoll:
            raise
        except Exception:
            self._on_closed()
            raise
        if item is PENDING or len(self._inbox) < self._ahead:
            self._wanted()
        if item is CLOSED:
            self._on_closed()
        return item

    def close(self) -> None:
        self._inbox.close()
        self._on_closed()

    def forget(self) -> None:
        self._inbox.forget()


class Pump(Generic[T]):
    """One generator and its task."""

    def __init__(self, scope: Scope, generator: Source[T] | AsyncIterable[T], ahead: int) -> None:
        if ahead < 0:
            raise ValueError(f"a pump runs 0 or more items ahead, got {ahead}")
        size = max(ahead, 1)
        self._scope = scope
        self._generator = generator
        self._inbox: Inbox[T] = Inbox(0, size, size)
        self._ahead = ahead
        self._waiting: Future[None] | None = None
        self._task: Task[None] | None = None
        self.stream = Pumped(self._inbox, ahead, self._want, self._let_go)

    def stop(self) -> None:
        """Take in nothing more; what is there can still be polled."""
        self._inbox.end()

    def _want(self) -> None:
        if self._inbox.ended:
            return
        if self._task is None:
            self._task = self._scope.spawn(self._run())
            self._task.add_done_callback(self._done)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _let_go(self) -> None:
        self._scope.release(self.stream)
        if self._task is not None:
            self._scope.cancel(self._task)

    def _done(self, _: Task[None]) -> None:
        if not self._inbox.ended:  # cancelled before it began, and not by the scope
            self._inbox.end(Interrupted("the task that was to run the generator was cancelled"))

    async def _run(self) -> None:
        """Drive the generator to its end.

        Whatever happens, the inbox is ended; a cancellation that nobody asked for is an error, and so is what closing
        the generator raises.
        """
        error: Exception | None = None
        try:
            async with AsyncExitStack() as stack:
                iterator = self._start(stack)
                while await self._scope.uncancelled(self._is_wanted()):
                    try:
                        item = await self._scope.uncancelled(anext(iterator))
                    except StopAsyncIteration:
                        break
                    self._inbox.offer(item)
        except Exception as raised:  # noqa: BLE001 - it is raised by poll, or by the scope
            error = raised
        finally:
            if error is not None and self._inbox.ended:
                self._scope.keep(error)  # nobody polls for it any more
            self._inbox.end(error)

    def _start(self, stack: AsyncExitStack) -> AsyncIterator[T]:
        generator = self._generator
        iterator: Any = generator.call() if isinstance(generator, Source) else aiter(generator)
        if hasattr(iterator, "aclose"):
            stack.push_async_callback(_close, iterator)
        return iterator  # type: ignore[no-any-return]

    async def _is_wanted(self) -> bool:
        """Wait until there is nothing for the consumer who asks, or room ahead of him. False when nobody will ask."""
        from asyncio import get_running_loop

        while not self._inbox.ended and len(self._inbox) >= max(self._ahead, 1):
            self._waiting = get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return not self._inbox.ended


async def _close(iterator: Any) -> None:
    """Close a generator. A task group in it wraps the GeneratorExit that closes it; only the rest is an error."""
    try:
        await iterator.aclose()
    except BaseExceptionGroup as group:
        errors = group.split(GeneratorExit)[1]
        if errors is not None:
            raise errors from None
