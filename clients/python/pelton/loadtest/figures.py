"""From what was measured to one value for each metric: what thresholds are judged by. Pure.

Latencies, rates, CPU and memory are those of the holds. What must never happen (errors, refused actions, replicas that
differ) is counted over the whole run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pelton.loadtest.metrics import LATENCIES, METRICS
from pelton.loadtest.seconds import Histograms, Second, spread
from pelton.loadtest.thresholds import Measured

__all__ = ["busiest_s", "figures"]

NO_ADMIN = 'the plan names no admin port (admin = "http://...")'
NOTHING: Mapping[str, str] = {
    "ack": "no action was answered in a hold",
    "seen": "nobody saw what another did",
    "age": "nobody looked at the state",
    "stall": "no frame was late",
    "send_late": "nothing was sent in a hold",
}
CPU_WINDOW_S = 3


def figures(histograms: Histograms, seconds: Sequence[Second], server_missing: str = NO_ADMIN) -> Measured:
    """Every metric's value, or why it has none. `histograms` are those of the holds."""
    holds = [second for second in seconds if second.holds]
    values = {
        **_latencies(histograms),
        **_counts(seconds),
        **_bytes(holds),
        **_server(holds),
        **_generator(holds),
    }
    missing = {metric: _reason(metric, server_missing) for metric in METRICS if metric not in values}
    return Measured(values, missing)


def busiest_s(holds: Sequence[Second]) -> float | None:
    """The most of a core that the generator took over any few seconds in a row; None without any second."""
    windows = [holds[end - CPU_WINDOW_S : end] for end in range(CPU_WINDOW_S, len(holds) + 1)] or [holds]
    if not holds:
        return None
    return max(_mean([(second.generator_cpu, second.length_s) for second in window]) or 0.0 for window in windows)


def _latencies(histograms: Histograms) -> dict[str, float]:
    values = {
        f"{name}.{statistic}": value
        for name, histogram in histograms.items()
        for statistic, value in spread(histogram).items()
    }
    # Frames that are never late are what one hopes for; there is no reason to call that unknown.
    if not histograms["stall"].count and histograms["ack"].count:
        values.update({metric: 0.0 for metric in METRICS if metric.startswith("stall.")})
    return values


def _counts(seconds: Sequence[Second]) -> dict[str, float]:
    return {
        "errors": sum(second.counts.failed for second in seconds),
        "refused": sum(second.counts.refused for second in seconds),
        "mismatches": sum(second.counts.mismatches for second in seconds),
    }


def _bytes(holds: Sequence[Second]) -> dict[str, float]:
    bot_seconds = sum(second.bots * second.length_s for second in holds)
    totals = {
        "bytes.in": sum(second.counts.bytes_in for second in holds),
        "bytes.out": sum(second.counts.bytes_out for second in holds),
    }
    return {metric: total / bot_seconds for metric, total in totals.items() if total and bot_seconds}


def _server(holds: Sequence[Second]) -> dict[str, float]:
    known = [(second.server, second.length_s) for second in holds if second.server is not None]
    values: dict[str, float] = {}
    cpu = _mean([(server.cpu, length_s) for server, length_s in known])
    if cpu is not None:
        values["server.cpu"] = cpu
        values["server.rss"] = max(server.rss_bytes for server, _ in known)
    ticks = sum(server.ticks for server, _ in known)
    if ticks:
        values["tick.overrun"] = sum(server.overruns for server, _ in known) / ticks
    return values


def _generator(holds: Sequence[Second]) -> dict[str, float]:
    busiest = busiest_s(holds)
    return {} if busiest is None else {"generator.cpu": busiest}


def _mean(values: Sequence[tuple[float, float]]) -> float | None:
    """Of values with how long each lasted."""
    total_s = sum(length_s for _, length_s in values)
    return sum(value * length_s for value, length_s in values) / total_s if total_s else None


def _reason(metric: str, server_missing: str) -> str:
    name = metric.partition(".")[0]
    if name in LATENCIES:
        return NOTHING[name]
    if name == "bytes":
        return "no bytes were counted in a hold"
    return server_missing if name in ("server", "tick") else "no stage has a hold"
