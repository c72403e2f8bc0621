"""How long ticks took: of each room, of each game, and of the process. The beat adds, the admin port reads.

A tick's duration is that of its work: the game's step and the frames written, not the look at the sockets before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque

from pelton.server.clock import NS_PER_S
from pelton.server.histogram import Histogram

__all__ = ["BOUNDS_NS", "GameTimes", "RoomTimes", "TickTimes"]

BOUNDS_NS = tuple(
    us * 1000 for us in (500, 1000, 2500, 5000, 10_000, 16_000, 25_000, 33_000, 50_000, 100_000, 250_000, 1_000_000)
)
"""Where monitoring systems want their buckets to end: the same for all games, so that they can be summed."""
RECENT_MAX = 4096
LOG_INTERVAL_NS = NS_PER_S


class RoomTimes:
    """Of one room."""

    __slots__ = ("_log_from_ns", "_unlogged", "durations", "overruns")

    def __init__(self) -> None:
        self.durations = Histogram()
        self.overruns = 0
        self._log_from_ns: int | None = None
        self._unlogged = 0

    def overran(self, now_ns: int) -> int | None:
        """Count an overrun. How many were not logged since the last that was; None if this one is not to be logged."""
        self.overruns += 1
        if self._log_from_ns is not None and now_ns < self._log_from_ns:
            self._unlogged += 1
            return None
        self._log_from_ns = now_ns + LOG_INTERVAL_NS
        unlogged, self._unlogged = self._unlogged, 0
        return unlogged


class GameTimes:
    """Of all rooms of a game, also of those that are gone."""

    __slots__ = ("counts", "overruns", "sum_ns")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_NS) + 1)
        """How many ended within each bound and not within the one before; the last are beyond all."""
        self.sum_ns = 0
        self.overruns = 0


class TickTimes:
    """Of the whole process. Bounded by the number of games that the configuration offers."""

    def __init__(self) -> None:
        self.durations = Histogram()
        self.recent_ns: deque[int] = deque(maxlen=RECENT_MAX)
        """The last 4,096 ticks, in their order."""
        self.games: dict[str, GameTimes] = {}
        self.lag = Histogram()
        """How late the beat was, each time: what held up the loop."""

    def game(self, name: str) -> GameTimes:
        """The times of a game, from its first tick on."""
        times = self.games.get(name)
        if times is None:
            times = self.games[name] = GameTimes()
        return times

    def add(self, game: str, duration_ns: int) -> None:
        """Count one tick."""
        self.durations.add(duration_ns)
        self.recent_ns.append(duration_ns)
        times = self.game(game)
        times.counts[bisect_left(BOUNDS_NS, duration_ns)] += 1
        times.sum_ns += duration_ns
