"""Limits and changes say what they mean, and what says nothing gets a caret under the place."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.loadtest.expressions import OPERATORS, BadExpression, read_change, read_limit
from pelton.loadtest.metrics import METRICS, Kind


@pytest.mark.parametrize(
    ("text", "metric", "operator", "limit"),
    [
        ("ack.p99 < 80ms", "ack.p99", "<", 0.08),
        ("  ack.p99.9<=1.5s ", "ack.p99.9", "<=", 1.5),
        ("send_late.mean < 500us", "send_late.mean", "<", 0.0005),
        ("seen.count >= 100", "seen.count", ">=", 100),
        ("tick.overrun < 0.1%", "tick.overrun", "<", 0.001),
        ("errors == 0", "errors", "==", 0),
        ("stall.max == 0", "stall.max", "==", 0),
        ("server.cpu <= 80 %", "server.cpu", "<=", 0.8),
        ("server.rss < 512MiB", "server.rss", "<", 512 * 1024**2),
        ("bytes.in > .5KiB", "bytes.in", ">", 512),
        ("bytes.out < 2048", "bytes.out", "<", 2048),
    ],
)
def test_a_limit_is_read(text: str, metric: str, operator: str, limit: float) -> None:
    found = read_limit(text)
    assert (found.metric, found.operator, found.text) == (metric, operator, text.strip())
    assert found.limit == pytest.approx(limit)


@pytest.mark.parametrize(
    ("text", "caret", "problem"),
    [
        ("ack.p98 < 80ms", 0, 'there is no metric "ack.p98", did you mean "ack.p99"?'),
        ("stal.max < 1s", 0, 'there is no metric "stal.max", did you mean "stall.max"?'),
        (
            "ack.worst < 1s",
            0,
            'there is no metric "ack.worst", of ack there is p50, p90, p95, p99, p99.9, max, mean, count',
        ),
        ("zzz < 1", 0, 'there is no metric "zzz", only ack.*, seen.*, '),
        ("< 80ms", 0, "expected a metric, such as ack.p99"),
        ("ack.p99 80ms", 8, "expected one of < <= == >= >"),
        ("ack.p99 =< 80ms", 8, "expected one of < <= == >= >"),
        ("ack.p99 != 80ms", 8, "expected one of < <= == >= >"),
        ("ack.p99 < fast", 10, "expected a number, such as 80ms or 0.1%"),
        ("ack.p99 <", 9, "expected a number, such as 80ms or 0.1%"),
        ("ack.p99 < -80ms", 10, "nothing that is measured has a sign"),
        ("ack.p99 < 80", 12, "ack.p99 needs a unit: us, ms or s"),
        ("ack.p99 < 80min", 12, "expected one of us ms s % KiB MiB"),
        ("ack.p99 < 80%", 12, "ack.p99 is measured in us, ms or s"),
        ("errors < 5%", 10, "errors is measured in a bare number"),
        ("ack.count < 5s", 13, "ack.count is measured in a bare number"),
        ("tick.overrun < 5", 16, "tick.overrun needs a unit: %"),
        ("server.rss < 5ms", 14, "server.rss is measured in a bare number, KiB or MiB"),
        ("errors == 0 or so", 12, "expected one of us"),
        ("errors == 0 % x", 14, "nothing may follow here"),
        ("ack.p99 < 80ms ever", 15, "nothing may follow here"),
        ("errors == " + 200 * "0", 100, "is longer than 100 characters"),
    ],
)
def test_what_says_nothing_gets_a_caret_under_the_place(text: str, caret: int, problem: str) -> None:
    with pytest.raises(BadExpression) as caught:
        read_limit(text)
    shown, pointer = str(caught.value).split("\n")
    assert text.startswith(shown)
    assert pointer.index("^") == caret
    assert pointer[caret + 2 :].startswith(problem)


@pytest.mark.parametrize(
    ("text", "limit"), [("ack.p99 > +10%", 0.1), ("errors >= 0%", 0.0), ("bytes.in < -2.5 %", -0.025)]
)
def test_a_change_is_read_with_its_sign(text: str, limit: float) -> None:
    assert read_change(text).limit == pytest.approx(limit)


def test_a_change_is_in_percent() -> None:
    with pytest.raises(BadExpression, match="a change is given in percent") as caught:
        read_change("ack.p99 > +10ms")
    assert caught.value.at == 13


@given(st.text(max_size=120))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    for read in (read_limit, read_change):
        with suppress(BadExpression):
            assert read(text).metric in METRICS


@given(
    st.sampled_from(list(METRICS)), st.sampled_from(list(OPERATORS)), st.floats(0, 1e6, allow_nan=False), st.booleans()
)
def test_every_metric_can_be_limited_in_its_own_unit(metric: str, operator: str, number: float, spaced: bool) -> None:
    unit = {Kind.TIME: "s", Kind.COUNT: "", Kind.SHARE: "%", Kind.BYTES: "KiB"}[METRICS[metric]]
    gap = " " if spaced else ""
    limit = read_limit(f"{metric}{gap}{operator}{gap}{number:.6f}{unit}")
    assert (limit.metric, limit.operator) == (metric, operator)
    assert limit.holds(limit.limit) == ("=" in operator)
