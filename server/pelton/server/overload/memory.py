"""A soft limit on memory: over it nobody new comes in, long before the system ends the process."""

from __future__ import annotations

__all__ = ["MemoryLimit"]

AGAIN_SHARE = 0.9
"""Of the limit: below it players are taken again."""


class MemoryLimit:
    """`soft_bytes` 0 is no limit."""

    def __init__(self, soft_bytes: int) -> None:
        self.soft_bytes = soft_bytes
        self.is_over = False

    def judge(self, rss_bytes: int) -> bool:
        """Take in one measurement. Whether `is_over` is another now."""
        was_over = self.is_over
        bound = self.soft_bytes * AGAIN_SHARE if was_over else self.soft_bytes
        self.is_over = self.soft_bytes > 0 and rss_bytes > bound
        return self.is_over != was_over
