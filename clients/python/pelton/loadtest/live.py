"""What one sees while a run goes on: a picture on a terminal, in a log a line every few seconds and for each phase."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pelton.loadtest.metrics import LATENCIES, METRICS, shown, shown_time
from pelton.loadtest.seconds import Second
from pelton.loadtest.thresholds import Outcome

__all__ = ["Moment", "Screen", "line", "picture", "watched"]

LINE_EVERY_S = 5.0
STATISTICS = ("p50", "p90", "p99", "max")
LATENCIES_SHOWN = ("ack", "seen", "age", "stall", "send_late")


@dataclass(frozen=True, slots=True)
class Moment:
    """A run as it is now."""

    title: str
    stage: str
    stage_number: int
    stages: int
    """0: nobody knows how many there will be."""
    done_s: float
    """Of the stage."""
    total_s: float
    second: Second
    outcomes: Sequence[Outcome]
    """So far."""
    errors: int


class Screen:
    """Shows each moment, in the way that its stream can."""

    def __init__(self, stream: TextIO, live: Live | None) -> None:
        self._stream = stream
        self._live = live
        self._next_s = 0.0
        self._phase: tuple[int, bool] = (0, False)

    def show(self, moment: Moment) -> None:
        """This is how it is now."""
        if self._live is not None:
            self._live.update(picture(moment), refresh=True)
            return
        phase = (moment.stage_number, moment.second.holds)
        if moment.second.at_s >= self._next_s or phase != self._phase:
            self._next_s, self._phase = moment.second.at_s + LINE_EVERY_S - 0.5, phase
            self.note(line(moment))

    def note(self, text: str) -> None:
        """A line that stays."""
        if self._live is not None:
            self._live.console.print(Text(text))
        else:
            self._stream.write(text + "\n")
            self._stream.flush()


@contextmanager
def watched(stream: TextIO = sys.stderr) -> Generator[Screen]:
    """A screen for as long as the block runs."""
    if not stream.isatty():
        yield Screen(stream, None)
        return
    # No refresh thread: it would take the interpreter whenever it likes.
    with Live(console=Console(file=stream), auto_refresh=False, transient=True) as live:
        yield Screen(stream, live)


def line(moment: Moment) -> str:
    """All that fits on one line."""
    second = moment.second
    ack = second.latencies["ack"]
    p99 = shown_time(ack["p99"]) if "p99" in ack else "-"
    missed = sum(not outcome.passed for outcome in moment.outcomes)
    held = f", {missed} of {len(moment.outcomes)} thresholds missed" if moment.outcomes else ""
    phase = "hold" if second.holds else "ramp"
    return (
        f"{second.at_s:5.0f} s  {moment.stage} ({phase}): {second.bots:,} players, "
        f"{_rate(second.counts.frames, second)} frames/s, {_rate(second.counts.sent, second)} actions/s, "
        f"ack p99 {p99}, {moment.errors:,} errors{held}"
    )


def picture(moment: Moment) -> Group:
    """For 80 columns and more."""
    parts: list[Table | Text] = [_head(moment), _facts(moment), _latencies(moment.second)]
    if moment.outcomes:
        parts.append(_outcomes(moment.outcomes))
    return Group(*parts)


def _head(moment: Moment) -> Table:
    count = f"/{moment.stages}" if moment.stages else ""
    phase = "hold" if moment.second.holds else "ramp"
    table = Table.grid(padding=(0, 1))
    table.add_row(
        Text(moment.title, "bold"),
        Text(f"stage {moment.stage_number}{count}"),
        Text(f"{moment.stage}, {phase}", "bold cyan"),
        ProgressBar(total=max(moment.total_s, 0.001), completed=moment.done_s, width=16),
        Text(f"{moment.done_s:.0f}/{moment.total_s:.0f} s"),
    )
    return table


def _facts(moment: Moment) -> Text:
    second = moment.second
    rates = f"{_rate(second.counts.frames, second)} frames/s, {_rate(second.counts.sent, second)} actions/s"
    text = Text(f"{second.bots:,} players, {rates}, ")
    text.append(f"{moment.errors:,} errors", "bold red" if moment.errors else "")
    text.append(f"\nof a core: generator {second.generator_cpu:.0%}")
    if second.server is not None:
        text.append(f", server {second.server.cpu:.0%} and {second.server.rss_bytes / 1024**2:,.0f} MiB")
    return text


def _latencies(second: Second) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    table.add_column("last second")
    for statistic in STATISTICS:
        table.add_column(statistic, justify="right", min_width=8)
    for name in LATENCIES_SHOWN:
        assert name in LATENCIES
        spread = second.latencies[name]
        if spread.get("count"):
            table.add_row(name, *(shown_time(spread[statistic]) for statistic in STATISTICS))
    return table


def _outcomes(outcomes: Sequence[Outcome]) -> Table:
    table = Table.grid(padding=(0, 2))
    for outcome in outcomes:
        word = Text("held", "green") if outcome.passed else Text("missed", "bold red")
        if outcome.value is None:
            word = Text("unknown", "yellow")
        value = "" if outcome.value is None else shown(outcome.value, METRICS[outcome.threshold.metric])
        table.add_row(word, Text(outcome.threshold.text), Text(value, "bold"))
    return table


def _rate(count: int, second: Second) -> str:
    return f"{count / second.length_s:,.0f}" if second.length_s else "-"
