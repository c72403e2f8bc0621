"""What an item costs in a merge of many sources with a filter and two maps, and what idle sources cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from statistics import median

from benchmarks.streams_aiostream import aiostream
from benchmarks.streams_job import QUANTUM, TOTAL, Beside, Load, Rival, sample, sample_beside
from benchmarks.streams_loops import (
    BoundedLoop,
    DequeLoop,
    MergeAlone,
    PairLoop,
    PollBehind,
    SweepBehind,
    SweepPerSource,
)
from benchmarks.streams_report import Part, Row, Target
from benchmarks.streams_tasks import AiostreamMerge, PumpedGenerators, QueueScan, SharedQueue, TaskPerItem
from benchmarks.streams_timing import alternated, ratio

__all__ = ["RIVALS", "idle", "merge"]

RIVALS: tuple[type[Rival], ...] = (
    DequeLoop,
    PairLoop,
    BoundedLoop,
    SweepBehind,
    SweepPerSource,
    MergeAlone,
    PollBehind,
    QueueScan,
    SharedQueue,
    TaskPerItem,
    PumpedGenerators,
    AiostreamMerge,
)
TARGET = Load(500, 500, 4)
LOADS = (Load(10, 10, 4), Load(100, 100, 4), TARGET, Load(500, 500, 1))
MERGE_MOST = 2.0

ACTIVE = 20
IDLE_LOADS = tuple(Load(sources, ACTIVE, 1) for sources in (100, 1_000, 5_000))
IDLE_RIVALS: tuple[type[Rival], ...] = (MergeAlone, DequeLoop, QueueScan)
IDLE_MOST = 1.5


def merge(runs: int) -> Part:
    """Every way to merge, with 10 to 500 sources."""
    part = Part(
        "merge",
        "Merge + filter + two maps: CPU per item taken, in ns, and how many times the hand-written loop",
        [
            "Sources x items: each source is given so many, then all are taken, an item of each in turn, at most",
            f"{QUANTUM} of a source and {TOTAL:,} in all; who was not served keeps his place for the next time.",
            f"put: CPU per item given, {TARGET.sources} x {TARGET.each}. Rows with other rules: see README.md.",
        ],
        [*(f"{load.sources} x {load.each}" for load in LOADS), "put"],
    )
    kinds = [kind for kind in RIVALS if kind is not AiostreamMerge or aiostream is not None]
    measure = partial(sample_beside, base=DequeLoop)
    columns = [alternated(kinds, runs, partial(measure, load=load), lambda kind: kind.runs_max) for load in LOADS]
    for index, kind in enumerate(kinds):
        part.rows.append(_row(kind, [column[index] for column in columns]))
    target = columns[LOADS.index(TARGET)]
    for kind in (SweepBehind, SweepPerSource):
        times = _takes(target[kinds.index(kind)])[1]
        part.targets.append(
            Target(f"{kind.name}, {TARGET.sources} sources: CPU of the hand-written loop", MERGE_MOST, times)
        )
    return part


def _row(kind: type[Rival], columns: Sequence[list[Beside]]) -> Row:
    """`columns`: the runs of each load."""
    cells: list[str] = []
    figures: dict[str, object] = {}
    for load, runs in zip(LOADS, columns, strict=True):
        ns, times = _takes(runs)
        cells.append(f"{ns:,.0f} {_times(times)}")
        figures[f"{load.sources}x{load.each}"] = {"times_loop": times, "runs": [asdict(one) for one in runs]}
    runs = columns[LOADS.index(TARGET)]
    put_ns = median(one.row.put_ns for one in runs)
    cells.append(f"{put_ns:.0f} {_times(ratio([one.row.put_ns for one in runs], [one.base.put_ns for one in runs]))}")
    return Row(kind.name, cells, figures)


def _takes(runs: Sequence[Beside]) -> tuple[float, float]:
    """CPU per item taken, and how many times that of the hand-written loop."""
    takes = [one.row.take_ns for one in runs]
    return median(takes), ratio(takes, [one.base.take_ns for one in runs])


def _times(value: float) -> str:
    return f"{value:,.2f}x".rjust(7) if value < 100 else f"{value:,.0f}x".rjust(7)


def idle(runs: int) -> Part:
    """A sweep over few that are active among many that are not."""
    part = Part(
        "idle",
        f"Idle connections: CPU of one sweep, in us; {ACTIVE} sources have an item each, in every tick others",
        [],
        [*(f"of {load.sources:,}" for load in IDLE_LOADS), "last x first"],
    )
    found = alternated(IDLE_RIVALS, runs, lambda kind: [_sweep_us(kind, load) for load in (*IDLE_LOADS, IDLE_LOADS[0])])
    for kind, sweeps in zip(IDLE_RIVALS, found, strict=True):
        columns = list(zip(*sweeps, strict=True))
        times = ratio(columns[-2], [(first + again) / 2 for first, *_, again in sweeps])
        costs = columns[:-1]
        figures = {str(load.sources): column for load, column in zip(IDLE_LOADS, costs, strict=True)}
        cells = [*(f"{median(column):.1f}" for column in costs), f"{times:.2f}x"]
        part.rows.append(Row(kind.name, cells, {"us": figures, "times_fewest": times}))
        if kind is MergeAlone:
            name = f"Merge.sweep, {ACTIVE} active of {IDLE_LOADS[-1].sources:,}: CPU of {ACTIVE} of 100"
            part.targets.append(Target(name, IDLE_MOST, times))
    return part


def _sweep_us(kind: type[Rival], load: Load) -> float:
    return sample(kind, load).take_ns * load.given / 1000
