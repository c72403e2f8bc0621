"""The numbers of `/stats`, ready to be written as JSON; docs/operations.md says what each is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from itertools import islice

from pelton.server.admin.watched import Watched
from pelton.server.clock import NS_PER_S
from pelton.server.histogram import Histogram
from pelton.server.metrics import Metrics
from pelton.server.simulate.lobby import Lobby, OpenRoom

__all__ = ["ROOMS_SHOWN_MAX", "counters", "stats"]

ROOMS_SHOWN_MAX = 200
PERCENTS = (50, 90, 99)


def stats(watched: Watched) -> dict[str, object]:
    """Everything, as objects of JSON."""
    lobby, usage = watched.lobby, watched.usage()
    return {
        "version": watched.version,
        "uptime_s": round(watched.uptime_s, 3),
        "cpu_ns": usage.cpu_ns,
        "rss_bytes": usage.rss_bytes,
        "loop": watched.loop,
        "transport": watched.transport,
        "connections": watched.metrics.connections,
        "players": lobby.players,
        "actions_waiting": sum(opened.ticker.waiting for opened in lobby),
        "metrics": counters(watched.metrics),
        "tick": _ticks(watched),
        "loop_lag_us": _lag(watched.times.lag),
        "overload": _overload(watched),
        "rooms_open": len(lobby),
        "rooms": [_room(opened) for opened in islice(lobby, ROOMS_SHOWN_MAX)],
    }


def counters(metrics: Metrics) -> dict[str, int]:
    """Every counter by its name."""
    found: dict[str, int] = {field.name: getattr(metrics, field.name) for field in fields(metrics)}
    return found


def _ticks(watched: Watched) -> dict[str, object]:
    metrics = watched.metrics
    return {
        "count": metrics.ticks,
        "overruns": metrics.ticks_overrun,
        "late": metrics.ticks_late,
        "skipped": metrics.ticks_skipped,
        "budget_us": _least_budget_us(watched.lobby),
        "duration_us": _durations(watched.times.durations),
        "duration_recent_us": _recent(watched.times.recent_ns),
    }


def _lag(lag: Histogram) -> dict[str, int | None]:
    (p99,) = lag.percentiles_us((99,))
    return {"p99": p99, "max": lag.max_us if lag.count else None}


def _overload(watched: Watched) -> dict[str, object]:
    state = watched.lobby.overload
    return {
        "step": state.step,
        "name": state.name,
        "since_s": round((watched.clock.now_ns() - max(state.since_ns, watched.started_ns)) / NS_PER_S, 3),
        "p95_share": state.p95_share,
        "dilation": state.dilation,
        "busy": state.busy,
        "is_stalling": state.is_stalling,
    }


def _least_budget_us(lobby: Lobby) -> int | None:
    return min((opened.cadence.interval_ns // 1000 for opened in lobby), default=None)


def _durations(histogram: Histogram) -> dict[str, int | None]:
    found = histogram.percentiles_us(PERCENTS)
    shares = {f"p{percent}": us for percent, us in zip(PERCENTS, found, strict=True)}
    return {**shares, "max": histogram.max_us if histogram.count else None, "count": histogram.count}


def _recent(durations_ns: Sequence[int]) -> dict[str, int | None]:
    """Exact, as there are few."""
    ranked = sorted(durations_ns)
    count = len(ranked)
    ranks = {f"p{percent}": math.ceil(percent * count / 100) - 1 for percent in PERCENTS}
    shares = {name: _us(ranked[rank]) if count else None for name, rank in ranks.items()}
    return {**shares, "max": _us(ranked[-1]) if count else None, "count": count}


def _us(ns: int) -> int:
    return -(-ns // 1000)


def _room(opened: OpenRoom) -> dict[str, object]:
    ticker, times = opened.ticker, opened.times
    p50, p99 = times.durations.percentiles_us((50, 99))
    return {
        "room_id": opened.room_id,
        "game": ticker.game,
        "players": ticker.taken,
        "seats": ticker.room.seats,
        "tick": ticker.tick,
        "tick_hz": ticker.room.tick_hz,
        "ticks": times.durations.count,
        "actions_waiting": ticker.waiting,
        "overruns": times.overruns,
        "budget_us": opened.cadence.interval_ns // 1000,
        "duration_us": {"p50": p50, "p99": p99, "max": times.durations.max_us if times.durations.count else None},
    }
