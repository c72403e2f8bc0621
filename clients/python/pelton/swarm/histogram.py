"""How often each latency was seen: log-linear buckets, exact to 0.1 %, that can be merged and written down.

    microseconds   0 1 2 ... 2047 | 2048-2049 2050-2051 ... 4094-4095 | 4096-4099 ... | ...
    bucket         0 1 2 ... 2047 |   2048      2049    ...   3071    |   3072    ... | ...

Up to 2,047 us each has its own bucket; from there on every doubling has 1,024 of them (HdrHistogram's layout with
three significant digits: https://hdrhistogram.github.io/HdrHistogram/). Only buckets that hold something are kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

__all__ = ["Histogram", "Written"]

HALF_BITS = 10
HALF = 1 << HALF_BITS
US_MAX = 3_600_000_000
"""An hour; what is longer counts as one."""

Written: TypeAlias = Sequence[Sequence[int]]
"""Buckets as `[number, count]`, in order."""


class Histogram:
    """Latencies in seconds. Bounded: 24,000 buckets at most, whatever is added."""

    __slots__ = ("_counts", "count", "max_s", "sum_s")

    def __init__(self) -> None:
        self.count = 0
        self.max_s = 0.0
        """Exact."""
        self.sum_s = 0.0
        self._counts: dict[int, int] = {}

    def add(self, latency_s: float) -> None:
        """Count one; below 0 is 0. Runs for every action and frame of every bot: keep it short."""
        us = int(latency_s * 1e6)
        if us >= US_MAX:
            us = US_MAX
        elif us < 0:
            us, latency_s = 0, 0.0
        shift = us.bit_length() - HALF_BITS - 1
        bucket = us if shift <= 0 else (shift << HALF_BITS) + (us >> shift)
        counts = self._counts
        counts[bucket] = counts.get(bucket, 0) + 1
        self.count += 1
        self.sum_s += latency_s
        if latency_s > self.max_s:  # noqa: PLR1730 - half of what max() costs, for every frame of every bot
            self.max_s = latency_s

    def copy(self) -> Histogram:
        """One that counts on by itself."""
        other = Histogram()
        other._counts = self._counts.copy()
        other.count, other.max_s, other.sum_s = self.count, self.max_s, self.sum_s
        return other

    def since(self, earlier: Histogram) -> Histogram:
        """What was counted after `earlier` was copied of this; its longest is exact to the bucket."""
        between = Histogram()
        before = earlier._counts
        for bucket, count in self._counts.items():
            if added := count - before.get(bucket, 0):
                between._counts[bucket] = added
                between.count += added
        between.sum_s = max(0.0, self.sum_s - earlier.sum_s)
        if between._counts:
            between.max_s = min(_upper_s(max(between._counts)), self.max_s)
        return between

    def merge(self, other: Histogram) -> None:
        """Count everything that the other has counted."""
        for bucket, count in other._counts.items():
            self._counts[bucket] = self._counts.get(bucket, 0) + count
        self.count += other.count
        self.sum_s += other.sum_s
        self.max_s = max(self.max_s, other.max_s)

    @property
    def mean_s(self) -> float | None:
        """Exact; None if there is nothing."""
        return self.sum_s / self.count if self.count else None

    def percentile_s(self, percent: float) -> float | None:
        """The least latency that this share of all did not exceed, rounded up to its bucket; None of nothing."""
        if not self.count:
            return None
        rank = max(1, math.ceil(percent / 100 * self.count - 1e-9))  # 99.9 % of 1,000 is no more than 999
        seen = 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= rank:
                return min(_upper_s(bucket), self.max_s)
        return self.max_s

    def within_s(self, latency_s: float) -> float | None:
        """The share of all that took no longer, 0 to 1; None if there is nothing."""
        if not self.count:
            return None
        within = sum(count for bucket, count in self._counts.items() if _upper_s(bucket) <= latency_s)
        return within / self.count

    def buckets(self) -> list[tuple[float, int]]:
        """The upper end of each bucket in seconds, with its count, in order."""
        return [(_upper_s(bucket), self._counts[bucket]) for bucket in sorted(self._counts)]

    def written(self) -> Written:
        """What `read` makes the same histogram of, but for the digits of its mean beyond microseconds."""
        return [[bucket, self._counts[bucket]] for bucket in sorted(self._counts)]

    @classmethod
    def read(cls, buckets: Iterable[Sequence[int]], max_s: float, sum_s: float) -> Histogram:
        """The histogram that was written. ValueError if it can be none."""
        histogram = cls()
        for bucket, count in buckets:
            if bucket < 0 or count < 1:
                raise ValueError(f"no bucket of a histogram: {bucket}, {count}")
            histogram._counts[bucket] = histogram._counts.get(bucket, 0) + count
            histogram.count += count
        histogram.max_s, histogram.sum_s = max_s, sum_s
        return histogram


def _upper_s(bucket: int) -> float:
    """The end of a bucket, in seconds."""
    if bucket < 2 * HALF:
        return (bucket + 1) / 1e6
    shift = (bucket >> HALF_BITS) - 1
    return ((bucket - (shift << HALF_BITS) + 1) << shift) / 1e6
