"""Two runs side by side: what changed, by how much, and whether that is more than noise. Pure.

Noise: the seconds of the holds are drawn again, with replacement, a thousand times; if the change of their mean lies
on both sides of 0 in the middle 95 %, the seconds differ as much among themselves as the runs do. Neighbouring seconds
are alike, so they are drawn in blocks (a circular block bootstrap). The dice are seeded: same files, same answer.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import cast

from pelton.loadtest.expressions import Comparison
from pelton.loadtest.metrics import METRICS
from pelton.loadtest.series import per_second
from pelton.loadtest.summary import Recorded

__all__ = ["Change", "Failed", "changes", "differences", "failed"]

DRAWS = 1000
SECONDS_MIN = 5
"""With fewer, nothing can be said about noise."""
MIDDLE = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Change:
    """One metric in two runs."""

    metric: str
    before: float | None
    after: float | None
    change: float | None
    """A fraction of before: 0.1 is 10 % more; infinite if it was 0; None if one of them is unknown."""
    seconds: tuple[int, int]
    """Of each run, in which it was measured."""
    beyond_noise: bool | None
    """None: too few seconds to say."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A `--fail-if` that came true."""

    condition: Comparison
    change: Change


def changes(before: Recorded, after: Recorded, seed: int = 0) -> list[Change]:
    """Every metric that one of them has, in the order of METRICS."""
    return [
        _change(metric, before, after, seed)
        for metric in METRICS
        if metric in before.metrics or metric in after.metrics
    ]


def failed(conditions: Sequence[Comparison], found: Sequence[Change]) -> list[Failed]:
    """Those that came true. Within the noise nothing does; what cannot be compared always does."""
    by_metric = {change.metric: change for change in found}
    fell: list[Failed] = []
    for condition in conditions:
        change = by_metric.get(condition.metric) or Change(condition.metric, None, None, None, (0, 0), None)
        if change.change is None or (condition.holds(change.change) and change.beyond_noise is not False):
            fell.append(Failed(condition, change))
    return fell


def differences(before: Recorded, after: Recorded) -> list[str]:
    """What else differs between the two: plans and environments, a sentence each."""
    plans = (_flat(tomllib.loads(before.plan_text)), _flat(tomllib.loads(after.plan_text)))
    return [
        *_differing("plan", *plans),
        *_differing("environment", before.environment, after.environment),
    ]


def _change(metric: str, before: Recorded, after: Recorded, seed: int) -> Change:
    old, new = before.metrics.get(metric), after.metrics.get(metric)
    old_seconds, new_seconds = per_second(metric, before.columns), per_second(metric, after.columns)
    lengths = (len(old_seconds), len(new_seconds))
    if old is None or new is None:
        return Change(metric, old, new, None, lengths, None)
    beyond = None if old != new else False
    if old != new and min(lengths) >= SECONDS_MIN:
        beyond = _is_beyond_noise(old_seconds, new_seconds, Random(f"{seed}/{metric}"))
    return Change(metric, old, new, _relative(old, new), lengths, beyond)


def _relative(old: float, new: float) -> float:
    if old == new:
        return 0.0
    return (new - old) / old if old else math.inf


def _is_beyond_noise(old: Sequence[float], new: Sequence[float], dice: Random) -> bool:
    drawn = sorted(_mean(_drawn(new, dice)) - _mean(_drawn(old, dice)) for _ in range(DRAWS))
    low, high = (drawn[int(share * (DRAWS - 1))] for share in MIDDLE)
    return low > 0 or high < 0


def _drawn(values: Sequence[float], dice: Random) -> list[float]:
    """As many as there are, in blocks of neighbours; the end is followed by the beginning."""
    block = math.ceil(len(values) ** (1 / 3))
    drawn: list[float] = []
    while len(drawn) < len(values):
        begin = dice.randrange(len(values))
        drawn += [values[(begin + offset) % len(values)] for offset in range(block)]
    return drawn[: len(values)]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _flat(value: object, place: str = "") -> dict[str, object]:
    """Every value of a document by its dotted key."""
    match value:
        case dict():
            table = cast("dict[str, object]", value)
            items = [(f"{place}.{key}".lstrip("."), item) for key, item in table.items()]
        case list():
            array = cast("list[object]", value)
            items = [(f"{place}[{index}]", item) for index, item in enumerate(array, start=1)]
        case _:
            return {place: value}
    return {key: leaf for name, item in items for key, leaf in _flat(item, name).items()}


def _differing(what: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            yield f"{what} {key}: {_shown(old, key)} before, {_shown(new, key)} after"


def _shown(values: Mapping[str, object], key: str) -> str:
    return repr(values[key]) if key in values else "nothing"
