"""A tally as plain lists and numbers, for the pipe between the processes of a swarm. Nothing is lost on the way."""

from __future__ import annotations

from typing import Any

from pelton.swarm.histogram import Histogram
from pelton.swarm.invariants import Arrival
from pelton.swarm.tally import COUNTS, HISTOGRAMS, Failure, Tally, Violation

__all__ = ["read_tally", "write_tally"]


def write_tally(tally: Tally) -> dict[str, Any]:
    """What `json` can write."""
    return {
        "counts": {name: getattr(tally, name) for name in COUNTS},
        "refusals": dict(tally.refusals),
        "histograms": {name: _write_histogram(getattr(tally, name)) for name in HISTOGRAMS},
        "failures": [[failure.bot, failure.text, failure.trace] for failure in tally.failures],
        "violations": [_write_violation(violation) for violation in tally.violations],
    }


def read_tally(written: dict[str, Any]) -> Tally:
    """The tally that was written."""
    tally = Tally(**written["counts"])
    tally.refusals.update(written["refusals"])
    for name in HISTOGRAMS:
        setattr(tally, name, Histogram.read(*written["histograms"][name]))
    tally.failures = [Failure(*failure) for failure in written["failures"]]
    tally.violations = [
        Violation(bot, behaviour, tick, text, tuple(Arrival(*arrival) for arrival in arrivals))
        for bot, behaviour, tick, text, arrivals in written["violations"]
    ]
    return tally


def _write_histogram(histogram: Histogram) -> list[Any]:
    return [histogram.written(), histogram.max_s, histogram.sum_s]


def _write_violation(violation: Violation) -> list[Any]:
    arrivals = [
        [arrival.tick, arrival.base, arrival.ack, arrival.refused, arrival.size_bytes] for arrival in violation.arrivals
    ]
    return [violation.bot, violation.behaviour, violation.tick, violation.text, arrivals]
