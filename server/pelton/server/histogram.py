"""How often each duration was seen, in log-linear buckets: exact to 6 %, of a fixed number, and cheap to add to.

    microseconds   1 2 3 ... 32 | 33-34 35-36 ... 63-64 | 65-68 ... | ...
    bucket         0 1 2 ... 31 |   32    33  ...   47  |   48  ... | ... 367

Up to 32 us each has its own bucket; from there on every doubling has 16 of them. Only those that hold something
are kept.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

__all__ = ["BUCKETS_MAX", "Histogram"]

HALF_BITS = 4
US_MAX = 1 << 26
"""67 seconds; what is longer is counted in the last bucket."""
BUCKETS_MAX = (26 - HALF_BITS + 1) << HALF_BITS


class Histogram:
    """Durations in nanoseconds, told in microseconds, rounded up. Bounded: 368 buckets, whatever is added."""

    __slots__ = ("_counts", "count", "max_us")

    def __init__(self) -> None:
        self.count = 0
        self.max_us = 0
        """Exact."""
        self._counts: dict[int, int] = {}

    def __len__(self) -> int:
        """The buckets that hold something."""
        return len(self._counts)

    def add(self, duration_ns: int) -> None:
        """Count one. Runs several times for every tick: keep it short."""
        us = -(-duration_ns // 1000)
        self.max_us = max(self.max_us, us)
        # A bucket holds its upper end, as a reader of "at most 64 us" expects: hence the one less.
        below = us - 1 if us > 0 else 0
        if us > US_MAX:
            below = US_MAX - 1
        shift = below.bit_length() - HALF_BITS - 1
        bucket = below if shift <= 0 else (shift << HALF_BITS) + (below >> shift)
        counts = self._counts
        counts[bucket] = counts.get(bucket, 0) + 1
        self.count += 1

    def percentiles_us(self, percents: Sequence[float]) -> list[int | None]:
        """For each share of all, the least duration that it did not exceed, rounded up to its bucket; None of nothing.

        Runs on the event loop, for every room at once: no loop over buckets in Python.
        """
        if not self.count:
            return [None] * len(percents)
        buckets = sorted(self._counts)
        within = list(accumulate(map(self._counts.__getitem__, buckets)))
        ranks = (max(1, math.ceil(percent / 100 * self.count - 1e-9)) for percent in percents)  # 99.9 % of 1,000: 999
        return [self._upper_us(buckets[bisect_left(within, rank)]) for rank in ranks]

    def _upper_us(self, bucket: int) -> int:
        """The end of a bucket, which it holds; no more than what was seen."""
        if bucket == BUCKETS_MAX - 1:
            return self.max_us
        if bucket < 2 << HALF_BITS:
            upper = bucket + 1
        else:
            shift = (bucket >> HALF_BITS) - 1
            upper = (bucket - (shift << HALF_BITS) + 1) << shift
        return min(upper, self.max_us)
