"""Made-up actions, drawn from what their type admits: for players who try everything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Any

from msgspec import inspect

from pelton.protocol.schema import Action

__all__ = ["sample_fields"]

EDGES = 0.2
"""How often a number is one of its bounds, or zero: where games break first."""
LETTERS = "abcdefghijklmnopqrstuvwxyz ÄßŁ猫🎲"


def sample_fields(action: type[Action], random: Random, known: Sequence[int] = ()) -> dict[str, Any]:
    """Values for all fields, each within its bounds. Whole numbers are often among `known`: ids of rows, say."""
    info = inspect.type_info(action)
    assert isinstance(info, inspect.StructType)
    return {field.encode_name: _sample(field.type, random, known) for field in info.fields}


def _sample(kind: inspect.Type, random: Random, known: Sequence[int]) -> Any:
    match kind:
        case inspect.Metadata(type=inner):
            return _sample(inner, random, known)
        case inspect.IntType():
            return _whole(*_bounds(kind, 1), random, known)
        case inspect.FloatType():
            return _fraction(*_bounds(kind, math.ulp(1.0)), random)
        case inspect.BoolType():
            return random.random() < 0.5
        case inspect.StrType():
            return "".join(random.choice(LETTERS) for _ in range(_length(kind, random)))
        case inspect.BytesType():
            return bytes(random.randrange(256) for _ in range(_length(kind, random)))
        case inspect.ListType() | inspect.VarTupleType():
            return [_sample(kind.item_type, random, known) for _ in range(_length(kind, random))]
        case inspect.TupleType(item_types=kinds):
            return [_sample(item, random, known) for item in kinds]
        case inspect.UnionType(types=kinds):
            return _sample(kinds[int(random.random() * len(kinds))], random, known)
        case inspect.LiteralType(values=values):
            return random.choice(values)
        case inspect.EnumType(cls=members):
            return random.choice([member.value for member in members])
        case _:
            return None


def _bounds(kind: inspect.IntType | inspect.FloatType, step: float) -> tuple[float, float]:
    low = kind.ge if kind.ge is not None else (kind.gt or 0) + step
    high = kind.le if kind.le is not None else (kind.lt or 0) - step
    return low, high


def _whole(low: float, high: float, random: Random, known: Sequence[int]) -> int:
    fitting = [number for number in known if low <= number <= high] if random.random() < 0.5 else []
    if fitting:
        return random.choice(fitting)
    if random.random() < EDGES:
        return int(random.choice((low, high, min(max(0, low), high))))
    return random.randint(int(low), int(high if random.random() < 0.5 else min(high, low + 8)))


def _fraction(low: float, high: float, random: Random) -> float:
    if random.random() < EDGES:
        return float(random.choice((low, high, min(max(0.0, low), high))))
    return random.uniform(low, high)


def _length(kind: inspect.StrType | inspect.BytesType | inspect.ListType | inspect.VarTupleType, random: Random) -> int:
    low, high = kind.min_length or 0, kind.max_length or 0
    return random.randint(low, min(high, low + 16))
