"""What the thread that asks has run so far, as the system counts it, and how often the core was taken away from it.

Two calls into the kernel of nearly a microsecond each: the first is made once a tick, the second 20 times a second, and
both after ticks that were long. `getrusage` has both, but counts the time in steps of milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["ThreadUse"]

MARK_NS = 50_000_000


def _no_switches() -> int:
    return 0


def _switches() -> Callable[[], int]:
    """What counts them; where the system does not, there are none."""
    try:
        import resource
    except ImportError:  # Windows
        return _no_switches
    thread: int | None = getattr(resource, "RUSAGE_THREAD", None)
    if thread is None:  # macOS
        return _no_switches
    return lambda: resource.getrusage(thread).ru_nivcsw


class ThreadUse:
    """Of the thread that calls it, always the same."""

    __slots__ = ("_before", "_count", "_marked_ns", "cpu_ns")

    def __init__(
        self, cpu_ns: Callable[[], int] = time.thread_time_ns, switches: Callable[[], int] | None = None
    ) -> None:
        self.cpu_ns = cpu_ns
        """What it has run."""
        self._count = switches or _switches()
        self._before = self._marked_ns = 0

    def mark(self, now_ns: int) -> None:
        """Count switches from now on, or from a moment ago."""
        if now_ns - self._marked_ns > MARK_NS:
            self._marked_ns = now_ns
            self._before = self._count()

    def switches(self) -> int:
        """How often the core was taken away since; they are not told again."""
        now = self._count()
        found, self._before = now - self._before, now
        return found
