"""What the admin pages may read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pelton.server.clock import NS_PER_S, Clock
from pelton.server.metrics import Metrics
from pelton.server.simulate.lobby import Lobby
from pelton.server.tick_times import TickTimes

__all__ = ["Usage", "Watched"]


class Usage(NamedTuple):
    """What the process has used so far, and uses now."""

    cpu_ns: int
    """User and system, of all threads."""
    rss_bytes: int
    """Memory that is in RAM."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A server, seen from its admin port."""

    version: str
    loop: str
    transport: str
    clock: Clock
    started_ns: int
    lobby: Lobby
    metrics: Metrics
    times: TickTimes
    usage: Callable[[], Usage]

    @property
    def uptime_s(self) -> float:
        return (self.clock.now_ns() - self.started_ns) / NS_PER_S
