"""Runs that never took place: seconds, stages and results as a real one makes them, in any shape a test wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from pelton.loadtest.expressions import read_limit
from pelton.loadtest.figures import figures
from pelton.loadtest.plan import Plan, read_plan
from pelton.loadtest.result import Result
from pelton.loadtest.seconds import Counts, Histograms, Second, ServerSecond, StageResult, histograms, merged, spread
from pelton.loadtest.thresholds import judged
from pelton.loadtest.verdict import verdict

PLAN = """
url = "ws://127.0.0.1:7777/"
admin = "http://127.0.0.1:7778"
mix = { wanderer = 1 }
[[stage]]
bots = 100
hold_s = 20
[thresholds]
"ack.p99" = "< 80ms"
"errors" = "== 0"
"""
ENVIRONMENT: Mapping[str, str | int] = {"python": "CPython 3.11.2", "cpu": "A Processor", "cpus": 2}


def a_plan(folder: Path, text: str = PLAN, name: str = "plan.toml") -> Plan:
    """The plan of a file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


def some_latencies(dice: Random, middle_s: float, count: int = 200) -> Histograms:
    """A second's worth: everything about `middle_s`, with a long tail."""
    found = histograms()
    middles_s = {"ack": middle_s, "seen": 1.5 * middle_s, "age": 0.5 * middle_s, "send_late": 0.0006}
    for name, each_s in middles_s.items():
        for _ in range(count):
            found[name].add(each_s * dice.lognormvariate(0, 0.3))
    return found


def a_second(at_s: float, latencies: Histograms, *, holds: bool = True, stage: int = 0, bots: int = 100) -> Second:
    """One second in which nothing was wrong; `dataclasses.replace` makes others of it."""
    return Second(
        at_s=at_s,
        length_s=1.0,
        stage=stage,
        holds=holds,
        bots=bots,
        counts=Counts(sent=2000, taken=2000, frames=2000, bytes_in=400_000, bytes_out=100_000),
        latencies={name: spread(histogram) for name, histogram in latencies.items()},
        generator_cpu=0.4,
        server=ServerSecond(cpu=0.3, rss_bytes=60 * 1024**2, ticks=20, overruns=0),
    )


def a_result(
    plan: Plan,
    *,
    seed: int = 1,
    middle_s: float = 0.03,
    hold_s: int = 20,
    seconds: Sequence[Second] | None = None,
    errors: Mapping[str, int] | None = None,
    connected: int = 100,
) -> Result:
    """A run of one stage: two seconds of ramp, then the hold."""
    dice = Random(seed)
    parts = [some_latencies(dice, middle_s * dice.uniform(0.95, 1.05)) for _ in range(hold_s + 2)]
    made = [a_second(n + 1.0, part, holds=n >= 2, bots=min(100, 50 * (n + 1))) for n, part in enumerate(parts)]
    stage = StageResult("100 bots", 0.0, 2.0, hold_s + 2.0, merged(parts[2:]))
    everything = list(seconds) if seconds is not None else made
    measured = figures(stage.histograms, everything)
    outcomes = judged(plan.thresholds, measured)
    return Result(
        plan=plan,
        started_at="2026-01-02T03:04:05+00:00",
        environment=ENVIRONMENT,
        stages=(stage,),
        seconds=tuple(everything),
        measured=measured,
        outcomes=outcomes,
        verdict=verdict(measured, outcomes, connected=connected, started=100),
        errors=errors or {},
    )


def with_thresholds(plan: Plan, *texts: str) -> Plan:
    """The same plan with other thresholds."""
    return replace(plan, thresholds=tuple(read_limit(text) for text in texts))
