"""A view as a picture for 80 columns and more: the process, the ticks against their budget, what flows, the rooms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pelton.cli.top.line import states
from pelton.cli.top.rates import View
from pelton.cli.top.snapshot import RoomStats
from pelton.cli.top.words import shown_bytes, shown_count, shown_ms, shown_rate, shown_share, shown_uptime, shown_us

__all__ = ["picture", "rooms_fitting", "waiting"]

LINES_ALWAYS = 13
LINES_AROUND_ROOMS = 6
"""Of their table, of those that are left out, and the line where the cursor stands."""
ROOMS_MIN = 1
BUSY, FULL = 0.5, 1.0
"""Of a budget, or of a core: from there on it is yellow, and red."""
BAR_COLUMNS = 22
FLOWS = (
    (("frames", "frames_sent"), ("actions", "actions_taken"), ("bytes out", "bytes_sent")),
    (("skipped", "frames_skipped"), ("refused", "actions_refused"), ("bytes in", "bytes_received")),
    (("whole", "keyframes_sent"), ("waiting now", ""), ("connects", "connections_total")),
)
WRONG = frozenset({"frames_skipped", "actions_refused"})
"""Worth a look if there are any."""
ALARMS = (("room_faults", "rooms ended by exceptions"), ("unhandled_errors", "errors that nobody answers for"))


def picture(view: View, url: str, rooms_max: int, note: str = "") -> Group:
    """`note` is what is to be said of the look itself."""
    parts: list[RenderableType] = [_head(view, url), _process(view), Text(), _ticks(view), Text(), _flows(view)]
    if said := list(_said(view, note)):
        parts += [Text(), *said]
    parts.append(_rooms(view.rooms, view.now.rooms_open, rooms_max))
    return Group(*parts)


def rooms_fitting(view: View, note: str, lines: int) -> int:
    """How many rooms a terminal of so many lines has place for, one in any case."""
    said = len(list(_said(view, note)))
    return max(lines - LINES_ALWAYS - LINES_AROUND_ROOMS - (said + 1 if said else 0), ROOMS_MIN)


def waiting(url: str, note: str) -> Text:
    """There is nothing to be seen yet."""
    return Text.assemble(("Pelton", "bold"), f"  {url}\n", (note, "bold red"))


def _head(view: View, url: str) -> Table:
    now = view.now
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(overflow="ellipsis", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_row(
        Text.assemble((f"Pelton {now.version}", "bold"), "  ", (url, "cyan")),
        Text(f"{now.loop}, {now.transport}, up {shown_uptime(now.uptime_s)}", "dim"),
    )
    return table


def _process(view: View) -> Text:
    now = view.now
    text = Text("cpu ")
    text.append(shown_share(view.cpu), f"bold {_colour(view.cpu or 0)}")
    text.append(" of a core, ")
    text.append(f"{now.rss_bytes / 1024**2:,.0f} MiB", "bold")
    for count, what in ((now.connections, "connection"), (now.players, "player"), (now.rooms_open, "room")):
        text.append(", ")
        text.append(shown_count(count), "bold")
        text.append(f" {what}" if count == 1 else f" {what}s")
    return text


def _ticks(view: View) -> Table:
    """How long ticks take, as bars; beside it how many went wrong."""
    now = view.now
    table = Table.grid(padding=(0, 2, 0, 0))
    for justify, width in (("left", 4), ("right", 8), ("right", 6), ("left", BAR_COLUMNS), ("left", 9), ("right", 8)):
        table.add_column(justify=justify, min_width=width, no_wrap=True)  # type: ignore[arg-type] # a word of few
    of = Text(f"the budget is {shown_us(now.budget_us)}" if now.budget_us else "no room yet", "dim")
    table.add_row(Text("tick", "dim"), "", "", of, Text("ticks", "dim"), Text("a second", "dim"))
    durations = (("p50", now.recent.p50_us), ("p99", now.recent.p99_us), ("max", now.recent.max_us))
    counts = (("run", "ticks"), ("late", "ticks_late"), ("skipped", "ticks_skipped"), ("overran", "ticks_overrun"))
    for number, (what, counter) in enumerate(counts):
        bar: Sequence[RenderableType] = ("", "", "", "")
        if number < len(durations):
            name, us = durations[number]
            bar = _bar(name, us, now.budget_us)
        table.add_row(*bar, what, _rate(view.rate(counter), wrong=counter != "ticks"))
    return table


def _bar(name: str, us: float | None, budget_us: float | None) -> tuple[RenderableType, ...]:
    share = us / budget_us if us is not None and budget_us else None
    colour = _colour(share or 0)
    bar = ProgressBar(1, min(share or 0, 1), BAR_COLUMNS, complete_style=colour, finished_style=colour)
    return name, Text(shown_us(us), f"bold {colour}"), Text(shown_share(share), colour), bar


def _flows(view: View) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for number, width in enumerate((8, 9, 14, 9, 9, 8)):
        table.add_column(justify="right" if number % 2 else "left", min_width=width, no_wrap=True)
    table.add_row(Text("a second", "dim"))
    for row in FLOWS:
        cells: list[RenderableType] = []
        for what, counter in row:
            cells += [what, _flow(view, counter)]
        table.add_row(*cells)
    return table


def _flow(view: View, counter: str) -> Text:
    if not counter:
        return Text(shown_count(view.now.waiting), "bold")  # not a rate: so many now
    rate = view.rate(counter)
    if counter.startswith("bytes"):
        return Text(shown_bytes(rate), "bold")
    return _rate(rate, wrong=counter in WRONG)


def _rate(rate: float | None, *, wrong: bool) -> Text:
    return Text(shown_rate(rate), "bold yellow" if wrong and rate else "bold")


def _said(view: View, note: str) -> Iterator[Text]:
    """What is not always there: alarms, states, reasons, and how the look itself went."""
    for counter, words in ALARMS:
        if count := view.now.counters.get(counter):
            yield Text(f"{words} since the start: {shown_count(count)}", "bold red")
    if bad := view.rate("messages_bad"):
        yield Text(f"{shown_rate(bad)} connections a second are ended for a bad message", "yellow")
    for state in states(view):
        yield Text(state, "yellow")
    if view.refusals:
        yield Text("refused: " + ", ".join(f"{reason} {shown_rate(rate)}/s" for reason, rate in view.refusals.items()))
    if view.restarted:
        yield Text("the server was started anew", "bold yellow")
    if note:
        yield Text(note, "bold red")


def _rooms(rooms: Sequence[RoomStats], rooms_open: int, rooms_max: int) -> RenderableType:
    if not rooms:
        return Text("\nno rooms", "dim")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", padding=(0, 0))
    table.add_column("room", no_wrap=True)
    table.add_column("game", no_wrap=True, overflow="ellipsis", min_width=8, max_width=12)
    widths = {"players": 7, "hz": 3, "p50": 5, "p99": 5, "max ms": 6, "budget": 6, "overran": 7, "waiting": 7}
    for name, width in widths.items():
        table.add_column(name, justify="right", no_wrap=True, min_width=width)
    for room in rooms[:rooms_max]:
        table.add_row(*_room(room))
    hidden = rooms_open - min(len(rooms), rooms_max)
    if hidden > 0:
        table.add_row(Text(f"+{shown_count(hidden)} more", "dim"))
    return table


def _room(room: RoomStats) -> Iterator[RenderableType]:
    spread, colour = room.duration, _colour(room.share)
    yield Text(room.room_id)
    yield Text(room.game)
    yield f"{room.players}/{room.seats}"
    yield f"{room.tick_hz:g}"
    yield shown_ms(spread.p50_us)
    yield Text(shown_ms(spread.p99_us), colour)
    yield Text(shown_ms(spread.max_us), _colour((spread.max_us or 0) / room.budget_us) if room.budget_us else "")
    yield Text(shown_share(room.share), f"bold {colour}")
    yield Text(shown_count(room.overruns), "bold yellow" if room.overruns else "dim")
    yield Text(shown_count(room.waiting), "" if room.waiting else "dim")


def _colour(share: float) -> str:
    return "red" if share >= FULL else "yellow" if share >= BUSY else "green"
