"""What a run comes to: one exit code, and why. Pure.

0 passed   1 a threshold was missed, or something was wrong   2 wrong usage   3 nothing could be reached
4 the load generator was saturated: then the figures are its own and say nothing about the server
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from pelton.loadtest.metrics import METRICS, shown, shown_time
from pelton.loadtest.thresholds import Measured, Outcome

__all__ = [
    "SATURATED_CPU",
    "SATURATED_LATE_S",
    "SATURATED_SAMPLES_MIN",
    "Code",
    "Verdict",
    "saturation",
    "verdict",
    "wrong",
]

SATURATED_LATE_S = 0.025
"""The p99 of how late the generator is; more than half a tick at 20 Hz, and it is the generator that is measured."""
SATURATED_SAMPLES_MIN = 100
"""With fewer, the p99 is what happened once or twice; then its CPU alone tells."""
SATURATED_CPU = 0.90
"""Share of a core, over a few seconds in a row. An event loop that has no pause left is late with everything."""
EXPECTED_ZERO = {"errors": "bots failed", "mismatches": "groups of rows were not what the server had"}


class Code(IntEnum):
    """Exit codes of `pelton load`."""

    PASSED = 0
    MISSED = 1
    MISUSE = 2
    UNREACHABLE = 3
    SATURATED = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it ended, and every reason for it, a sentence each."""

    code: Code
    reasons: tuple[str, ...]

    @property
    def word(self) -> str:
        """One for a person."""
        return {
            Code.PASSED: "passed",
            Code.MISSED: "failed",
            Code.MISUSE: "wrong usage",
            Code.UNREACHABLE: "nobody there",
            Code.SATURATED: "invalid: the load generator was saturated",
        }[self.code]


def verdict(measured: Measured, outcomes: Sequence[Outcome], *, connected: int, started: int) -> Verdict:
    """The verdict on a whole run."""
    if started and not connected:
        return Verdict(Code.UNREACHABLE, (f"none of {started:,} bots could connect",))
    reasons = tuple(_missed(outcomes)) + tuple(wrong(measured, outcomes))
    saturated = saturation(measured)
    if saturated:
        return Verdict(Code.SATURATED, (*saturated, *reasons))
    return Verdict(Code.MISSED if reasons else Code.PASSED, reasons)


def saturation(measured: Measured) -> tuple[str, ...]:
    """Why the load generator, and not the server, was the bottleneck; empty if it was not."""
    found: list[str] = []
    late_s, cpu = measured.values.get("send_late.p99", 0.0), measured.values.get("generator.cpu", 0.0)
    if late_s > SATURATED_LATE_S and measured.values.get("send_late.count", 0.0) >= SATURATED_SAMPLES_MIN:
        found.append(
            f"the load generator sent late: p99 {shown_time(late_s)}, more than {shown_time(SATURATED_LATE_S)}"
        )
    if cpu > SATURATED_CPU:
        found.append(f"the load generator took {cpu:.0%} of a core, more than {SATURATED_CPU:.0%}")
    return tuple(found)


def _missed(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"{outcome.threshold.text}: {outcome.reason}" for outcome in outcomes if not outcome.passed]


def wrong(measured: Measured, outcomes: Sequence[Outcome]) -> list[str]:
    """What must be 0 and is not, unless a threshold says what it may be."""
    judged = {outcome.threshold.metric for outcome in outcomes}
    return [
        f"{shown(value, METRICS[metric])} {what}"
        for metric, what in EXPECTED_ZERO.items()
        if metric not in judged and (value := measured.values.get(metric, 0.0))
    ]
