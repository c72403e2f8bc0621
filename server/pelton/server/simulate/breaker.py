"""A game that fails all the time is not started over and over: after too many faults no room is made for a while."""

from __future__ import annotations

import logging
from collections import deque

from pelton.server.clock import NS_PER_S

__all__ = ["Breaker"]

log = logging.getLogger(__name__)

MINUTE_NS = 60 * NS_PER_S


class Breaker:
    """Counts the faults of each game. Bounded: the last `per_minute_max` + 1 of each."""

    def __init__(self, per_minute_max: int) -> None:
        self._per_minute_max = per_minute_max
        self._faults: dict[str, deque[int]] = {}

    def fault(self, game: str, now_ns: int) -> None:
        """A room of this game ended by a fault, or could not be made."""
        was_open = self.is_open(game, now_ns)
        faults = self._faults.setdefault(game, deque(maxlen=self._per_minute_max + 1))
        faults.append(now_ns)
        if not was_open and self.is_open(game, now_ns):
            log.error(
                "%s failed %d times within a minute: no room of it is made until it has been quiet for a while",
                game,
                len(faults),
            )

    def is_open(self, game: str, now_ns: int) -> bool:
        """Whether no room of this game is to be made now. Ends by itself, as the faults grow old."""
        faults = self._faults.get(game)
        return faults is not None and len(faults) > self._per_minute_max and now_ns - faults[0] < MINUTE_NS
