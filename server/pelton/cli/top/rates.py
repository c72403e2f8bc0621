"""What happened between two looks, per second of the server's own time; and the rooms in the order asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pelton.cli.top.snapshot import RoomStats, Snapshot

__all__ = ["SORTS", "View", "view"]

SORTS = ("p99", "players", "overruns")
NEVER_FALL = ("ticks", "connections_total", "frames_sent", "actions_taken")
"""While it is the same server."""


@dataclass(frozen=True, slots=True)
class View:
    """What is to be seen of a server now. Rates are None where there is nothing to compare with yet."""

    now: Snapshot
    cpu: float | None
    """Cores."""
    rates: Mapping[str, float] | None
    """Of each counter, per second."""
    refusals: Mapping[str, float]
    """By reason, per second; those that happened."""
    rooms: Sequence[RoomStats]
    restarted: bool
    """The server is another than at the last look."""

    def rate(self, counter: str) -> float | None:
        """None if it is not known yet, or if this server does not count it."""
        return None if self.rates is None else self.rates.get(counter)


def view(before: Snapshot | None, now: Snapshot, sort: str) -> View:
    """Compare two looks, the second with the first."""
    rooms = sorted(now.rooms, key=_key(sort))
    if before is None:
        return View(now, None, None, {}, rooms, restarted=False)
    passed_s = now.uptime_s - before.uptime_s
    if passed_s < 0 or now.cpu_ns < before.cpu_ns or _fell(before.counters, now.counters):
        return View(now, None, None, {}, rooms, restarted=True)
    if not passed_s:
        return View(now, None, None, {}, rooms, restarted=False)
    refusals = _rates(before.refusals, now.refusals, passed_s)
    return View(
        now=now,
        cpu=(now.cpu_ns - before.cpu_ns) / 1e9 / passed_s,
        rates=_rates(before.counters, now.counters, passed_s),
        refusals={reason: rate for reason, rate in refusals.items() if rate > 0},
        rooms=rooms,
        restarted=False,
    )


def _fell(before: Mapping[str, float], now: Mapping[str, float]) -> bool:
    return any(now.get(name, 0) < before.get(name, 0) for name in NEVER_FALL)


def _rates(before: Mapping[str, float], now: Mapping[str, float], passed_s: float) -> dict[str, float]:
    """Of what grew or stood still: a number that fell is no counter."""
    grown = {name: count - before.get(name, 0) for name, count in now.items()}
    return {name: more / passed_s for name, more in grown.items() if more >= 0}


def _key(sort: str) -> Callable[[RoomStats], tuple[float, str]]:
    """The most first; rooms that are alike stay where they are from look to look."""
    match sort:
        case "players":
            return lambda room: (-room.players, room.room_id)
        case "overruns":
            return lambda room: (-room.overruns, room.room_id)
        case _:
            return lambda room: (-room.share, room.room_id)
