"""One beat for all bots of a process: sockets are looked at and sleepers woken together, a few hundred times a second.

Woken one by one, by a timer and a packet each, the process would spend more on waking up than on the bots. Who sleeps
wakes at the first turn after its time, so up to `TURN_S` late and never early.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["TURN_S", "Turns"]

TURN_S = 0.002


class Turns:
    """Turns on the event loop that is running at its first use, while there is something to do."""

    def __init__(self, turn_s: float = TURN_S, now_s: Callable[[], float] = time.monotonic) -> None:
        self._turn_s = turn_s
        self._now_s = now_s
        self._sleepers: dict[int, list[asyncio.Future[None]]] = {}
        """By the number of the turn that wakes them."""
        self._next = 0
        self._look: Callable[[], bool] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def look_with(self, look: Callable[[], bool]) -> None:
        """Call this in each turn, until it answers that there is nothing to look at any more."""
        self._look = look
        self._start()

    def sleep(self, seconds: float) -> asyncio.Future[None]:
        """To be awaited: done once so much time is over."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        turn = int((self._now_s() + seconds) / self._turn_s) + 1
        self._sleepers.setdefault(turn, []).append(future)
        self._start()
        return future

    def _start(self) -> None:
        if self._timer is None:
            self._next = int(self._now_s() / self._turn_s)
            self._wait()

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._turn_s, self._turn)

    def _turn(self) -> None:
        self._timer = None
        try:
            if self._look is not None and not self._look():
                self._look = None
            self._wake()
        finally:
            if self._look is not None or self._sleepers:
                self._wait()

    def _wake(self) -> None:
        now, sleepers = int(self._now_s() / self._turn_s), self._sleepers
        while self._next <= now:
            for future in sleepers.pop(self._next, ()):
                if not future.done():
                    future.set_result(None)
            self._next += 1
