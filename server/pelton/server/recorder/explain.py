"""Why a tick took as long as it did, in a sentence. Pure: a record goes in, words come out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pelton.server.recorder.events import Event
from pelton.server.recorder.record import Record
from pelton.server.recorder.row import PHASES, TickRow

__all__ = ["Explanation", "NotRecorded", "explain", "ms", "slowest"]

NS_PER_MS = 1_000_000
WORTH_SHARE = 0.05
"""A phase that took less of the tick, or of its budget, is not spoken of."""
WORTH_NS = 500_000
OLDEST, GENERATIONS = 2, ("young", "middle-aged", "old")


class NotRecorded(LookupError):
    """The record does not have what was asked for; says what it has."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one tick."""

    row: TickRow
    sentence: str
    """All of it."""
    parts: tuple[str, ...]
    """The same, reason by reason, the weightiest first."""
    events: tuple[Event, ...]
    """What else happened in that tick."""


def explain(record: Record, tick: int) -> Explanation:
    """Why this tick took so long. NotRecorded if it is not there."""
    row = record.tick(tick)
    if row is None:
        raise NotRecorded(_missing(record, tick))
    events = tuple(event for event in record.events if event.tick == tick)
    stood_still, work = tuple(_held_up(row)), tuple(_work(row))
    # Who did not run for most of the time is not to be blamed for what it took.
    first = (*stood_still, *work) if row.idle_ns > row.took_ns / 2 else (*work, *stood_still)
    parts = (*first, *_stalls(events), *_before(row))
    step = ", run by hand," if row.is_step else ""
    end = " and was not finished, as the game's code raised" if row.is_fault else ""
    head = f"tick {row.tick}{step} took {ms(row.took_ns)} of its {ms(row.budget_ns)}{end}"
    return Explanation(row, f"{head}: {'; '.join(parts)}" if parts else head, parts, events)


def slowest(record: Record, count: int) -> list[TickRow]:
    """The ticks that took longest, the longest first."""
    return sorted(record.ticks, key=lambda row: (-row.took_ns, row.tick))[:count]


def ms(ns: float) -> str:
    """Nanoseconds as people read them."""
    found = ns / NS_PER_MS
    return f"{found:.{2 if found < 1 else 1}f} ms"


def _missing(record: Record, tick: int) -> str:
    if not record.newest:
        return f"room {record.room_id} has no tick in its record yet"
    span = f"{record.oldest} to {record.newest}"
    what = "too long ago" if tick < record.oldest else "still to come"
    return f"tick {tick} of room {record.room_id} is not in its record ({what}): it has the ticks {span}"


def _work(row: TickRow) -> Iterator[str]:
    """Its phases, those that matter."""
    spent = {name: int(getattr(row, f"{name}_ns")) for name in PHASES}
    worth_ns = max(WORTH_SHARE * row.took_ns, min(WORTH_SHARE * row.budget_ns, WORTH_NS), 1)
    ranked = sorted(spent.items(), key=lambda item: -item[1])
    for number, (name, took_ns) in enumerate(ranked):
        if took_ns < worth_ns and number:
            break
        yield f"{ms(took_ns)} {_in_phase(row, name, took_ns)}"


def _in_phase(row: TickRow, name: str, took_ns: int) -> str:
    match name:
        case "game" if row.callback:
            whom = f" of player {row.callback_player}" if row.callback_player else ""
            calls = f" ({row.callback_calls} calls)" if row.callback_calls > 1 else ""
            own = f", {ms(row.callback_ns)}" if row.callback_ns < 0.9 * took_ns else ""
            return f"in game, {row.callback}{whom}{calls}{own}"
        case "merge":
            return f"merge, {_count(row.actions, 'action')} of {_count(row.players, 'player')}"
        case "flush":
            return f"flush, {_count(row.frames, 'frame')}, {_count(row.bytes_out, 'byte')}"
        case "encode" if row.keyframes:
            return f"encode, {_count(row.keyframes, 'frame')} with the whole state"
        case "game":
            return "in game"
        case _:
            return name


def _held_up(row: TickRow) -> Iterator[str]:
    """What was not the work of anybody."""
    if row.gc_ns >= min(WORTH_NS, WORTH_SHARE * row.took_ns) and row.gc_ns:
        age = GENERATIONS[min(row.gc_generation, OLDEST)] if row.gc_generation >= 0 else "young"
        yield f"a garbage collection of {ms(row.gc_ns)} ({age} objects) fell into it"
    if row.idle_ns > max(WORTH_NS, WORTH_SHARE * row.took_ns):
        yield f"the process was not running for {ms(row.idle_ns)} of it (CPU time {ms(row.cpu_ns)}): {_why_idle(row)}"


def _why_idle(row: TickRow) -> str:
    """The kernel counts how often a thread gave up the core itself, and how often it was taken away."""
    taken_away = f"the core was taken away {_count(row.switches, 'time')}, for others"
    if row.waits:
        waited = f"it waited {_count(row.waits, 'time')}, as code does that sleeps or reads a file"
        return f"{waited}; {taken_away}" if row.switches else waited
    return taken_away if row.switches else "the system does not say why"


def _before(row: TickRow) -> Iterator[str]:
    """Why it began late."""
    if row.late_ns <= max(WORTH_NS, WORTH_SHARE * row.budget_ns):
        return
    others_ns = max(row.late_ns - row.lag_ns - row.poll_ns, 0)
    causes = [
        f"{ms(took_ns)} {what}"
        for took_ns, what in (
            (row.lag_ns, "the loop was held up"),
            (row.poll_ns, "for the look at the sockets"),
            (others_ns, "for other rooms and earlier ticks"),
        )
        if took_ns > WORTH_SHARE * row.late_ns
    ]
    yield f"it began {ms(row.late_ns)} late ({', '.join(causes)})"


def _stalls(events: tuple[Event, ...]) -> Iterator[str]:
    for event in events:
        if event.kind == "stall":
            yield f"the watchdog saw it at {event.detail}"
        elif event.kind == "fault":
            yield f"it ended the room: {event.detail}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
