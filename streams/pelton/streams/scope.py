"""The only owner of tasks. A pipeline needs none; a generator needs one, an async stage a fixed few.

    async with Scope() as scope:
        lines = scope.pump(tail("access.log"))
        async for line in lines.filter(interesting).take(10): ...

Leaving it, in this order: nothing more is taken in; tasks are cancelled and awaited, generators closed by their own
task; pipelines are closed; whatever raised on the way is raised as one group.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pelton.streams.poll import Interrupted
from pelton.streams.pump import Pump, Source

if TYPE_CHECKING:
    from asyncio import Task, TaskGroup

    from pelton.streams.stream import Stream

__all__ = ["Scope"]

T = TypeVar("T")
S = TypeVar("S", bound="Stream[Any]")


class Scope:
    """`async with Scope() as scope`. Entered once, and left by the task that entered it."""

    def __init__(self) -> None:
        self._group: TaskGroup | None = None
        self._tasks: set[Task[None]] = set()
        self._cancelled: set[Task[Any]] = set()  # by this scope, and nobody else
        self._streams: dict[Stream[Any], None] = {}
        self._pumps: dict[Stream[Any], Pump[Any]] = {}
        self._errors: list[Exception] = []
        self._left = False

    def __len__(self) -> int:
        """How many tasks it owns now."""
        return len(self._tasks)

    @property
    def leaving(self) -> bool:
        """Whether it is being left, or was."""
        return self._left

    def pump(self, source: Source[T] | AsyncIterable[T], ahead: int = 0) -> Stream[T]:
        """A stream of what an async generator yields, driven by one task of this scope.

        The generator does not start before the stream is polled, and runs `ahead` items ahead of its consumer, no
        more. What it raises is raised by `poll`, after the items before it. Closing the stream cancels the task.
        """
        pump = Pump(self, source, ahead)
        self._pumps[pump.stream] = pump
        return self.adopt(pump.stream)

    def adopt(self, stream: S) -> S:
        """Close this stream, too, when the scope is left; answers it."""
        self._check_open()
        self._streams[stream] = None
        return stream

    def release(self, stream: Stream[Any]) -> None:
        """Let go of a stream that came to its end."""
        self._streams.pop(stream, None)
        self._pumps.pop(stream, None)

    async def __aenter__(self) -> Self:
        from asyncio import TaskGroup

        if self._group is not None:
            raise RuntimeError("a scope is entered once; make a new one")
        self._group = await TaskGroup().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from asyncio import CancelledError

        assert self._group is not None, "entered before it is left"
        self._left = True
        for pump in list(self._pumps.values()):
            pump.stop()
        for task in list(self._tasks):
            self.cancel(task)
        try:
            await self._group.__aexit__(None, None, None)
        finally:
            for stream in reversed(list(self._streams)):
                self.note(stream.close)
            if self._errors:  # they go before a cancellation, as in a task group
                body = [] if error is None or isinstance(error, (CancelledError, GeneratorExit)) else [error]
                raise BaseExceptionGroup("leaving a scope", [*body, *self._errors])

    # What pumps and async stages call.

    def spawn(self, work: Coroutine[Any, Any, None]) -> Task[None]:
        """Run `work` as a task of this scope. It must not raise."""
        if self._group is None or self._left:
            work.close()
            self._check_open()
            raise RuntimeError("the scope is not entered yet: use it with `async with`")
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget_task)
        return task

    def cancel(self, task: Task[None]) -> None:
        """End a task of this scope. Once: a second time would break into its clean-up."""
        if not task.done() and task not in self._cancelled:
            self._cancelled.add(task)
            task.cancel()

    def asked_to_end(self) -> bool:
        """Whether the task that asks was cancelled by this scope, whatever it made of it."""
        from asyncio import current_task

        return current_task() in self._cancelled

    async def uncancelled(self, awaitable: Awaitable[T]) -> T:
        """Await something of a user's in a task of this scope.

        Interrupted if the task is cancelled, but not by `cancel`. A timeout around a `yield`
        does that (PEP 789). Taken at its word it would pass for the end of the stream.
        """
        from asyncio import CancelledError

        try:
            return await awaitable
        except CancelledError as cancelled:
            if self.asked_to_end():
                raise
            raise Interrupted("cancelled from inside: a timeout or a task group around a yield?") from cancelled

    def note(self, call: Callable[[], object]) -> None:
        """Make a call of the clean-up; what it raises is kept for the group."""
        try:
            call()
        except Exception as error:  # noqa: BLE001 - raised as a group when the scope is left
            self._errors.append(error)

    def keep(self, error: Exception) -> None:
        """An error of a clean-up that nobody polls for any more."""
        self._errors.append(error)

    def _forget_task(self, task: Task[None]) -> None:
        self._tasks.discard(task)
        self._cancelled.discard(task)

    def _check_open(self) -> None:
        if self._left:
            raise RuntimeError("the scope was left already")
