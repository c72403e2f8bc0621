"""What the server does without while it has too much to do: one rung at a time, up soon and down late.

    normal -> far_slower -> patch_rate_lower -> cosmetic_shed -> admission_closed -> time_dilated: x1.25, x1.5, x2
    rung 0    1             2                   3                4                   5             6      7

The load is a share of the budget at full speed, so that what is dilated is not taken for light. Two marks apart
and two numbers of windows keep it from going up and down all the time. Deterministic; reads no clock.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NORMAL", "STEPS", "Ladder", "Marks", "Rung", "Window"]

STEPS = ("normal", "far_slower", "patch_rate_lower", "cosmetic_shed", "admission_closed", "time_dilated")
"""The steps by number."""
LATE_HIGH = 0.2
"""A window is heavy in which more ticks than this share were late or skipped, whatever their work was."""
LATE_LOW = 0.05


@dataclass(frozen=True, slots=True)
class Rung:
    """What is in effect."""

    step: int
    dilation: float = 1.0
    """By how much ticks are farther apart."""

    @property
    def name(self) -> str:
        return STEPS[self.step]


NORMAL = Rung(0)
RUNGS = (*(Rung(step) for step in range(5)), Rung(5, 1.25), Rung(5, 1.5), Rung(5, 2.0))


@dataclass(frozen=True, slots=True)
class Window:
    """What was measured in about a second."""

    load: float
    """Of the budget at full speed: of the heaviest room (p95 of its ticks), or of all together, whichever is more."""
    late_share: float = 0.0
    """Of all ticks those that were late or skipped."""


@dataclass(frozen=True, slots=True)
class Marks:
    """When to go up and down. `low` is below `high`."""

    high: float
    low: float
    up_after_windows: int
    down_after_windows: int


class Ladder:
    """Where the process stands. `judge` moves it by a rung at most."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._index = 0
        self._heavy = self._light = 0
        """Windows in a row since the last change."""

    @property
    def rung(self) -> Rung:
        return RUNGS[self._index]

    def judge(self, window: Window) -> bool:
        """Take in one window. Whether the rung is another now."""
        marks = self._marks
        is_heavy = window.load / self.rung.dilation > marks.high or window.late_share > LATE_HIGH
        is_light = window.load < marks.low and window.late_share <= LATE_LOW
        self._heavy = self._heavy + 1 if is_heavy else 0
        self._light = self._light + 1 if is_light else 0
        if self._heavy >= marks.up_after_windows:
            return self._move(self._index + 1)
        if self._light >= marks.down_after_windows:
            return self._move(self._index - 1)
        return False

    def _move(self, index: int) -> bool:
        self._heavy = self._light = 0
        if not 0 <= index < len(RUNGS):
            return False
        self._index = index
        return True
