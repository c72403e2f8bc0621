"""The small language of limits: `ack.p99 < 80ms`, and of changes: `ack.p99 > +10%`. Pure; says where it went wrong.

ack.p98 < 80ms
^ there is no metric "ack.p98", did you mean "ack.p99"?
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pelton.loadtest.metrics import LATENCIES, METRICS, STATISTICS, Kind

__all__ = ["OPERATORS", "BadExpression", "Comparison", "read_change", "read_limit"]

OPERATORS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        "==": operator.eq,
        ">=": operator.ge,
        ">": operator.gt,
    }
)
UNITS: Mapping[str, tuple[float, Kind | None]] = MappingProxyType(
    {
        "": (1.0, None),
        "us": (1e-6, Kind.TIME),
        "ms": (1e-3, Kind.TIME),
        "s": (1.0, Kind.TIME),
        "%": (0.01, Kind.SHARE),
        "KiB": (1024.0, Kind.BYTES),
        "MiB": (1024.0**2, Kind.BYTES),
    }
)
CHARACTERS_MAX = 100
# Every part may be missing: then it is empty, and its place is where it should have been.
PARTS = re.compile(
    r"\s*(?P<metric>[^\s<>=!]*)"
    r"\s*(?P<operator>[<>=!]*)"
    r"\s*(?P<sign>[+-]?)(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)?)"
    r"\s*(?P<unit>\S*)"
    r"\s*(?P<rest>.*)",
    re.DOTALL,
)


class BadExpression(ValueError):
    """A limit or a change that says nothing. `str` shows it with a caret under the place."""

    def __init__(self, text: str, at: int, problem: str) -> None:
        self.text = "".join(char if char.isprintable() else " " for char in text[:CHARACTERS_MAX])
        self.at = min(at, len(self.text))
        self.problem = problem
        super().__init__(f"{self.text}\n{' ' * self.at}^ {problem}")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A metric, how it is compared, and with what."""

    metric: str
    operator: str
    limit: float
    """In the units of `pelton.loadtest.metrics`; of a change the fraction, 0.1 for `+10%`."""
    text: str
    """As it was written."""

    def holds(self, value: float) -> bool:
        """Whether it is true of a value."""
        return OPERATORS[self.operator](value, self.limit)


def read_limit(text: str) -> Comparison:
    """Read `metric operator number unit`. Raises BadExpression."""
    parts = _parts(text)
    if parts["sign"]:
        raise BadExpression(text, parts.start("sign"), "nothing that is measured has a sign")
    kind = METRICS[parts["metric"]]
    factor, expected = UNITS[parts["unit"]]
    bare = not parts["unit"]
    if bare and kind in (Kind.TIME, Kind.SHARE) and float(parts["number"]) != 0:
        raise BadExpression(text, parts.start("unit"), f"{parts['metric']} needs a unit: {kind.value}")
    if not bare and expected is not kind:
        raise BadExpression(text, parts.start("unit"), f"{parts['metric']} is measured in {kind.value}")
    return Comparison(parts["metric"], parts["operator"], float(parts["number"]) * factor, text.strip())


def read_change(text: str) -> Comparison:
    """Read `metric operator percent`, the percent with or without a sign. Raises BadExpression."""
    parts = _parts(text)
    if parts["unit"] != "%":
        raise BadExpression(text, parts.start("unit"), "a change is given in percent, such as +10%")
    percent = float(parts["number"]) * (-1 if parts["sign"] == "-" else 1)
    return Comparison(parts["metric"], parts["operator"], percent / 100, text.strip())


def _parts(text: str) -> re.Match[str]:
    """What both kinds have in common, checked from left to right."""
    if len(text) > CHARACTERS_MAX:
        raise BadExpression(text, CHARACTERS_MAX, f"is longer than {CHARACTERS_MAX} characters")
    parts = PARTS.fullmatch(text)
    assert parts is not None  # every part may be empty, and the last one takes the rest
    if parts["metric"] not in METRICS:
        raise BadExpression(text, parts.start("metric"), _no_such_metric(parts["metric"]))
    if parts["operator"] not in OPERATORS:
        raise BadExpression(text, parts.start("operator"), f"expected one of {' '.join(OPERATORS)}")
    if not parts["number"]:
        raise BadExpression(text, parts.start("number"), "expected a number, such as 80ms or 0.1%")
    if parts["unit"] not in UNITS:
        raise BadExpression(text, parts.start("unit"), f"expected one of {' '.join(unit for unit in UNITS if unit)}")
    if parts["rest"]:
        raise BadExpression(text, parts.start("rest"), "nothing may follow here")
    return parts


def _no_such_metric(name: str) -> str:
    if not name:
        return "expected a metric, such as ack.p99"
    latency, _, statistic = name.partition(".")
    if latency in LATENCIES:
        close = difflib.get_close_matches(statistic, STATISTICS, n=1)
        there_is = (
            f'did you mean "{latency}.{close[0]}"?' if close else f"of {latency} there is {', '.join(STATISTICS)}"
        )
        return f'there is no metric "{name}", {there_is}'
    close = difflib.get_close_matches(name, METRICS, n=1)
    if close:
        return f'there is no metric "{name}", did you mean "{close[0]}"?'
    others = [metric for metric in METRICS if metric.partition(".")[0] not in LATENCIES]
    return (
        f'there is no metric "{name}", only {", ".join(f"{latency}.*" for latency in LATENCIES)}, {", ".join(others)}'
    )
