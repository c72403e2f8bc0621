"""The seconds of a run as columns: what is written down, drawn and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields

from pelton.loadtest.metrics import LATENCIES, STATISTICS
from pelton.loadtest.seconds import Counts, Second

__all__ = ["Column", "columns", "per_second"]

Column = Sequence[float | None]
DIGITS = 7
"""Behind the point: a tenth of a microsecond."""


def columns(seconds: Sequence[Second]) -> dict[str, Column]:
    """Every value of every second by name; None where there is none. Latencies are named as metrics are."""
    found: dict[str, Column] = {
        "at_s": [round(second.at_s, 3) for second in seconds],
        "length_s": [round(second.length_s, 3) for second in seconds],
        "stage": [second.stage for second in seconds],
        "holds": [int(second.holds) for second in seconds],
        "bots": [second.bots for second in seconds],
    }
    for field in fields(Counts):
        found[field.name] = [getattr(second.counts, field.name) for second in seconds]
    for name in LATENCIES:
        for statistic in STATISTICS:
            values = (second.latencies[name].get(statistic) for second in seconds)
            found[f"{name}.{statistic}"] = [None if value is None else round(value, DIGITS) for value in values]
    found["generator.cpu"] = [round(second.generator_cpu, 4) for second in seconds]
    servers = [second.server for second in seconds]
    found["server.cpu"] = [None if server is None else round(server.cpu, 4) for server in servers]
    found["server.rss"] = [None if server is None else server.rss_bytes for server in servers]
    found["server.ticks"] = [None if server is None else server.ticks for server in servers]
    found["server.overruns"] = [None if server is None else server.overruns for server in servers]
    return found


def per_second(metric: str, found: Mapping[str, Column]) -> list[float]:
    """A metric's value in each second of the holds that has one."""
    value = DERIVED.get(metric, _plain(metric))
    holds = [index for index, holds in enumerate(found["holds"]) if holds]
    values = (value({name: column[index] for name, column in found.items()}) for index in holds)
    return [value for value in values if value is not None]


Row = Mapping[str, float | None]


def _plain(column: str) -> Callable[[Row], float | None]:
    return lambda row: row.get(column)


def _rate(column: str) -> Callable[[Row], float | None]:
    return lambda row: (row[column] or 0.0) / (row["length_s"] or 1.0)


def _per_bot(column: str) -> Callable[[Row], float | None]:
    return lambda row: (row[column] or 0.0) / (row["length_s"] or 1.0) / row["bots"] if row["bots"] else None


def _overrun(row: Row) -> float | None:
    ticks = row["server.ticks"]
    return (row["server.overruns"] or 0.0) / ticks if ticks else None


DERIVED: Mapping[str, Callable[[Row], float | None]] = {
    "errors": _rate("failed"),
    "refused": _rate("refused"),
    "mismatches": _rate("mismatches"),
    "bytes.in": _per_bot("bytes_in"),
    "bytes.out": _per_bot("bytes_out"),
    "tick.overrun": _overrun,
}
