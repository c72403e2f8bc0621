"""What `/stats` told, checked and typed. A key that is not there, as with another version, counts as not told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

__all__ = ["BadStats", "RoomStats", "Snapshot", "Spread", "State", "read"]

State: TypeAlias = Mapping[str, "str | float | bool"]
"""What a part of the server says of itself, such as the step of its overload ladder."""


class BadStats(Exception):
    """The answer is not that of a Pelton server."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations in microseconds; None where nothing was measured."""

    p50_us: float | None
    p99_us: float | None
    max_us: float | None


@dataclass(frozen=True, slots=True)
class RoomStats:
    """One room."""

    room_id: str
    game: str
    players: int
    seats: int
    tick_hz: float
    overruns: int
    waiting: int
    """Actions that no tick has taken yet."""
    budget_us: float
    duration: Spread

    @property
    def share(self) -> float:
        """Of its budget that 99 of 100 ticks keep to."""
        return (self.duration.p99_us or 0.0) / self.budget_us if self.budget_us else 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A server at one moment."""

    version: str
    loop: str
    transport: str
    uptime_s: float
    cpu_ns: int
    rss_bytes: int
    connections: int
    players: int
    rooms_open: int
    waiting: int
    budget_us: float | None
    """Of the fastest room."""
    recent: Spread
    """Of the last ticks of all rooms."""
    counters: Mapping[str, float]
    refusals: Mapping[str, float]
    """By reason, where the server tells them."""
    states: Mapping[str, State]
    """By what it is the state of."""
    rooms: tuple[RoomStats, ...]


STATES = ("overload", "admission")
TEXT_MAX = 64


def read(stats: object) -> Snapshot:
    """Read an answer of `/stats`. BadStats if it is none."""
    if not isinstance(stats, dict) or not {"version", "metrics", "tick"} <= set(cast("dict[str, object]", stats)):
        raise BadStats("the answer is not that of a Pelton server")
    told = cast("dict[str, object]", stats)
    tick = _object(told, "tick")
    return Snapshot(
        version=_text(told, "version"),
        loop=_text(told, "loop"),
        transport=_text(told, "transport"),
        uptime_s=_number(told, "uptime_s"),
        cpu_ns=int(_number(told, "cpu_ns")),
        rss_bytes=int(_number(told, "rss_bytes")),
        connections=int(_number(told, "connections")),
        players=int(_number(told, "players")),
        rooms_open=int(_number(told, "rooms_open")),
        waiting=int(_number(told, "actions_waiting")),
        budget_us=_maybe(tick, "budget_us"),
        recent=_spread(_object(tick, "duration_recent_us")),
        counters=_numbers(_object(told, "metrics")),
        refusals=_numbers(_object(told, "refusals")),
        states={name: _state(told[name]) for name in STATES if told.get(name) is not None},
        rooms=tuple(map(_room, _objects(told, "rooms"))),
    )


def _room(told: Mapping[str, object]) -> RoomStats:
    return RoomStats(
        room_id=_text(told, "room_id"),
        game=_text(told, "game"),
        players=int(_number(told, "players")),
        seats=int(_number(told, "seats")),
        tick_hz=_number(told, "tick_hz"),
        overruns=int(_number(told, "overruns")),
        waiting=int(_number(told, "actions_waiting")),
        budget_us=_number(told, "budget_us"),
        duration=_spread(_object(told, "duration_us")),
    )


def _spread(told: Mapping[str, object]) -> Spread:
    return Spread(_maybe(told, "p50"), _maybe(told, "p99"), _maybe(told, "max"))


def _state(told: object) -> State:
    """Its values that can be shown in a few words; a bare word is the state itself."""
    if not isinstance(told, dict):
        return {"state": _shown(told)}
    pairs = cast("dict[str, object]", told).items()
    return {_shown(key): value if isinstance(value, (int, float)) else _shown(value) for key, value in pairs}


def _shown(value: object) -> str:
    text = str(value)[:TEXT_MAX]
    return "".join(character if character.isprintable() else "?" for character in text)


def _text(told: Mapping[str, object], key: str) -> str:
    value = told.get(key)
    return _shown(value) if isinstance(value, str) else "?"


def _maybe(told: Mapping[str, object], key: str) -> float | None:
    value = told.get(key)
    return value if isinstance(value, (int, float)) and abs(value) < 2**63 else None


def _number(told: Mapping[str, object], key: str) -> float:
    return _maybe(told, key) or 0


def _numbers(told: Mapping[str, object]) -> dict[str, float]:
    return {_shown(key): value for key in told if (value := _maybe(told, key)) is not None}


def _object(told: Mapping[str, object], key: str) -> dict[str, object]:
    value = told.get(key)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _objects(told: Mapping[str, object], key: str) -> Iterator[dict[str, object]]:
    values = told.get(key)
    for value in cast("list[object]", values) if isinstance(values, list) else ():
        if isinstance(value, dict):
            yield cast("dict[str, object]", value)
