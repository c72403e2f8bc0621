"""Durations are counted in a fixed number of buckets, and come out again exact to a sixteenth, never too small."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.histogram import BUCKETS_MAX, Histogram

SHARES = (0, 25, 50, 90, 99, 100)


def histogram_of(*durations_us: float) -> Histogram:
    histogram = Histogram()
    for us in durations_us:
        histogram.add(round(us * 1000))
    return histogram


def test_of_nothing_there_is_no_percentile() -> None:
    assert Histogram().percentiles_us((50, 100)) == [None, None]
    assert (Histogram().count, Histogram().max_us) == (0, 0)


@pytest.mark.parametrize(
    ("us", "told"), [(0, 0), (0.001, 1), (1, 1), (1.001, 2), (32, 32), (33, 33), (64, 64), (64.5, 65)]
)
def test_microseconds_are_rounded_up(us: float, told: int) -> None:
    assert histogram_of(us).percentiles_us((50,)) == [told]


def test_a_bucket_holds_its_upper_end_and_what_is_more_is_in_the_next() -> None:
    histogram = histogram_of(1024, 1025, 5000)
    assert histogram.percentiles_us((30, 60, 100)) == [1024, 1088, 5000]


@given(st.lists(st.integers(0, 60_000_000_000), min_size=1))
def test_a_percentile_is_never_too_small_and_at_most_a_sixteenth_too_large(durations_ns: list[int]) -> None:
    histogram = Histogram()
    for ns in durations_ns:
        histogram.add(ns)
    ranked = sorted(durations_ns)
    for share, told in zip(SHARES, histogram.percentiles_us(SHARES), strict=True):
        exact_us = math.ceil(ranked[max(math.ceil(share * len(ranked) / 100), 1) - 1] / 1000)
        assert told is not None
        assert exact_us <= told <= exact_us * 17 / 16 + 1
    assert (histogram.count, histogram.max_us) == (len(ranked), math.ceil(ranked[-1] / 1000))


@given(st.lists(st.integers(0, 2**80), max_size=200))
def test_whatever_is_added_the_buckets_stay_few(durations_ns: list[int]) -> None:
    histogram = Histogram()
    for ns in (*durations_ns, 0, 2**80):
        histogram.add(ns)
    assert len(histogram) <= BUCKETS_MAX == 368
    assert all(0 <= bucket < BUCKETS_MAX for bucket in histogram._counts)


def test_all_buckets_can_be_filled_and_none_beyond() -> None:
    histogram = Histogram()
    for shift in range(28):
        for step in range(32):
            histogram.add((step << shift) * 1000 + 1)
    assert sorted(histogram._counts) == list(range(BUCKETS_MAX))


def test_what_is_longer_than_the_last_bucket_is_told_as_the_longest() -> None:
    hour_us = 3_600_000_000
    assert histogram_of(1, hour_us).percentiles_us((50, 99)) == [1, hour_us]
