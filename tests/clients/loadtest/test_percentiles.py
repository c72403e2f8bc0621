"""Our percentiles are those of HdrHistogram, the measure of the field, as far as three significant digits go.

Its Python port rounds ranks to the nearest (6 samples: p90 is the 5th), where we and its Java original round up, so
that p90 is never less than 90 % of the samples. It is asked for the percentile that is the same rank for both.
"""

from __future__ import annotations

import math

import pytest
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]  # it has no types
from hypothesis import given
from hypothesis import strategies as st

from pelton.loadtest.seconds import PERCENTS, merged, spread
from pelton.swarm.histogram import US_MAX, Histogram

# As latencies are: mostly short, some of them far away.
microseconds = st.one_of(st.integers(1, 5000), st.integers(1, 1_000_000), st.integers(1, US_MAX - 1))
many = st.lists(microseconds, min_size=1, max_size=300)


def expected_s(theirs: HdrHistogram, percent: float) -> float:
    total: int = theirs.get_total_count()
    rank = max(1, math.ceil(percent / 100 * total - 1e-9))
    value_us: int = theirs.get_value_at_percentile(100 * rank / total)
    return value_us / 1e6


def both(samples: list[int]) -> tuple[Histogram, HdrHistogram]:
    ours, theirs = Histogram(), HdrHistogram(1, US_MAX, 3)
    for sample in samples:
        # Half a microsecond more: a latency is no whole number, and rounding must not decide.
        ours.add((sample + 0.5) / 1e6)
        theirs.record_value(sample)
    return ours, theirs


@given(many)
def test_percentiles_are_those_of_hdr_histogram(samples: list[int]) -> None:
    ours, theirs = both(samples)
    found = spread(ours)
    for name, percent in PERCENTS.items():
        assert found[name] == pytest.approx(expected_s(theirs, percent), rel=2e-3, abs=1.5e-6), name
    assert found["max"] == pytest.approx(max(samples) / 1e6, rel=1e-3, abs=1e-6)
    assert found["count"] == theirs.get_total_count() == len(samples)


@given(many, many)
def test_merged_parts_have_the_percentiles_of_all_samples(some: list[int], others: list[int]) -> None:
    _, theirs = both(some + others)
    total = merged([{"ack": both(some)[0]}, {"ack": both(others)[0]}])["ack"]
    for percent in PERCENTS.values():
        assert total.percentile_s(percent) == pytest.approx(expected_s(theirs, percent), rel=2e-3, abs=1.5e-6)
