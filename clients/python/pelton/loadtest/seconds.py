"""What was measured: second by second, and whole stages of it. Plain values, made by the run and by whoever reads one.

A second keeps percentiles and no histograms: those of an hour would fill the memory. A stage keeps its histograms, so
percentiles over a stage, over all of them and over several runs are those of all samples and no means of percentiles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pelton.loadtest.metrics import LATENCIES
from pelton.swarm.histogram import Histogram

__all__ = [
    "Counts",
    "Histograms",
    "Second",
    "ServerSecond",
    "Share",
    "Spread",
    "StageResult",
    "histograms",
    "merged",
    "spread",
]

PERCENTS: Mapping[str, float] = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p99.9": 99.9}

Spread = Mapping[str, float]
"""Statistics of some latencies by name, times in seconds; of none it is `{"count": 0}`."""

Histograms = dict[str, Histogram]
"""By the names in `metrics.LATENCIES`, all of them."""


def histograms() -> Histograms:
    """An empty one for each latency."""
    return {name: Histogram() for name in LATENCIES}


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened in some time. Bots first, then what they sent and got."""

    arrived: int = 0
    gone: int = 0
    failed: int = 0
    sent: int = 0
    taken: int = 0
    refused: int = 0
    frames: int = 0
    mismatches: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What one process of the load generator measured since it was last asked."""

    counts: Counts
    started: int
    connected: int
    histograms: Histograms
    bots: int
    """Alive now."""
    cpu: float
    """Share of one core since then."""
    is_over: bool
    """All its bots have failed, and nobody comes any more."""
    errors: Mapping[str, int]
    """How many bots met each."""
    trace: str
    """Of the first fault in a behaviour; empty if there was none."""


@dataclass(frozen=True, slots=True)
class ServerSecond:
    """What the server's admin port told of a second."""

    cpu: float
    """Share of one core."""
    rss_bytes: int
    ticks: int
    overruns: int
    """Ticks that began too late or took too long."""


@dataclass(frozen=True, slots=True)
class Second:
    """About a second of a run."""

    at_s: float
    """Its end, from the start of the run."""
    length_s: float
    stage: int
    """Its number, from 0."""
    holds: bool
    """It counts for thresholds: the stage's ramp is over."""
    bots: int
    """Alive at its end."""
    counts: Counts
    latencies: Mapping[str, Spread]
    generator_cpu: float
    """Share of one core, of that process of the generator that took most."""
    server: ServerSecond | None


@dataclass(slots=True)
class StageResult:
    """What the hold of a stage measured, from `held_from_s` to `ended_s`."""

    name: str
    began_s: float
    held_from_s: float
    ended_s: float
    histograms: Histograms = field(default_factory=histograms)


def merged(parts: Iterable[Mapping[str, Histogram]]) -> Histograms:
    """All of them together; the parts stay as they are."""
    total = histograms()
    for part in parts:
        for name, histogram in part.items():
            total[name].merge(histogram)
    return total


def spread(histogram: Histogram) -> Spread:
    """Its statistics by the names in `metrics.STATISTICS`."""
    if not histogram.count:
        return {"count": 0}
    found: dict[str, float] = {}
    wanted = iter(PERCENTS.items())
    name, percent = next(wanted)
    seen = 0
    # One walk for all: this runs for each latency of each second, while the run goes on.
    for upper_s, count in histogram.buckets():
        seen += count
        while seen >= percent / 100 * histogram.count - 1e-9:
            found[name] = min(upper_s, histogram.max_s)
            name, percent = next(wanted, ("", math.inf))
    return {**found, "max": histogram.max_s, "mean": histogram.sum_s / histogram.count, "count": histogram.count}
