"""Thresholds hold or do not, and what could not be measured is no success."""

from __future__ import annotations

import pytest

from pelton.loadtest.expressions import read_limit
from pelton.loadtest.thresholds import Measured, judged


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("ack.p99 < 80ms", False),
        ("ack.p99 <= 80ms", True),
        ("ack.p99 == 80ms", True),
        ("ack.p99 >= 80ms", True),
        ("ack.p99 > 80ms", False),
        ("ack.p99 < 80.1ms", True),
        ("ack.p99 > 79ms", True),
    ],
)
def test_a_threshold_is_compared_as_it_says(text: str, passed: bool) -> None:
    (outcome,) = judged([read_limit(text)], Measured({"ack.p99": 0.08}, {}))
    assert (outcome.passed, outcome.value, outcome.reason) == (passed, 0.08, "was 80.0 ms")


@pytest.mark.parametrize("text", ["server.cpu < 80%", "server.cpu >= 0%"])
def test_what_could_not_be_measured_misses_and_says_why(text: str) -> None:
    (outcome,) = judged([read_limit(text)], Measured({}, {"server.cpu": "the plan names no admin port"}))
    assert (outcome.passed, outcome.value) == (False, None)
    assert outcome.reason == "could not be measured: the plan names no admin port"


def test_outcomes_come_in_the_order_of_the_thresholds() -> None:
    thresholds = [read_limit("errors == 0"), read_limit("ack.p50 < 1s")]
    outcomes = judged(thresholds, Measured({"errors": 3, "ack.p50": 0.5}, {}))
    assert [(outcome.threshold, outcome.passed) for outcome in outcomes] == list(
        zip(thresholds, (False, True), strict=True)
    )
