"""The distribution of latencies as a curve: each percentile, ever finer towards the slowest. Pure.

x = 1 / (1 - share)    1 = 0 %   10 = 90 %   100 = 99 %   1,000 = 99.9 %   ... on a logarithmic axis
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pelton.swarm.histogram import Histogram

__all__ = ["curves"]

POINTS_PER_DECADE = 40


def curves(histograms: Mapping[str, Histogram]) -> tuple[list[float], dict[str, list[float | None]]]:
    """The points x, and for each histogram that has anything the latency there in seconds.

    A curve ends where a single sample decides; further out it would be a guess.
    """
    most = max((histogram.count for histogram in histograms.values()), default=0)
    xs = _points(most)
    return xs, {name: _curve(histogram, xs) for name, histogram in histograms.items() if histogram.count}


def _points(most: int) -> list[float]:
    xs = [1.0]
    while xs[-1] < most:
        xs.append(10 ** (len(xs) / POINTS_PER_DECADE))
    return xs


def _curve(histogram: Histogram, xs: Sequence[float]) -> list[float | None]:
    """One walk through the buckets for all points."""
    curve: list[float | None] = []
    buckets, seen, latency_s = iter(histogram.buckets()), 0, 0.0
    for x in xs:
        if x > histogram.count:
            curve.append(None)
            continue
        while seen < histogram.count * (1 - 1 / x) or not seen:
            latency_s, count = next(buckets)
            seen += count
        curve.append(min(latency_s, histogram.max_s))
    return curve
