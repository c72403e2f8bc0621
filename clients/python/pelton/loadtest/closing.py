"""What is printed when a run or a comparison has ended: tables for a person."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pelton.loadtest.compare import Change, Failed
from pelton.loadtest.metrics import LATENCIES, METRICS, shown, shown_time
from pelton.loadtest.result import Result
from pelton.loadtest.seconds import spread
from pelton.loadtest.verdict import Code

__all__ = ["compared", "ended", "print_out"]

STATISTICS = ("p50", "p90", "p99", "p99.9", "max")
REASONS_SHOWN_MAX = 10
ERRORS_SHOWN_MAX = 5


def print_out(group: Group) -> None:
    """On standard output."""
    Console().print(group)


def ended(result: Result, written: Sequence[str]) -> Group:
    """A run: latencies, thresholds, verdict, and where the rest is."""
    parts: list[Table | Text] = []
    if any(histogram.count for histogram in result.histograms.values()):
        parts.append(_latencies(result))
    parts += [
        _outcome_line(passed=outcome.passed, text=f"{outcome.threshold.text}: {outcome.reason}")
        for outcome in result.outcomes
    ]
    errors = sorted(result.errors.items(), key=lambda item: -item[1])
    parts += [Text(f"{bots:,} bots: {text}", "red") for text, bots in errors[:ERRORS_SHOWN_MAX]]
    if result.capacity is not None:
        parts.append(Text(result.capacity.sentence, "bold"))
    parts.append(_verdict(result))
    parts.append(Text(f"written: {', '.join(written)}", "dim"))
    return Group(*parts)


def _latencies(result: Result) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    table.add_column("all holds")
    for statistic in (*STATISTICS, "count"):
        table.add_column(statistic, justify="right")
    for name in LATENCIES:
        statistics = spread(result.histograms[name])
        if statistics["count"]:
            times = (shown_time(statistics[statistic]) for statistic in STATISTICS)
            table.add_row(name, *times, f"{statistics['count']:,.0f}")
    return table


def _outcome_line(*, passed: bool, text: str) -> Text:
    return Text.assemble(("held    ", "green") if passed else ("missed  ", "bold red"), text)


def _verdict(result: Result) -> Text:
    verdict = result.verdict
    text = Text(verdict.word, "bold green" if verdict.code is Code.PASSED else "bold red")
    missed = {f"{outcome.threshold.text}: {outcome.reason}" for outcome in result.outcomes if not outcome.passed}
    others = [reason for reason in verdict.reasons if reason not in missed]
    for reason in others[:REASONS_SHOWN_MAX]:
        text.append(f"\n    {reason}", "red")
    return text


def compared(found: Sequence[Change], differing: Sequence[str], fell: Sequence[Failed]) -> Group:
    """Two runs: what differs besides, every metric, and which conditions came true."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for name in ("metric", "before", "after", "change", "noise", "seconds"):
        table.add_column(name, justify="left" if name in ("metric", "noise") else "right")
    for change in found:
        table.add_row(*_row(change))
    return Group(
        *(Text(f"differs: {text}", "yellow") for text in differing),
        table,
        *(Text(_why(failed), "bold red") for failed in fell),
    )


def _row(change: Change) -> tuple[str | Text, ...]:
    kind = METRICS[change.metric]
    values = ("-" if value is None else shown(value, kind) for value in (change.before, change.after))
    word = {True: "beyond", False: "within", None: "too short"}[change.beyond_noise]
    if change.change is None:
        word = ""
    style = "bold" if change.beyond_noise else ""
    seconds = f"{change.seconds[0]}, {change.seconds[1]}"
    return (change.metric, *values, Text(_percent(change.change), style), Text(word, style), seconds)


def _percent(change: float | None) -> str:
    if change is None:
        return "-"
    return "from 0" if math.isinf(change) else f"{change:+.1%}"


def _why(failed: Failed) -> str:
    if failed.change.change is None:
        return f"{failed.condition.text}: cannot be told, it was not measured in both"
    return f"{failed.condition.text}: changed by {_percent(failed.change.change)}"
