"""What the recorder has, for the inspector and for `pelton why`: ticks, events, and why."""

from __future__ import annotations

from itertools import islice

from pelton.server.recorder.events import Event
from pelton.server.recorder.explain import Explanation, explain
from pelton.server.recorder.record import Record
from pelton.server.recorder.recorder import Recorder
from pelton.server.recorder.refused import refusal
from pelton.server.recorder.row import TickRow
from pelton.server.recorder.tape import Tape

__all__ = [
    "EVENTS_MAX",
    "SLOWEST_MAX",
    "TICKS_MAX",
    "events_told",
    "refusal_told",
    "slowest_told",
    "ticks_told",
    "why_told",
]

TICKS_MAX = 400
EVENTS_MAX = 400
SLOWEST_MAX = 50


def ticks_told(recorder: Recorder, tape: Tape, since: int, limit: int) -> dict[str, object]:
    """The ticks after `since`, column by column, as plots want them."""
    rows = list(tape.ring.rows(since, limit))
    last = rows[-1].tick if rows else since
    return {
        **_header(recorder, tape),
        "columns": {name: [row[index] for row in rows] for index, name in enumerate(TickRow._fields)},
        "more": max(tape.ring.newest - last, 0),
    }


def slowest_told(recorder: Recorder, tape: Tape, limit: int) -> dict[str, object]:
    """The ticks that took longest, the longest first, each with its sentence."""
    rows = tape.ring.slowest(limit)
    record = Record(tape.room_id, tape.game, tape.tick_hz, 0, tuple(rows), ())
    sentences = {row.tick: explain(record, row.tick).sentence for row in rows}
    return {
        **_header(recorder, tape),
        "ticks": [row._asdict() for row in rows],
        "events": [],
        "sentences": [sentences[row.tick] for row in rows],
    }


def events_told(tape_events: list[Event], since: int, limit: int, kind: str) -> dict[str, object]:
    """The events after `since`, perhaps of one kind."""
    found = [event for event in tape_events if event.number > since and kind in ("", event.kind)]
    page = list(islice(found, limit))
    return {
        "events": [event._asdict() for event in page],
        "newest": tape_events[-1].number if tape_events else 0,
        "more": len(found) - len(page),
    }


def why_told(recorder: Recorder, tape: Tape, tick: int) -> dict[str, object]:
    """Why a tick took so long. NotRecorded if it is not kept."""
    record = recorder.record(tape, tick - 1, 1)
    found = explain(record, tick)
    return {
        **_header(recorder, tape),
        "ticks": [found.row._asdict()],
        "events": [event._asdict() for event in found.events],
        "explanation": _explanation(found),
    }


def refusal_told(recorder: Recorder, tape: Tape, player: int, seq: int) -> dict[str, object]:
    """Why an action was refused. NotRecorded if no refusal of it is kept."""
    record = recorder.record(tape, limit=0)
    sentence = refusal(record, player, seq)
    events = [event._asdict() for event in record.events if (event.player, event.seq) == (player, seq)]
    return {**_header(recorder, tape), "ticks": [], "events": events, "sentence": sentence}


def _header(recorder: Recorder, tape: Tape) -> dict[str, object]:
    return recorder.record(tape, limit=0).header()


def _explanation(found: Explanation) -> dict[str, object]:
    return {"sentence": found.sentence, "parts": list(found.parts)}
