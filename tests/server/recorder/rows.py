"""Rows and records to test with."""

from __future__ import annotations

from pelton.server.recorder.events import Event
from pelton.server.recorder.record import Record
from pelton.server.recorder.row import TickRow

MS = 1_000_000
QUIET = TickRow(*(["" if name == "callback" else 0 for name in TickRow._fields]))._replace(  # type: ignore[arg-type]
    budget_ns=50 * MS, gc_generation=-1
)


def row(tick: int = 1, **values: object) -> TickRow:
    """A tick; what is named in milliseconds (`game_ms`) is turned into nanoseconds, and all phases add up."""
    found = {
        name.removesuffix("_ms") + "_ns" if name.endswith("_ms") else name: round(value * MS)  # type: ignore[operator]
        if name.endswith("_ms")
        else value
        for name, value in values.items()
    }
    made = QUIET._replace(tick=tick, **found)  # type: ignore[arg-type]
    took_ns = made.merge_ns + made.pipeline_ns + made.game_ns + made.groups_ns + made.encode_ns + made.flush_ns
    cpu_ns = made.cpu_ns or took_ns
    return made._replace(took_ns=took_ns, cpu_ns=cpu_ns)


def record(*rows: TickRow, events: tuple[Event, ...] = ()) -> Record:
    oldest, newest = (rows[0].tick, rows[-1].tick) if rows else (0, 0)
    return Record("k4tq7wma", "arena", 20, 0, rows, events, oldest=oldest, newest=newest)


def event(kind: str, tick: int = 1, number: int = 1, **values: object) -> Event:
    return Event(number, tick, 0, kind)._replace(**values)  # type: ignore[arg-type]
