"""What `pelton why` shows: a tick's phases one after the other against the line of its budget, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pelton.cli.top.words import shown_bytes, shown_count, shown_ms
from pelton.cli.why.bars import STACK_COLUMNS, colour_of, phases, stack
from pelton.cli.why.source import Rooms
from pelton.server.recorder.events import Event
from pelton.server.recorder.explain import Explanation, explain, slowest
from pelton.server.recorder.record import Record
from pelton.server.recorder.row import TickRow

__all__ = ["refusal_told", "rooms_told", "slowest_told", "tick_told"]

EVENTS_SHOWN = 12
LATE, SLOW = "bold red", "yellow"


def tick_told(record: Record, found: Explanation) -> Group:
    """One tick."""
    row = found.row
    parts: list[RenderableType] = [
        _head(record, _ago(record, row.begun_ns)),
        Text(),
        _verdict(row),
        Text(),
        phases(row),
        Text(),
    ]
    parts += [Padding(Text.assemble(("• ", "dim"), part), (0, 0, 0, 2)) for part in found.parts]
    parts += [Text(), Text(_counts(row), "dim")]
    if found.events:
        parts += [Text(), _events(found.events)]
    return Group(*parts)


def slowest_told(record: Record, count: int) -> Group:
    """The slowest ticks of a room."""
    rows = slowest(record, count)
    head = _head(record, f"ticks {record.oldest} to {record.newest}" if record.newest else "")
    if not rows:
        return Group(head, Text("\nno tick yet", "dim"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", padding=(0, 1))
    table.add_column("tick", justify="right", no_wrap=True)
    table.add_column("s ago", justify="right", no_wrap=True)
    table.add_column("ms", justify="right", no_wrap=True)
    table.add_column("│ is the budget", no_wrap=True, min_width=STACK_COLUMNS)
    table.add_column("why", overflow="fold")
    scale_ns = max(rows[0].took_ns, *(row.budget_ns for row in rows)) * 1.02
    for row in rows:
        ago = f"{max(record.now_ns - row.begun_ns, 0) / 1e9:.1f}" if record.now_ns else ""
        took = Text(shown_ms(row.took_ns / 1000), colour_of(row))
        reasons = explain(record, row.tick).parts
        table.add_row(str(row.tick), Text(ago, "dim"), took, stack(row, scale_ns), Text("; ".join(reasons[:2])))
    return Group(head, table, Text(f"pelton why {record.room_id} {rows[0].tick}  tells more of the first", "dim"))


def refusal_told(record: Record, sentence: str, others: Sequence[Event]) -> Group:
    """Why an action was refused, and what else of its player was."""
    parts: list[RenderableType] = [_head(record, ""), Text(), Text(sentence, "bold")]
    if len(others) > 1:
        parts += [Text(), Text("all refusals of this player that are known", "dim"), _events(others[-EVENTS_SHOWN:])]
    return Group(*parts)


def rooms_told(rooms: Rooms, url: str) -> Group:
    """The rooms that can be asked about."""
    head = Text.assemble(("Pelton", "bold"), "  ", (url, "cyan"))
    if not rooms:
        return Group(head, Text("\nno rooms", "dim"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", padding=(0, 1))
    table.add_column("room", no_wrap=True)
    table.add_column("game", no_wrap=True, overflow="ellipsis", max_width=16)
    for name in ("players", "tick", "max ms", "budget ms", "overran"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for room in rooms:
        is_open = "seats" in room
        worst = room.get("duration_us")
        longest = cast("dict[str, object]", worst).get("max") if isinstance(worst, dict) else None
        overruns = room.get("overruns", 0)
        table.add_row(
            _safe(room.get("room_id")),
            _safe(room.get("game")),
            f"{_safe(room.get('players'))}/{_safe(room.get('seats'))}" if is_open else "-",
            _safe(room.get("tick")),
            shown_ms(longest) if isinstance(longest, (int, float)) else "-",
            shown_ms(budget / 1000) if isinstance(budget := room.get("budget_ns"), (int, float)) else "-",
            Text(_safe(overruns) if is_open else "-", SLOW if overruns else "dim"),
            Text("paused" if room.get("paused") else "" if is_open else "gone", "dim"),
        )
    return Group(head, table)


def _head(record: Record, right: str) -> Table:
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True)
    why = f"  written down as {record.why}" if record.why else ""
    table.add_row(
        Text.assemble(
            "room ",
            (_safe(record.room_id), "bold"),
            f" ({_safe(record.game)}), {record.tick_hz:g} Hz",
            (_safe(why), "dim"),
        ),
        Text(right, "dim"),
    )
    return table


def _verdict(row: TickRow) -> Text:
    took, budget = shown_ms(row.took_ns / 1000), shown_ms(row.budget_ns / 1000)
    text = Text.assemble(
        "tick ", (str(row.tick), "bold"), " took ", (f"{took} ms", colour_of(row)), f" of its {budget} ms"
    )
    if row.is_overrun:
        text.append(f", {shown_ms((row.took_ns - row.budget_ns) / 1000)} ms too long", LATE)
    if row.is_step:
        text.append(", run by hand", SLOW)
    if row.is_fault:
        text.append(", not finished: the game's code raised", LATE)
    return text


def _counts(row: TickRow) -> str:
    words = [
        f"{shown_count(row.players)} players",
        f"{shown_count(row.actions)} actions taken",
        f"{shown_count(row.frames)} frames" + (f" ({row.keyframes} whole)" if row.keyframes else ""),
        shown_bytes(row.bytes_out),
    ]
    more = (
        (row.joined, "joined"),
        (row.left, "left"),
        (row.skipped, "skipped, as they were busy"),
        (row.paced, "paced"),
        (row.deferred, "have actions left"),
    )
    words += [f"{count} {what}" for count, what in more if count]
    refused = [f"{reason} {count}" for reason, count in row.refused.items() if count]
    words += [f"refused: {', '.join(refused)}"] if refused else []
    return ", ".join(words)


def _events(events: Sequence[Event]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 2))
    for event in events[:EVENTS_SHOWN]:
        table.add_row(
            Text(f"tick {event.tick}", "dim"),
            Text(event.kind, LATE if event.kind in ("fault", "stall") else "bold"),
            Text(" ".join(_words(event))),
        )
    if len(events) > EVENTS_SHOWN:
        table.add_row("", "", Text(f"and {len(events) - EVENTS_SHOWN} more", "dim"))
    return table


def _words(event: Event) -> Iterator[str]:
    if event.player:
        yield f"player {event.player}"
    if event.seq:
        yield f"action {event.seq}"
    for word in (event.name, event.reason, event.detail):
        if word:
            yield _safe(word)


def _ago(record: Record, at_ns: int) -> str:
    ago = f"{max(record.now_ns - at_ns, 0) / 1e9:.1f} s"
    return f"{ago} before {record.written_at}" if record.written_at else f"{ago} ago"


def _safe(value: object) -> str:
    """Of another machine: nothing in it moves the cursor."""
    return "".join(character if character.isprintable() else "?" for character in str(value)[:200])
