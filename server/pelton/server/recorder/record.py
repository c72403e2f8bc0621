"""A room's record, wherever it comes from: memory, a dump, or the admin port. Read-only, and checked when it is read.

As JSON lines: a header, each tick as an array in the order of `header["columns"]`, each event as an object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from pelton.server.recorder.events import Event
from pelton.server.recorder.row import TickRow

__all__ = ["BadRecord", "Record", "read_lines", "read_object", "written"]

Json: TypeAlias = Mapping[str, object]
FORMAT = "pelton-record-1"


class BadRecord(ValueError):
    """What should be a record is none; says where and why."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a room. `ticks` and `events` are in order, and may be only some of all."""

    room_id: str
    game: str
    tick_hz: float
    now_ns: int
    """When it was made, on the server's monotonic clock, as all times in it."""
    ticks: tuple[TickRow, ...]
    events: tuple[Event, ...]
    written_at: str = ""
    """When it was made, in UTC."""
    why: str = ""
    """Why it was written down."""
    oldest: int = 0
    newest: int = 0
    """The ticks that there were, if these are only some."""

    def tick(self, number: int) -> TickRow | None:
        """A tick; None if it is not in it."""
        return next((row for row in self.ticks if row.tick == number), None)

    def header(self) -> dict[str, object]:
        """All but ticks and events."""
        return {
            "format": FORMAT,
            "room_id": self.room_id,
            "game": self.game,
            "tick_hz": self.tick_hz,
            "now_ns": self.now_ns,
            "written_at": self.written_at,
            "why": self.why,
            "oldest": self.oldest,
            "newest": self.newest,
        }


def written(record: Record) -> Iterator[bytes]:
    """Line by line."""
    yield _line({**record.header(), "columns": list(TickRow._fields)})
    for row in record.ticks:
        yield _line(list(row))
    for event in record.events:
        yield _line(event._asdict())


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def read_lines(lines: Iterable[bytes | str], name: str) -> Record:
    """A record that was written. BadRecord names file and line."""
    header: Json | None = None
    columns: list[str] = []
    ticks: list[TickRow] = []
    events: list[Event] = []
    for number, line in enumerate(lines, 1):
        where = f"{name}, line {number}"
        try:
            value: object = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadRecord(f"{where}: not JSON: {error!s:.80}") from None
        if header is None:
            header = _header(value, where)
            columns = [str(column) for column in _array(header.get("columns"), f"{where}, columns")]
        elif isinstance(value, list):
            ticks.append(_row(dict(zip(columns, cast("list[object]", value), strict=False)), where))
        else:
            events.append(_event(value, where))
    if header is None:
        raise BadRecord(f"{name}: empty; a record begins with a line of JSON with its format, {FORMAT}")
    return _record(header, ticks, events)


def read_object(answer: object, name: str) -> Record:
    """A record as the admin port tells it: one object, ticks as objects. BadRecord says what is wrong."""
    told = _header(answer, name)
    ticks = [_row(_object(row, f"{name}, ticks"), f"{name}, ticks") for row in _array(told.get("ticks"), name)]
    events = [_event(event, f"{name}, events") for event in _array(told.get("events"), name)]
    return _record(told, ticks, events)


def _record(header: Json, ticks: list[TickRow], events: list[Event]) -> Record:
    hz = header.get("tick_hz")
    return Record(
        room_id=str(header.get("room_id", "?")),
        game=str(header.get("game", "?")),
        tick_hz=hz if isinstance(hz, (int, float)) else 0,
        now_ns=_int(header, "now_ns"),
        ticks=tuple(ticks),
        events=tuple(events),
        written_at=str(header.get("written_at", "")),
        why=str(header.get("why", "")),
        oldest=_int(header, "oldest") or (ticks[0].tick if ticks else 0),
        newest=_int(header, "newest") or (ticks[-1].tick if ticks else 0),
    )


def _header(value: object, where: str) -> Json:
    told = _object(value, where)
    if told.get("format") != FORMAT:
        raise BadRecord(
            f"{where}: not a record of Pelton: expected the format {FORMAT}, got {told.get('format')!r:.40}"
        )
    return told


def _row(told: Json, where: str) -> TickRow:
    """A column that is not there, as of another version, is 0."""
    values = [str(told.get(name, "")) if name == "callback" else _int(told, name, where) for name in TickRow._fields]
    return TickRow(*values)  # type: ignore[arg-type] # an int each, and the one that is a str


def _event(value: object, where: str) -> Event:
    told = _object(value, where)
    numbers = {name: _int(told, name, where) for name in ("number", "tick", "at_ns", "player", "seq")}
    words = {name: str(told.get(name, "")) for name in ("kind", "name", "reason", "detail")}
    return Event(
        numbers["number"], numbers["tick"], numbers["at_ns"], words["kind"], numbers["player"], numbers["seq"],
        words["name"], words["reason"], words["detail"],
    )  # fmt: skip


def _int(told: Json, key: str, where: str = "") -> int:
    value = told.get(key, 0)
    if not isinstance(value, (int, float)) or not abs(value) < 2**63:
        raise BadRecord(f"{where}: {key} is not a number: {value!r:.40}")
    return int(value)


def _object(value: object, where: str) -> Json:
    if not isinstance(value, dict):
        raise BadRecord(f"{where}: expected an object, got {value!r:.40}")
    return cast("Json", value)


def _array(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise BadRecord(f"{where}: expected an array, got {value!r:.40}")
    return cast("list[object]", value)
