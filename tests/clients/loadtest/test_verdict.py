"""Exit codes: what a run comes to, and why."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from pelton.loadtest.expressions import read_limit
from pelton.loadtest.thresholds import Measured, judged
from pelton.loadtest.verdict import SATURATED_CPU, SATURATED_LATE_S, SATURATED_SAMPLES_MIN, Code, Verdict, verdict

GOOD = {
    "ack.p99": 0.05,
    "errors": 0.0,
    "mismatches": 0.0,
    "send_late.p99": 0.001,
    "send_late.count": 200.0,
    "generator.cpu": 0.5,
}


def of(
    *thresholds: str, values: Mapping[str, float] = MappingProxyType({}), connected: int = 10, started: int = 10
) -> Verdict:
    measured = Measured({**GOOD, **values}, {})
    outcomes = judged([read_limit(text) for text in thresholds], measured)
    return verdict(measured, outcomes, connected=connected, started=started)


def test_a_run_in_which_everything_held_has_passed() -> None:
    assert of("ack.p99 < 80ms") == Verdict(Code.PASSED, ())


def test_a_missed_threshold_is_named() -> None:
    assert of("ack.p99 < 20ms", "errors == 0") == Verdict(Code.MISSED, ("ack.p99 < 20ms: was 50.0 ms",))


def test_errors_are_wrong_even_if_no_threshold_speaks_of_them() -> None:
    assert of(values={"errors": 3}) == Verdict(Code.MISSED, ("3 bots failed",))
    assert of(values={"mismatches": 2}).code is Code.MISSED


def test_a_threshold_may_allow_errors() -> None:
    assert of("errors < 5", values={"errors": 3}).code is Code.PASSED
    assert of("errors < 5", values={"errors": 5}) == Verdict(Code.MISSED, ("errors < 5: was 5",))


def test_nobody_connected_is_told_apart() -> None:
    assert of("ack.p99 < 1ms", connected=0).code is Code.UNREACHABLE
    assert of(connected=1).code is Code.PASSED
    assert of(connected=0, started=0).code is Code.PASSED


@pytest.mark.parametrize(("name", "bound"), [("send_late.p99", SATURATED_LATE_S), ("generator.cpu", SATURATED_CPU)])
def test_a_saturated_generator_makes_the_run_invalid_whatever_the_thresholds_say(name: str, bound: float) -> None:
    assert of(values={name: bound}).code is Code.PASSED
    for threshold in ("ack.p99 < 80ms", "ack.p99 < 1ms"):
        found = of(threshold, values={name: bound * 1.05})
        assert found.code is Code.SATURATED
        assert found.reasons[0].startswith("the load generator ")


def test_a_few_late_actions_do_not_make_a_run_invalid() -> None:
    late = {"send_late.p99": 10 * SATURATED_LATE_S, "send_late.count": SATURATED_SAMPLES_MIN - 1}
    assert of(values=late).code is Code.PASSED
