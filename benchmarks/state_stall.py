"""A tenth of the clients stop reading for seconds and come back: what it costs the server, the others, and themselves.

Everything runs once more with nobody stalled, which shows how much of a difference is noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from benchmarks.load import percentile
from benchmarks.measurement import LOAD_CPU_SHARE_MAX
from benchmarks.peers import ROOT
from benchmarks.processes import Server, ServerError, output_of
from benchmarks.state_live import Ticks, served
from benchmarks.streams_report import Part, Row, Target

__all__ = ["Pace", "stall"]

HZ = 20
SEND_BUFFER_BYTES = 16_384
LATE_RATIO_MAX, MEMORY_RATIO_MAX = 1.10, 1.05
FILLED_MIN = 0.25  # of the frames of those who stalled must have been skipped, or nothing was tried


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of a cycle, and how many of them."""

    clients: int
    warmup: float
    before: float
    during: float
    after: float
    cycles: int


@dataclass(frozen=True, slots=True)
class Run:
    """One server: the load's findings (a `Stall` as JSON) and the server's notes, or why it does not count."""

    found: Mapping[str, Any]
    ticks: Ticks | None
    problems: Sequence[str]

    def skipped(self) -> float:
        """Share of the frames due to those who stalled that were not even tried to be written, as they were full."""
        due = shown = 0
        for cycle in self.found["cycles"]:
            during = self._within(cycle["during"])
            shown += during.skipped[-1] - during.skipped[0]
            due += len(during.skipped) * self.found["stalled"]
        return shown / max(1, due)

    def tick_p99_ms(self, kind: str) -> float:
        """Of all cycles."""
        wall_ns = [wall for cycle in self.found["cycles"] for wall in self._within(cycle[kind]).wall_ns]
        return percentile(wall_ns, 0.99) / 1e6

    def late_p99_ms(self, kind: str) -> float:
        """How late those who never stall were told."""
        return percentile(self.found[f"late_{kind}_ms"], 0.99)

    def memory_ratio(self) -> float:
        """At the end of the worst stall, beside what it was before."""
        pairs = zip(self.found["before_kib"], self.found["stalled_kib"], strict=True)
        return float(max(after / before for before, after in pairs))

    def returns(self, key: str) -> list[float]:
        """Of every client that came back, each time."""
        return [one[key] for one in self.found["returns"]]

    def _within(self, span: Mapping[str, float]) -> Ticks:
        assert self.ticks is not None
        return self.ticks.within(span["began_s"], span["ended_s"])


def _run(pace: Pace, stalled: int) -> Run:
    def load(server: Server, cpu: int) -> str:
        options: dict[str, object] = {
            "port": server.port,
            "server-pid": server.pid,
            "clients": pace.clients,
            "stalled": stalled,
            "cycles": pace.cycles,
            "warmup": pace.warmup,
            "before": pace.before,
            "during": pace.during,
            "after": pace.after,
        }
        took_s = pace.warmup + pace.cycles * (pace.before + pace.during + pace.after)
        return output_of("benchmarks.state_stall_load", options, ROOT, cpu, 90 + 3 * took_s)

    try:
        found, ticks = served("Fleet", "pelton", [f"deliver.socket_send_buffer_bytes={SEND_BUFFER_BYTES}"], load)
    except ServerError as error:
        return Run({}, None, [str(error)])
    run = Run(found, ticks, [])
    return Run(found, ticks, list(_problems(run)))


def _problems(run: Run) -> list[str]:
    problems: list[str] = []
    if run.found["load_cpu_share"] > LOAD_CPU_SHARE_MAX:
        problems.append(f"load took {run.found['load_cpu_share']:.0%} of its core")
    if run.found["stalled"] and run.skipped() < FILLED_MIN:
        problems.append(f"only {run.skipped():.0%} of the frames were skipped: the buffers did not fill")
    return problems


FIGURES: tuple[tuple[str, str, str, Callable[[Run], float]], ...] = (
    ("late p99 before", "late_before_p99_ms", "{:.2f}", lambda run: run.late_p99_ms("before")),
    ("during", "late_during_p99_ms", "{:.2f}", lambda run: run.late_p99_ms("during")),
    ("ratio", "late_ratio", "{:.2f}x", lambda run: run.late_p99_ms("during") / run.late_p99_ms("before")),
    ("tick p99 before", "tick_before_p99_ms", "{:.2f}", lambda run: run.tick_p99_ms("before")),
    ("during", "tick_during_p99_ms", "{:.2f}", lambda run: run.tick_p99_ms("during")),
    ("RSS MiB before", "before_mib", "{:.1f}", lambda run: fmean(run.found["before_kib"]) / 1024),
    ("stalled", "stalled_mib", "{:.1f}", lambda run: fmean(run.found["stalled_kib"]) / 1024),
    ("worst", "memory_ratio", "{:.3f}x", lambda run: run.memory_ratio()),
    ("skipped", "skipped", "{:.0%}", lambda run: run.skipped()),
    ("closed", "closed", "{:.0f}", lambda run: run.found["closed"]),
    ("compared", "compared", "{:,.0f}", lambda run: run.found["compared"]),
    ("wrong", "wrong", "{:.0f}", lambda run: run.found["wrong"]),
    ("load", "load_cpu_share", "{:.0%}", lambda run: run.found["load_cpu_share"]),
)
RETURN_FIGURES: tuple[tuple[str, str, str, Callable[[Run], float]], ...] = (
    ("returned", "returned", "{:.0f}", lambda run: len(run.found["returns"])),
    ("backlog", "backlog", "{:.0f}", lambda run: median(run.returns("backlog"))),
    ("frames", "frames_until_right", "{:.0f}", lambda run: max(run.returns("frames"))),
    ("after ms", "right_after_ms", "{:.0f}", lambda run: max(run.returns("after_ms"))),
)


def stall(runs: int, pace: Pace) -> Part:
    """With some who stall, and with nobody."""
    kib = SEND_BUFFER_BYTES // 1024
    notes = [
        f"{pace.clients} clients in a field of 1,000 ships. A tenth of them stops reading for {pace.during:g} s,",
        f"{pace.cycles} times; send buffers are {kib} KiB, so that they fill. `late`, `tick`: of the others, in ms.",
        "`skipped`: frames that the stalled were not sent. `compared`: theirs, with a companion who sees the same.",
        "`backlog`: frames that were under way (median); `frames`: from then on until right; `after ms` (worst).",
    ]
    headings = [heading for heading, *_ in (*FIGURES, *RETURN_FIGURES)]
    part = Part("stall", "(d) Clients that stop reading and come back", notes, headings)
    found: dict[str, list[Run]] = {"a tenth stalls": [], "nobody stalls": []}
    for number in range(runs):
        for stalled in (1, 0) if number % 2 else (0, 1):
            found["a tenth stalls" if stalled else "nobody stalls"].append(_run(pace, stalled))
    for name, ran in found.items():
        part.rows.append(_row(name, ran))
    for name, ran in found.items():
        notes += [f"Not used: {name}: {', '.join(run.problems)}" for run in ran if run.problems]
    part.targets += _targets(part.rows[0])
    return part


def _row(name: str, ran: Sequence[Run]) -> Row:
    usable = [run for run in ran if not run.problems]
    figures: dict[str, object] = {"runs": len(usable)}
    cells: list[str] = []
    for _, key, pattern, value in (*FIGURES, *RETURN_FIGURES):
        is_there = usable and (usable[0].found["returns"] or (key not in {one[1] for one in RETURN_FIGURES}))
        figure = _over_runs(key, [value(run) for run in usable]) if is_there else None
        figures[key] = figure
        cells.append("-" if figure is None else pattern.format(figure))
    figures["problems"] = [", ".join(run.problems) for run in ran if run.problems]
    return Row(name, cells, figures)


def _over_runs(key: str, values: Sequence[float]) -> float:
    """What must never happen, at its worst; the rest in the middle."""
    return max(values) if key in {"closed", "wrong", "frames_until_right", "memory_ratio"} else median(values)


def _targets(row: Row) -> list[Target]:
    def figure(key: str) -> float | None:
        value = row.figures[key]
        return float(value) if isinstance(value, (int, float)) else None

    return [
        Target(
            "(d) memory at the end of a stall beside before it", MEMORY_RATIO_MAX, figure("memory_ratio"), "{:.3f}x"
        ),
        Target("(d) lateness p99 of the others, during beside before", LATE_RATIO_MAX, figure("late_ratio")),
        Target("(d) connections closed", 0, figure("closed"), "{:.0f}"),
        Target("(d) frames after which a client held anything wrong", 0, figure("wrong"), "{:.0f}"),
        Target("(d) frames from the backlog until right", 1, figure("frames_until_right"), "{:.0f}"),
    ]
