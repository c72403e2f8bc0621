"""What happened besides ticks, in the order in which it did: who came and went, what was refused, what went wrong."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from heapq import merge
from typing import NamedTuple

__all__ = ["DETAIL_MAX", "KINDS", "Event", "Events"]

KINDS = (
    "join", "leave", "drop", "resume", "kick", "refusal", "ladder", "overrun", "fault", "stall", "admin", "dump",
)  # fmt: skip
DETAIL_MAX = 200
"""Characters; what a client sent may be in it."""


class Event(NamedTuple):
    """One entry."""

    number: int
    """Counted from 1: ask for those since the last that you have."""
    tick: int
    """The room's, which was under way or came last."""
    at_ns: int
    """On the server's monotonic clock."""
    kind: str
    """One of KINDS."""
    player: int = 0
    """By id; 0 for nobody."""
    seq: int = 0
    """Of the action that was refused."""
    name: str = ""
    """Of the action, the step of the ladder, the callback, what an admin did."""
    reason: str = ""
    """Why an action was refused."""
    detail: str = ""


class Events:
    """The last `count_max` of them, and besides, the last `count_max` refusals: a flood of these hides nothing else."""

    __slots__ = ("_numbers", "_others", "_refusals", "newest")

    def __init__(self, count_max: int) -> None:
        self._numbers = itertools.count(1)
        self._others: deque[Event] = deque(maxlen=count_max)
        self._refusals: deque[Event] = deque(maxlen=count_max)
        self.newest = 0
        """The number of the last one; 0 if there was none."""

    def __len__(self) -> int:
        return len(self._others) + len(self._refusals)

    def add(
        self,
        tick: int,
        at_ns: int,
        kind: str,
        *,
        player: int = 0,
        seq: int = 0,
        name: str = "",
        reason: str = "",
        detail: str = "",
    ) -> None:
        """Keep one. Also called by the watchdog's thread."""
        number = self.newest = next(self._numbers)
        entry = Event(number, tick, at_ns, kind, player, seq, name[:DETAIL_MAX], reason, detail[:DETAIL_MAX])
        (self._refusals if kind == "refusal" else self._others).append(entry)

    def since(self, number: int = 0) -> Iterator[Event]:
        """Those after this one, oldest first."""
        others, refusals = list(self._others), list(self._refusals)
        return (event for event in merge(others, refusals) if event.number > number)

    def copy(self) -> list[Event]:
        """As it is now."""
        return list(self.since())
