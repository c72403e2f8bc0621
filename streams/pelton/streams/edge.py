"""Where a polled stream meets `await`: one future, made only while somebody waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pelton.streams.poll import Budget, ConcurrentPoll

if TYPE_CHECKING:
    from asyncio import Future

__all__ = ["Edge"]

DROPS_PER_TURN = 128
"""After so many items dropped by filters, others on the loop have their turn (as tokio's cooperative budget)."""


class Edge(Budget):
    """The waker of the async side: one per stream, so that a cancelled wait and the next one are the same consumer."""

    __slots__ = ("_future", "_left", "called")

    def __init__(self) -> None:
        self._future: Future[None] | None = None
        self._left = DROPS_PER_TURN
        self.called = False
        """Whether it was called since the last poll, perhaps from within it."""

    def __call__(self) -> None:
        self.called = True
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    def spend(self) -> bool:
        self._left -= 1
        if self._left > 0:
            return True
        self()
        return False

    def renew(self) -> None:
        """Before each poll."""
        self.called = False
        self._left = DROPS_PER_TURN

    async def woken(self, stream: object) -> None:
        """Park until called; if that has happened already, let others run once."""
        from asyncio import get_running_loop, sleep  # only who awaits needs a loop: the core runs without one

        if self._future is not None:
            raise ConcurrentPoll(stream)
        if self.called:
            await sleep(0)
            return
        self._future = get_running_loop().create_future()
        try:
            await self._future
        finally:
            self._future = None
