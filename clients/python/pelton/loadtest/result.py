"""All that is known of a run that has ended: what summary.json, the JUnit file and the report are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pelton.loadtest.plan import Plan
from pelton.loadtest.seconds import Histograms, Second, StageResult, merged
from pelton.loadtest.thresholds import Measured, Outcome
from pelton.loadtest.verdict import Verdict

__all__ = ["CapacityResult", "CapacityStep", "Result"]


@dataclass(frozen=True, slots=True)
class CapacityStep:
    """One try of `--find-capacity`."""

    bots: int
    held: bool
    saturated: bool
    reasons: tuple[str, ...]
    """Why it did not hold."""


@dataclass(frozen=True, slots=True)
class CapacityResult:
    """What `--find-capacity` found."""

    bots: int
    """The most with which every threshold held; 0: not even the fewest."""
    is_least: bool
    """It may be more: the generator was the bottleneck, or bots_max was reached."""
    sentence: str
    steps: tuple[CapacityStep, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """A run, from its plan to its verdict."""

    plan: Plan
    started_at: str
    """ISO 8601, in UTC."""
    environment: Mapping[str, str | int]
    stages: Sequence[StageResult]
    seconds: Sequence[Second]
    measured: Measured
    outcomes: Sequence[Outcome]
    verdict: Verdict
    errors: Mapping[str, int]
    """How many bots met each."""
    capacity: CapacityResult | None = None

    @property
    def histograms(self) -> Histograms:
        """Of all holds together."""
        return merged(stage.histograms for stage in self.stages)
