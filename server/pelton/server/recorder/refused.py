"""Why an action was refused, in a sentence. Pure: a record goes in, words come out."""

from __future__ import annotations

from pelton.server.recorder.events import Event
from pelton.server.recorder.explain import NotRecorded
from pelton.server.recorder.record import Record

__all__ = ["refusal", "refusals"]

SHOWN_MAX = 8
MEANINGS = {
    "late": "it had waited for its room for longer than an action may (simulate.action_age_max_ms)",
    "overflow": "more waited for the room than may (receive.inbox_max, receive.inbox_bytes_max)",
    "invalid": "it is not what the game declares",
    "rate": "more came than may",
    "not_allowed": "the room's pipeline dropped it",
}


def refusal(record: Record, player: int, seq: int) -> str:
    """Why this action of a player was refused. NotRecorded if no refusal of it is there."""
    for event in record.events:
        if event.kind == "refusal" and (event.player, event.seq) == (player, seq):
            return _sentence(event)
    raise NotRecorded(_missing(record, player, seq))


def refusals(record: Record, player: int) -> list[Event]:
    """All refusals of a player, oldest first."""
    return [event for event in record.events if event.kind == "refusal" and event.player == player]


def _sentence(event: Event) -> str:
    what = f"action {event.seq}" + (f" ({event.name})" if event.name else "")
    meaning = MEANINGS.get(event.reason, "the server does not say more")
    detail = f": {event.detail}" if event.detail else ""
    return f"{what} of player {event.player} was refused at tick {event.tick}, {event.reason}: {meaning}{detail}"


def _missing(record: Record, player: int, seq: int) -> str:
    known = [str(event.seq) for event in refusals(record, player)]
    text = f"no refusal of action {seq} of player {player} is in the record of room {record.room_id}"
    if not known:
        return f"{text}, nor any other of this player: it was taken, or never came, or it is too long ago"
    more = f" and {len(known) - SHOWN_MAX} before" if len(known) > SHOWN_MAX else ""
    return f"{text}: it has those of his actions {', '.join(known[-SHOWN_MAX:])}{more}"
