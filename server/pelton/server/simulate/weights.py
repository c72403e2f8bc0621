"""How many bytes of actions may wait for one player, besides how many actions.

An inbox counts items, and counting bytes as well would cost every action of every player. So each action may be short:
a share of half of the bytes, however many wait. Longer ones are rare; they are weighed, and have the other half.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from pelton.streams import Inbox

__all__ = ["Weights"]


class Weights:
    """Keeps what waits in an inbox within `bytes_max`. Ask it about actions of more than `short_bytes` only."""

    __slots__ = ("_bytes", "_bytes_max", "_inbox", "_long", "short_bytes")

    def __init__(self, inbox: Inbox[Any], bytes_max: int) -> None:
        self._inbox = inbox
        self.short_bytes = bytes_max // 2 // inbox.hard
        self._bytes_max = bytes_max - self.short_bytes * inbox.hard
        self._long: deque[tuple[int, int]] = deque()
        """Of each long action that waits, how many had been accepted with it, and its bytes."""
        self._bytes = 0

    def admits(self, size: int) -> bool:
        """Whether a long action of so many bytes finds room; if so, offer it to the inbox now."""
        inbox, long = self._inbox, self._long
        taken = inbox.delivered
        while long and long[0][0] <= taken:
            self._bytes -= long.popleft()[1]
        if self._bytes + size > self._bytes_max:
            return False
        if len(inbox) < inbox.hard:  # else it will be shed
            long.append((inbox.accepted + 1, size))
            self._bytes += size
        return True
