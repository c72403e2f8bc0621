"""Rooms and their players, for the inspector."""

from __future__ import annotations

from itertools import islice

from pelton.server.admin.controls import Controls
from pelton.server.admin.watched import Watched
from pelton.server.simulate.lobby import OpenRoom
from pelton.server.simulate.seat import Seat

__all__ = ["PLAYERS_MAX", "ROOMS_MAX", "players_told", "room_told", "rooms_told"]

ROOMS_MAX = 200
PLAYERS_MAX = 200


def rooms_told(watched: Watched, controls: Controls) -> dict[str, object]:
    """All rooms, those that are gone and recorded, and what they share."""
    lobby, recorder = watched.lobby, controls.recorder
    overload = lobby.overload
    return {
        "version": watched.version,
        "now_ns": watched.clock.now_ns(),
        "uptime_s": round(watched.uptime_s, 3),
        "recorder": recorder.is_on,
        "closing": lobby.closing,
        "overload": {"step": overload.step, "name": overload.name, "dilation": overload.dilation},
        "rooms": [room_told(opened) for opened in islice(lobby, ROOMS_MAX)],
        "left_out": max(len(lobby) - ROOMS_MAX, 0),
        "ended": [
            {"room_id": tape.room_id, "game": tape.game, "tick_hz": tape.tick_hz, "tick": tape.ring.newest}
            for tape in recorder.ended
        ],
    }


def room_told(opened: OpenRoom) -> dict[str, object]:
    """One room."""
    ticker, times = opened.ticker, opened.times
    p50, p99 = times.durations.percentiles_us((50, 99))
    return {
        "room_id": opened.room_id,
        "game": ticker.game,
        "players": ticker.taken,
        "seats": ticker.room.seats,
        "tick": ticker.tick,
        "tick_hz": ticker.room.tick_hz,
        "budget_ns": opened.cadence.interval_ns,
        "paused": opened.is_paused,
        "locked": ticker.room.locked,
        "overruns": times.overruns,
        "actions_waiting": ticker.waiting,
        "duration_us": {"p50": p50, "p99": p99, "max": times.durations.max_us if times.durations.count else None},
    }


def players_told(opened: OpenRoom, controls: Controls, first: int, limit: int) -> dict[str, object]:
    """The players of a room in the order of joining, a page of them."""
    seats = opened.ticker.seats
    page = seats[first : first + limit]
    left = len(seats) - first - len(page)
    return {
        "room_id": opened.room_id,
        "tick": opened.ticker.tick,
        "total": len(seats),
        "reserved": opened.ticker.taken - len(seats),
        "players": [_player(opened, seat, controls) for seat in page],
        "next": first + len(page) if left > 0 else None,
    }


def _player(opened: OpenRoom, seat: Seat, controls: Controls) -> dict[str, object]:
    player, lane = seat.player, controls.lane(opened, seat)
    tick_ms = opened.cadence.interval_ns / 1e6
    lag_ticks = max(lane.written_tick - lane.heard_tick, 0) if lane is not None else None
    return {
        "player_id": player.id,
        "name": player.name,
        "connected": not seat.away,
        "standing": seat.standing.value,
        "round_trip_us": controls.round_trip_us(seat),
        "unheard_ticks": lag_ticks,
        "unheard_ms": None if lag_ticks is None else round(lag_ticks * tick_ms, 1),
        "focus": player.focus,
        "inbox": {"waiting": len(seat.inbox), "max": seat.inbox.hard},
        "received_seq": seat.received,
        "acked_seq": seat.acked,
        "refusals": dict(seat.refusals),
        "lanes": None
        if lane is None
        else {
            "events_waiting": lane.events_waiting,
            "events_unheard": lane.events_unheard,
            "refusals_waiting": lane.refusals_waiting,
            "owed": lane.is_owed,
            "busy": lane.is_busy,
            "skipped": lane.skipped,
            "paced": lane.pace > 1,
            "written_tick": lane.written_tick,
            "heard_tick": lane.heard_tick,
        },
    }
