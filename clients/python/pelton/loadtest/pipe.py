"""What the processes of the load generator and their parent say to each other: JSON, a line each. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pelton.loadtest.metrics import LATENCIES
from pelton.loadtest.seconds import Counts, Share
from pelton.swarm.histogram import Histogram

__all__ = ["LINE_BYTES_MAX", "Order", "read_order", "read_share", "written_order", "written_share"]

LINE_BYTES_MAX = 16 * 1024**2
"""Far more than the fullest histograms take."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a process is to do: `aim` at so many bots, let so many a second arrive, tell its share, or end."""

    do: Literal["aim", "arrivals", "share", "end"]
    number: float = 0.0
    """Bots, or arrivals a second."""
    seconds: float = 0.0
    """Of the ramp, or of a session."""


def written_order(order: Order) -> bytes:
    """The line."""
    return json.dumps([order.do, order.number, order.seconds]).encode() + b"\n"


def read_order(line: bytes) -> Order:
    """The order of a line. Comes from our own parent: nothing else is expected."""
    do, number, seconds = json.loads(line)
    return Order(do, number, seconds)


def written_share(share: Share) -> bytes:
    """The line."""
    content: dict[str, Any] = {
        "counts": asdict(share.counts),
        "started": share.started,
        "connected": share.connected,
        "bots": share.bots,
        "cpu": share.cpu,
        "is_over": share.is_over,
        "errors": dict(share.errors),
        "trace": share.trace,
        "histograms": {name: _written(share.histograms[name]) for name in LATENCIES},
    }
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def read_share(line: bytes) -> Share:
    """The share of a line."""
    content: dict[str, Any] = json.loads(line)
    histograms: Mapping[str, Any] = content.pop("histograms")
    return Share(
        counts=Counts(**content.pop("counts")),
        histograms={name: Histogram.read(*histograms[name]) for name in LATENCIES},
        started=content["started"],
        connected=content["connected"],
        bots=content["bots"],
        cpu=content["cpu"],
        is_over=content["is_over"],
        errors=content["errors"],
        trace=content["trace"],
    )


def _written(histogram: Histogram) -> list[Any]:
    return [histogram.written(), histogram.max_s, histogram.sum_s]
