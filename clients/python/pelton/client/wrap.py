"""Numbers that go round: positions in a world without edges, and angles. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

__all__ = ["Wrap", "Wraps", "distance", "wraps_of"]

Wraps: TypeAlias = Mapping[str, float | tuple[float, float]]
"""By field, how far it goes before it begins again: `4096` for 0 to 4096, `(-pi, pi)` for another low end."""


class Wrap:
    """A range whose upper end is its lower end."""

    __slots__ = ("low", "period")

    def __init__(self, low: float, high: float) -> None:
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"numbers cannot go round from {low} to {high}")
        self.low = low
        self.period = high - low

    def shortest(self, start: float, end: float) -> float:
        """The way from `start` to `end`, at most half the range either way."""
        return (end - start + self.period / 2) % self.period - self.period / 2

    def within(self, value: float) -> float:
        """The same place within the range."""
        place = (value - self.low) % self.period
        return self.low + (place if place < self.period else 0.0)  # a tiny negative number comes out as the period


def wraps_of(fields: Sequence[str], wraps: Wraps | None) -> list[Wrap | None]:
    """For each field how it goes round, None if it does not. ValueError for a field that is not among them."""
    given = dict(wraps or {})
    found: list[Wrap | None] = []
    for name in fields:
        span = given.pop(name, None)
        if span is None:
            found.append(None)
        else:
            found.append(Wrap(*span) if isinstance(span, tuple) else Wrap(0.0, span))
    if given:
        raise ValueError(f"{', '.join(given)} cannot go round: the fields are {', '.join(fields) or 'none'}")
    return found


def distance(ways: Sequence[float]) -> float:
    """How far all fields together have gone."""
    return math.hypot(*ways)
