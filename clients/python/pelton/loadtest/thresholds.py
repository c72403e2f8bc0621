"""Thresholds: what a run must hold, and whether it did. Pure.

A metric that could not be measured misses its threshold, and says why: silence is no success.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pelton.loadtest.expressions import Comparison
from pelton.loadtest.metrics import METRICS, shown

__all__ = ["Measured", "Outcome", "judged"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Values by metric, and for each metric without one the reason. Together they name every metric."""

    values: Mapping[str, float]
    missing: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A threshold, and what became of it."""

    threshold: Comparison
    value: float | None
    """None: it could not be measured."""
    passed: bool
    reason: str
    """A phrase: what was measured, or why nothing was."""


def judged(thresholds: Sequence[Comparison], measured: Measured) -> tuple[Outcome, ...]:
    """The outcome of each threshold, in order."""
    return tuple(_judged(threshold, measured) for threshold in thresholds)


def _judged(threshold: Comparison, measured: Measured) -> Outcome:
    metric = threshold.metric
    value = measured.values.get(metric)
    if value is None:
        reason = measured.missing.get(metric, "nothing was measured")
        return Outcome(threshold, None, passed=False, reason=f"could not be measured: {reason}")
    return Outcome(threshold, value, threshold.holds(value), f"was {shown(value, METRICS[metric])}")
