"""Async functions over the items of a stream, a fixed number at a time. See `Stream.then` and `Stream.buffered`.

As many workers as may run at once, tasks of the scope, made when the stream is first polled: none per item, none in a
later poll. A worker keeps its result until it is taken, so what runs and what waits are bounded together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pelton.streams.poll import CLOSED, PENDING, ConcurrentPoll, Interrupted, Poll, Waker
from pelton.streams.stage import close_after
from pelton.streams.stream import Stream

if TYPE_CHECKING:
    from asyncio import Future, Lock, Task

    from pelton.streams.scope import Scope

__all__ = ["Buffered"]

T = TypeVar("T")
U = TypeVar("U")


class _Result:
    """What one worker has for the consumer, and the future that tells the worker it was taken."""

    __slots__ = ("error", "taken", "value")

    def __init__(self, value: Any, error: Exception | None, taken: Future[None]) -> None:
        self.value, self.error, self.taken = value, error, taken


class Buffered(Stream[U]):
    """See `Stream.buffered`."""

    def __init__(
        self, scope: Scope, source: Stream[T], function: Callable[[T], Awaitable[U]], size: int, *, ordered: bool
    ) -> None:
        if size < 1:
            raise ValueError(f"at least 1 has to run at a time, got {size}")
        self._scope = scope
        self._source: Stream[Any] = source
        self._function: Callable[[Any], Awaitable[U]] = function
        self._size = size
        self._ordered = ordered
        self._workers: list[Task[None]] = []
        self._turn: Lock
        self._begun = self._given = 0
        self._done: dict[int, _Result] = {}
        self._dry = self._closed = False
        self._error: Exception | None = None
        self._waker: Waker | None = None
        scope.adopt(self)

    @property
    def finished(self) -> bool:
        return self._closed

    def poll(self, waker: Waker | None = None) -> U | Poll:
        if self._closed:
            return CLOSED
        if not self._workers:
            self._start()
        number = self._given if self._ordered else next(iter(self._done), -1)
        result = self._done.pop(number, None)
        if result is not None:
            return self._give(result)
        if self._dry and self._given == self._begun:
            return self._end()
        if waker is not None:
            if self._waker is not None and self._waker != waker:
                raise ConcurrentPoll(self)
            self._waker = waker
        return PENDING

    def _give(self, result: _Result) -> U:
        self._given += 1
        if not result.taken.done():
            result.taken.set_result(None)
        if result.error is not None:
            close_after(self, result.error)
            raise result.error
        value: U = result.value
        return value

    def _end(self) -> Poll:
        """All that was begun has been given; what the source raised comes last."""
        if self._error is not None:
            close_after(self, self._error)
            raise self._error
        self.close()
        return CLOSED

    def _start(self) -> None:
        from asyncio import Lock

        self._turn = Lock()
        self._workers = [self._scope.spawn(self._work()) for _ in range(self._size)]
        for worker in self._workers:
            worker.add_done_callback(self._worker_done)

    async def _work(self) -> None:
        try:
            await self._scope.uncancelled(self._serve())
        except Exception as error:  # noqa: BLE001 - it is raised by poll, after what was begun
            self._stop(error)

    async def _serve(self) -> None:
        """Take items and work on them, one after the other."""
        while True:
            async with self._turn:  # one at a time: a stream has one consumer
                item = CLOSED if self._dry else await self._source.next()
                if item is CLOSED:
                    self._stop(None)
                    return
                number = self._begun
                self._begun += 1
            result = await self._result_of(item)
            if self._scope.asked_to_end():
                if result.error is not None:
                    self._scope.keep(result.error)  # nobody polls for it any more
                return
            self._done[number] = result
            self._wake()
            await result.taken

    async def _result_of(self, item: Any) -> _Result:
        from asyncio import get_running_loop

        taken = get_running_loop().create_future()
        try:
            return _Result(await self._scope.uncancelled(self._function(item)), None, taken)
        except Exception as error:  # noqa: BLE001 - it is raised by poll, in its turn
            return _Result(None, error, taken)

    def _stop(self, error: Exception | None) -> None:
        """Nothing more is begun."""
        if not self._dry:
            self._dry = True
            self._error = error
        self._wake()

    def _worker_done(self, worker: Task[None]) -> None:
        if worker.cancelled() and not self._closed and not self._scope.leaving:  # before it began, by somebody else
            self._stop(Interrupted("a task of this stream was cancelled"))

    def close(self) -> None:
        """Cancel what runs and drop what is done."""
        if self._closed:
            return
        self._closed = True
        self._scope.release(self)
        self._done.clear()
        for worker in self._workers:
            self._scope.cancel(worker)
        try:
            self._source.close()
        finally:
            self._wake()

    def forget(self) -> None:
        self._waker = None

    def _wake(self) -> None:
        waker, self._waker = self._waker, None
        if waker is not None:
            waker()
