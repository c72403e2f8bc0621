"""Notices a connection that is dead without having been closed: a server answers pings, so silence tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["SILENCE_S", "Silence"]

SILENCE_S = 12.0
"""Without a message of the server's. Longer than a server may stand still and go on as if nothing had been."""


class Silence:
    """Looks twice in that time: asks for an answer, and calls `dead` if nothing has come since it asked."""

    def __init__(self, ask: Callable[[], None], is_deaf: Callable[[], bool], dead: Callable[[], None]) -> None:
        self._ask = ask
        self._is_deaf = is_deaf
        """Whether nothing is read on purpose; then nothing can be told."""
        self._dead = dead
        self._timer: asyncio.TimerHandle | None = None
        self.heard = True
        """To be set with every message."""

    def watch(self) -> None:
        """Begin, or go on."""
        self.stop()
        self.heard = True
        self._wait()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(SILENCE_S / 2, self._look)

    def _look(self) -> None:
        if not self.heard and not self._is_deaf():
            self._timer = None
            self._dead()
            return
        self.heard = False
        self._ask()
        self._wait()
