"""From measurements to the table and the targets.

What must not be used is named with its reason, never averaged in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measurement import Measurement

__all__ = ["TARGETS", "TARGET_CLIENTS", "Row", "Run", "Target", "rows", "table", "verdict"]

TARGET_CLIENTS = 200
WAITED_MAX = 0.05  # beyond it the figures are suspect, though nothing was lost


@dataclass(frozen=True, slots=True)
class Run:
    """One server that was started once, or that could not be."""

    peer: str
    workload: str
    number: int
    clients: int
    measurement: Measurement | None = None
    failure: str = ""

    def problems(self) -> list[str]:
        """Why it does not count; nothing if it does."""
        if self.measurement is None:
            return [self.failure]
        return list(self.measurement.problems())

    @property
    def cost_us(self) -> float:
        """The figure that the workload is for; 0 of a server that did not run."""
        if self.measurement is None:
            return 0.0
        sink = self.workload == "sink"
        return self.measurement.action_us if sink else self.measurement.delivery_us


@dataclass(frozen=True, slots=True)
class Target:
    """CPU of one peer that must not be more than so many times that of another."""

    peer: str
    against: str
    ratio_max: float


TARGETS = (Target("pelton", "floor", 1.10), Target("pelton", "naive", 0.35))


@dataclass(frozen=True, slots=True)
class Row:
    """All usable runs of one peer with one number of clients."""

    peer: str
    clients: int
    arena: Sequence[Measurement]
    sink: Sequence[Measurement]
    problems: Sequence[str]

    @property
    def delivery_us(self) -> float | None:
        """CPU of one delivered update and one action."""
        return median(one.delivery_us for one in self.arena) if self.arena else None

    def ratio(self, other: Row | None) -> float | None:
        """How many times the CPU of the other."""
        if other is None or self.delivery_us is None or other.delivery_us is None:
            return None
        return self.delivery_us / other.delivery_us


def rows(runs: Sequence[Run]) -> list[Row]:
    """Runs of the same peer and number of clients together, in the order they first came."""
    keys = dict.fromkeys((run.clients, run.peer) for run in sorted(runs, key=lambda run: run.clients))
    return [
        _row(clients, peer, [run for run in runs if (run.clients, run.peer) == (clients, peer)])
        for clients, peer in keys
    ]


def _row(clients: int, peer: str, runs: Sequence[Run]) -> Row:
    usable: dict[str, list[Measurement]] = {"arena": [], "sink": []}
    problems: list[str] = []
    for run in runs:
        if run.measurement is not None and not run.problems():
            usable[run.workload].append(run.measurement)
        else:
            problems.append(f"{run.workload} {run.number}: {', '.join(run.problems())}")
    return Row(peer, clients, usable["arena"], usable["sink"], problems)


def find(found: Sequence[Row], peer: str, clients: int) -> Row | None:
    """The row of this peer with so many clients."""
    return next((row for row in found if (row.peer, row.clients) == (peer, clients)), None)


_HEADINGS = (
    ("peer", 10),
    ("N", 4),
    ("us/upd+act (min-max)", 21),
    ("x floor", 8),
    ("x naive", 8),
    ("us/act", 7),
    ("late p99 ms", 11),
    ("B/upd", 7),
    ("KiB/conn", 8),
    ("came", 6),
    ("acted", 6),
    ("waited", 6),
    ("load", 5),
)


def table(found: Sequence[Row]) -> Iterator[str]:
    """The lines of the table, and below it what was left out of it."""
    yield "  ".join(title.rjust(width) for title, width in _HEADINGS)
    clients = 0
    for row in found:
        if row.clients != clients:
            clients = row.clients
            yield ""
        cells = _cells(row, find(found, "floor", clients), find(found, "naive", clients))
        yield "  ".join(cell.rjust(width) for cell, (_, width) in zip(cells, _HEADINGS, strict=True))
    left_out = [f"  {row.peer}, N={row.clients}: {text}" for row in found for text in row.problems]
    if left_out:
        yield from ("", "Not used:", *left_out)
    disturbed = [
        f"  {row.peer}, N={row.clients}: {one.waited:.0%} of the time"
        for row in found
        for one in row.arena
        if one.waited > WAITED_MAX
    ]
    if disturbed:
        yield from ("", "Kept from its core by others, measure again on a quieter machine:", *disturbed)


def _cells(row: Row, floor: Row | None, naive: Row | None) -> list[str]:
    costs = [one.delivery_us for one in row.arena]
    spread = f"{median(costs):.1f} ({min(costs):.1f}-{max(costs):.1f})" if costs else "-"
    return [
        row.peer,
        str(row.clients),
        spread,
        _number(row.ratio(floor), "{:.2f}"),
        _number(row.ratio(naive), "{:.2f}"),
        _middle(row.sink, lambda one: one.action_us, "{:.1f}"),
        _middle(row.arena, lambda one: one.late_p99_ms, "{:.1f}"),
        _middle(row.arena, lambda one: one.delivery_bytes, "{:.0f}"),
        _middle(row.arena, lambda one: one.connection_kib, "{:.1f}"),
        _middle(row.arena, lambda one: one.delivered, "{:.1%}"),
        _middle(row.arena, lambda one: one.applied, "{:.1%}"),
        _middle(row.arena, lambda one: one.waited, "{:.1%}"),
        _middle(row.arena, lambda one: one.load_cpu_share, "{:.0%}"),
    ]


def _middle(measurements: Sequence[Measurement], value: Callable[[Measurement], float], pattern: str) -> str:
    return _number(median(map(value, measurements)) if measurements else None, pattern)


def _number(value: float | None, pattern: str) -> str:
    return "-" if value is None else pattern.format(value)


def verdict(target: Target, found: Sequence[Row]) -> tuple[str, float | None]:
    """Whether the target is met, missed or was not measured, and the ratio."""
    row = find(found, target.peer, TARGET_CLIENTS)
    ratio = row.ratio(find(found, target.against, TARGET_CLIENTS)) if row else None
    if ratio is None:
        return "not measured", None
    return ("met" if ratio <= target.ratio_max else "missed"), ratio
