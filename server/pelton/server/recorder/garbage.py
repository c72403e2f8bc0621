"""Garbage collections of this process: how long they took. They stop every thread, and so the tick under way."""

from __future__ import annotations

import gc
from collections.abc import Callable

__all__ = ["Garbage"]

GENERATION = "generation"


class Garbage:
    """`start`, then read; `stop` at the end."""

    __slots__ = ("_begun_ns", "_now_ns", "generation", "total_ns")

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._begun_ns = 0
        self.total_ns = 0
        """Of all so far."""
        self.generation = -1
        """The oldest that was collected since somebody set this to -1."""

    def start(self) -> None:
        """Have the interpreter tell. Nothing happens if it does already."""
        if self._note not in gc.callbacks:
            gc.callbacks.append(self._note)

    def stop(self) -> None:
        """Nothing happens if it was not started."""
        if self._note in gc.callbacks:
            gc.callbacks.remove(self._note)

    def _note(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._begun_ns = self._now_ns()
        elif self._begun_ns:
            self.total_ns += self._now_ns() - self._begun_ns
            self._begun_ns = 0
            self.generation = max(self.generation, info[GENERATION])
