"""What a run measures, by name: the words of thresholds, of `summary.json` and of the report, and how they are written.

Inside, times are seconds, shares are fractions (1.0 is all, or one whole core), sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

__all__ = ["LATENCIES", "METRICS", "STATISTICS", "Kind", "shown", "shown_time"]


class Kind(Enum):
    """What sort of number a metric is; the value says which units a limit may have."""

    TIME = "us, ms or s"
    COUNT = "a bare number"
    SHARE = "%"
    BYTES = "a bare number, KiB or MiB"


LATENCIES: Mapping[str, str] = MappingProxyType(
    {
        "ack": "from the moment an action should have been sent to the answer that it was taken",
        "seen": "from the moment an action should have been sent to the moment another player saw it",
        "age": "how old the state is when a player gets it",
        "stall": "how long a player waited for a frame that was late",
        "send_late": "how late the load generator itself sent",
    }
)
STATISTICS = ("p50", "p90", "p95", "p99", "p99.9", "max", "mean", "count")


def _metrics() -> dict[str, Kind]:
    times = {
        f"{latency}.{statistic}": Kind.COUNT if statistic == "count" else Kind.TIME
        for latency in LATENCIES
        for statistic in STATISTICS
    }
    return {
        **times,
        "errors": Kind.COUNT,
        "refused": Kind.COUNT,
        "mismatches": Kind.COUNT,
        "bytes.in": Kind.BYTES,
        "bytes.out": Kind.BYTES,
        "tick.overrun": Kind.SHARE,
        "server.cpu": Kind.SHARE,
        "server.rss": Kind.BYTES,
        "generator.cpu": Kind.SHARE,
    }


METRICS: Mapping[str, Kind] = MappingProxyType(_metrics())
"""Every metric, in the order in which people are shown them. docs/load.md says what each one is."""


def shown(value: float, kind: Kind) -> str:
    """A value for a person, with its unit."""
    match kind:
        case Kind.TIME:
            return shown_time(value)
        case Kind.COUNT:
            return f"{value:,.0f}"
        case Kind.SHARE:
            return f"{100 * value:.3g} %" if value < 1 else f"{100 * value:.0f} %"
        case Kind.BYTES:
            return _shown_bytes(value)


def shown_time(seconds: float) -> str:
    """Three digits that count, in the unit that suits."""
    if not seconds:
        return "0 ms"
    if seconds < 0.001:
        return f"{1e6 * seconds:.0f} us"
    if seconds < 0.1:
        return f"{1e3 * seconds:.1f} ms"
    if seconds < 10:
        return f"{1e3 * seconds:,.0f} ms"
    return f"{seconds:,.1f} s"


def _shown_bytes(value: float) -> str:
    if value < 1024:
        return f"{value:.0f} B"
    if value < 1024**2:
        return f"{value / 1024:.1f} KiB"
    return f"{value / 1024**2:.1f} MiB"
