"""The histogram: nearest ranks to a thousandth, merging and writing lose nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.swarm.histogram import US_MAX, Histogram

latencies = st.lists(st.floats(0, US_MAX / 1e6), min_size=1)


def of(samples: list[float]) -> Histogram:
    histogram = Histogram()
    for sample in samples:
        histogram.add(sample)
    return histogram


def test_there_is_no_percentile_of_nothing() -> None:
    histogram = Histogram()
    assert (histogram.percentile_s(50), histogram.mean_s, histogram.within_s(1.0)) == (None, None, None)


def test_an_hour_is_the_longest_latency_that_is_told_apart() -> None:
    histogram = of([1.0, 3601.0, 7200.0])
    assert histogram.max_s == 7200.0
    assert histogram.percentile_s(50) == pytest.approx(3600, rel=1e-3)


def test_less_than_nothing_is_nothing() -> None:
    histogram = of([-0.5])
    assert (histogram.max_s, histogram.mean_s, histogram.percentile_s(50)) == (0.0, 0.0, 0.0)


@given(latencies, st.floats(0, 100, exclude_min=True))
def test_a_percentile_is_the_nearest_rank_to_a_thousandth(samples: list[float], percent: float) -> None:
    histogram = of(samples)
    exact = sorted(samples)[max(0, math.ceil(percent / 100 * len(samples) - 1e-9) - 1)]
    found = histogram.percentile_s(percent)
    assert found is not None
    assert exact - 1e-9 <= found <= exact * 1.001 + 2e-6
    assert found <= histogram.max_s


@given(latencies, latencies)
def test_merged_histograms_are_the_histogram_of_all(some: list[float], others: list[float]) -> None:
    merged, together = of(some), of(some + others)
    merged.merge(of(others))
    assert merged.written() == together.written()
    assert (merged.count, merged.max_s) == (together.count, together.max_s)
    assert merged.sum_s == pytest.approx(together.sum_s)


@given(latencies)
def test_what_is_written_is_read_again(samples: list[float]) -> None:
    histogram = of(samples)
    again = Histogram.read(histogram.written(), histogram.max_s, histogram.sum_s)
    assert again.written() == histogram.written()
    assert [again.percentile_s(p) for p in (50, 99, 100)] == [histogram.percentile_s(p) for p in (50, 99, 100)]
    assert sum(count for _, count in again.buckets()) == again.count


@pytest.mark.parametrize("bucket", [[-1, 1], [3, 0]])
def test_what_can_be_no_histogram_is_refused(bucket: list[int]) -> None:
    with pytest.raises(ValueError, match="no bucket"):
        Histogram.read([bucket], 1.0, 1.0)


def test_the_share_within_a_latency_is_told() -> None:
    assert of([0.01, 0.02, 0.03, 0.5]).within_s(0.05) == 0.75


def test_two_moments_of_one_histogram_tell_what_came_in_between() -> None:
    histogram = Histogram()
    histogram.add(0.5)
    before = histogram.copy()
    histogram.add(0.01)
    histogram.add(0.01)
    between = histogram.since(before)
    assert (before.count, between.count) == (1, 2)
    assert between.buckets() == [pair for pair in histogram.buckets() if pair[1] == 2]
    assert between.max_s == pytest.approx(0.01, rel=0.001)
    assert between.sum_s == pytest.approx(0.02)
    assert histogram.since(histogram.copy()).percentile_s(99) is None
