"""What the thread that asks has run so far, as the system counts it, and how often it stood still.

Two calls into the kernel of nearly a microsecond each: the first is made once a tick, the second once in a turn, and
both after ticks that were long. `getrusage` has both, but counts the time in steps of milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Switches", "ThreadUse"]

Switches: TypeAlias = tuple[int, int]
"""How often the system took the core away, and how often the thread gave it up to wait."""


def _no_switches() -> Switches:
    return 0, 0


def _switches() -> Callable[[], Switches]:
    """What counts them; where the system does not, there are none."""
    try:
        import resource
    except ImportError:  # Windows
        return _no_switches
    thread: int | None = getattr(resource, "RUSAGE_THREAD", None)
    if thread is None:  # macOS
        return _no_switches

    def count() -> Switches:
        found = resource.getrusage(thread)
        return found.ru_nivcsw, found.ru_nvcsw

    return count


class ThreadUse:
    """Of the thread that calls it, always the same."""

    __slots__ = ("_before", "_count", "cpu_ns")

    def __init__(
        self, cpu_ns: Callable[[], int] = time.thread_time_ns, count: Callable[[], Switches] | None = None
    ) -> None:
        self.cpu_ns = cpu_ns
        """What it has run."""
        self._count = count or _switches()
        self._before: Switches = (0, 0)

    def mark(self) -> None:
        """Count switches from now on."""
        self._before = self._count()

    def switches(self) -> Switches:
        """Those since then; they are not told again."""
        now, before = self._count(), self._before
        self._before = now
        return now[0] - before[0], now[1] - before[1]
