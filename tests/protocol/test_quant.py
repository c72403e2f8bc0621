"""The arithmetic of a quant: vectors against the two lines that SPEC.md gives for it."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

from tests.protocol.golden import marked, rows, unmarked

VECTORS = [{key: unmarked(value) for key, value in row.items()} for row in rows("quant.json")]
TAKEN = [vector for vector in VECTORS if vector["k"] is not None]
REFUSED = [vector for vector in VECTORS if vector["k"] is None]


def name(vector: dict[str, Any]) -> str:
    return str(vector["name"])


def top(vector: dict[str, Any]) -> float:
    """The highest value: `high`, or what the last k is read as, should that be a little more."""
    low, high, step = float(vector["low"]), float(vector["high"]), float(vector["step"])
    return max(high, low + round((high - low) / step) * step)


@pytest.mark.parametrize("vector", TAKEN, ids=name)
def test_a_value_is_taken_as_the_nearest_k_and_read_as_the_same_number_everywhere(vector: dict[str, Any]) -> None:
    low, step, k = vector["low"], vector["step"], vector["k"]
    assert low <= vector["value"] <= top(vector)
    assert round((vector["value"] - low) / step) == k  # Python rounds halves to even
    assert marked(low + k * step) == marked(vector["read"])


@pytest.mark.parametrize("vector", TAKEN, ids=name)
def test_what_is_read_can_be_assigned_and_is_the_same_k(vector: dict[str, Any]) -> None:
    assert vector["low"] <= vector["read"] <= top(vector)
    assert round((vector["read"] - vector["low"]) / vector["step"]) == vector["k"]


@pytest.mark.parametrize("vector", REFUSED, ids=name)
def test_a_value_out_of_the_range_is_refused(vector: dict[str, Any]) -> None:
    assert not vector["low"] <= vector["value"] <= top(vector)


@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_the_width_is_the_smallest_that_holds_the_last_k(vector: dict[str, Any]) -> None:
    last = round((vector["high"] - vector["low"]) / vector["step"])
    assert vector["width"] == next(width for width in (1, 2, 4) if last < 256**width)
    assert vector["k"] is None or 0 <= vector["k"] <= last


def test_the_traps_are_among_the_vectors() -> None:
    """Each shortcut that an implementation may take shows in a vector."""
    exact = [(Fraction(v["low"]), Fraction(v["step"]), v) for v in TAKEN]
    assert any(float(low + v["k"] * step) != v["read"] for low, step, v in exact), "a fused multiplication and addition"
    assert any(round((v["value"] - v["low"]) * (1 / v["step"])) != v["k"] for v in TAKEN), "the step's reciprocal"
    assert any(math.floor((v["value"] - v["low"]) / v["step"] + 0.5) != v["k"] for v in TAKEN), "halves upwards"
    assert any(round((Fraction(v["value"]) - low) / step) != v["k"] for low, step, v in exact), "an exact quotient"
    assert any(math.isnan(v["value"]) for v in REFUSED)
