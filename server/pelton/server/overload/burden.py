"""One room that alone takes more than its share: first half its rate, then its end, so that its neighbours are unhurt.

full ──(to blame for timeout_s)──▶ slowed ──(to blame for timeout_s)──▶ closed
  ▲                                  │
  └──(light for calm_windows)────────┘
"""

from __future__ import annotations

from enum import Enum

__all__ = ["Burden", "Sentence"]


class Sentence(Enum):
    """What happens to the room."""

    NOTHING = "nothing"
    SLOW = "slow"
    """Half its tick rate."""
    RESTORE = "restore"
    """Its own tick rate again."""
    CLOSE = "close"


class Burden:
    """The record of one room. `timeout_ns` 0 lets every room do as it likes."""

    __slots__ = ("_blamed_since_ns", "_calm", "_calm_windows", "_timeout_ns", "slowed")

    def __init__(self, timeout_ns: int, calm_windows: int) -> None:
        self._timeout_ns = timeout_ns
        self._calm_windows = calm_windows
        self._blamed_since_ns: int | None = None
        self._calm = 0
        self.slowed = False

    def judge(self, now_ns: int, *, is_blamed: bool, is_light: bool) -> Sentence:
        """Take in one window."""
        self._calm = self._calm + 1 if is_light else 0
        if not is_blamed or not self._timeout_ns:
            self._blamed_since_ns = None
            if self.slowed and self._calm >= self._calm_windows:
                self.slowed = False
                return Sentence.RESTORE
            return Sentence.NOTHING
        if self._blamed_since_ns is None:
            self._blamed_since_ns = now_ns
        if now_ns - self._blamed_since_ns < self._timeout_ns:
            return Sentence.NOTHING
        self._blamed_since_ns = now_ns
        if self.slowed:
            return Sentence.CLOSE
        self.slowed = True
        return Sentence.SLOW
