"""A tick as bars of block characters: its phases one after the other against the line of its budget."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from pelton.cli.top.words import shown_ms
from pelton.server.recorder.row import PHASES, TickRow

__all__ = ["STACK_COLUMNS", "colour_of", "phases", "stack"]

BAR_COLUMNS = 44
STACK_COLUMNS = 18
FROM_LEFT = " ▏▎▍▌▋▊▉█"
COLOURS = {
    "merge": "cyan",
    "pipeline": "blue",
    "game": "yellow",
    "groups": "magenta",
    "encode": "green",
    "flush": "bright_blue",
}
GREY = "bright_black"
MOST_SHARE = 0.2
"""A phase that took so much of the tick stands out."""


def colour_of(row: TickRow) -> str:
    """Of how long it took."""
    return "bold red" if row.is_overrun else "bold yellow" if row.took_ns > row.budget_ns / 2 else "bold green"


def phases(row: TickRow) -> Table:
    """Each phase from where the one before ended, as if none took turns; in grey what came before all of them."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=8)
    table.add_column(justify="right", no_wrap=True, min_width=7)
    table.add_column(no_wrap=True, min_width=BAR_COLUMNS)
    scale_ns = max(row.took_ns, row.budget_ns) * 1.04
    budget_at = round(row.budget_ns / scale_ns * BAR_COLUMNS)
    for name, took_ns in (("lag", row.lag_ns), ("poll", row.poll_ns)):
        bar = _bar(0, took_ns, scale_ns, GREY, budget_at)
        table.add_row(Text(name, "dim"), Text(_ms(took_ns), "dim"), bar)
    begun_ns = 0
    for name in PHASES:
        took_ns = int(getattr(row, f"{name}_ns"))
        style = f"bold {COLOURS[name]}" if took_ns >= max(MOST_SHARE * row.took_ns, 1) else ""
        bar = _bar(begun_ns, begun_ns + took_ns, scale_ns, COLOURS[name], budget_at)
        table.add_row(Text(name, style), Text(_ms(took_ns), style), bar)
        begun_ns += took_ns
    axis = Text(" " * budget_at + f"└ {_ms(row.budget_ns)} ms", "dim")
    table.add_row("", Text(_ms(row.took_ns), colour_of(row)), axis)
    return table


def stack(row: TickRow, scale_ns: float) -> Text:
    """All phases in one short bar."""
    budget_at = min(round(row.budget_ns / scale_ns * STACK_COLUMNS), STACK_COLUMNS - 1)
    ends: list[tuple[float, str]] = []
    end_ns = 0.0
    for name in PHASES:
        end_ns += int(getattr(row, f"{name}_ns"))
        ends.append((end_ns / scale_ns * STACK_COLUMNS, COLOURS[name]))
    text = Text()
    for column in range(STACK_COLUMNS):
        colour = next((colour for end, colour in ends if end > column + 0.5), None)
        if colour is not None:
            text.append("█", colour)
        elif column == 0:
            text.append(FROM_LEFT[1], colour_of(row))
        else:
            text.append("│" if column == budget_at else " ", "dim")
    return text


def _bar(begin_ns: float, end_ns: float, scale_ns: float, colour: str, budget_at: int) -> Text:
    """From one moment to another, and the line of the budget where it does not cover that."""
    begin, end = (round(ns / scale_ns * BAR_COLUMNS * 8) for ns in (begin_ns, end_ns))
    if end == begin and end_ns > begin_ns:
        end += 1  # something is there
    text = Text()
    for column in range(BAR_COLUMNS):
        left, right = max(begin - column * 8, 0), min(end - column * 8, 8)
        if right > left:
            text.append(_block(left, right), colour)
        else:
            text.append("│" if column == budget_at else " ", "dim")
    return text


def _block(left: int, right: int) -> str:
    """From one eighth of a column to another. Letters fill it from the left only, but for its right half."""
    if left == 0:
        return FROM_LEFT[right]
    return "▐" if right == 8 else FROM_LEFT[right - left]


def _ms(ns: float) -> str:
    return shown_ms(ns / 1000)
