"""Of each kind of event so many lines a second, and then one that says how many more there were.

    window of a kind   |1 2 3 ... 10 · · · · ·|     the first 10 pass
                                              └──▶  the first that did not, with "(suppressed 5 of these)"

Pure: the time is an argument. Nothing is kept of a kind whose window is over, so a quiet log costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pelton.server.clock import NS_PER_S

__all__ = ["Limiter", "Limits"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is let through."""

    lines_max: int = 10
    """Of a kind, in a window."""
    window_ns: int = NS_PER_S
    kinds_max: int = 64
    """With a window of their own at a time; all others share one."""


@dataclass(slots=True)
class _Window(Generic[T]):
    ends_ns: int
    count: int = 0
    sample: T | None = None
    """The first that was suppressed."""


class Limiter(Generic[T]):
    """Counts by kind. `T` is what is kept of the first that does not pass, to be told when the window is over."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._windows: dict[Hashable, _Window[T]] = {}  # all last equally long: the first ends first

    def __len__(self) -> int:
        """Open windows."""
        return len(self._windows)

    @property
    def due_ns(self) -> int | None:
        """When the next window is over; None if there is none."""
        return next((window.ends_ns for window in self._windows.values()), None)

    def admits(self, kind: Hashable, now_ns: int, sample: Callable[[], T]) -> bool:
        """Whether one of this kind is let through. `sample` is asked for the first that is not."""
        window = self._windows.get(kind)
        if window is None:
            window = self._open(kind, now_ns)
        window.count += 1
        if window.count <= self._limits.lines_max:
            return True
        if window.sample is None:
            window.sample = sample()
        return False

    def ended(self, now_ns: int | None = None) -> list[tuple[T, int]]:
        """Close the windows that are over, all if no time is given: what was suppressed, and how many of it."""
        found: list[tuple[T, int]] = []
        while self._windows:
            kind, window = next(iter(self._windows.items()))
            if now_ns is not None and now_ns < window.ends_ns:
                break
            del self._windows[kind]
            if window.sample is not None:
                found.append((window.sample, window.count - self._limits.lines_max))
        return found

    def _open(self, kind: Hashable, now_ns: int) -> _Window[T]:
        if len(self._windows) >= self._limits.kinds_max:
            kind = None
        window = self._windows.get(kind)
        if window is None:
            window = self._windows[kind] = _Window(now_ns + self._limits.window_ns)
        return window
