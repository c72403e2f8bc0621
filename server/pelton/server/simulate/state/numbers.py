"""Columns of numbers: fixed width, kept in numpy arrays."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from pelton.server.simulate.state.columns import Array, Column, Misfit, first

__all__ = ["F32", "F64", "I8", "I16", "I32", "U8", "U16", "U32", "Bool", "Quant"]

F32_MAX = float(np.finfo(np.float32).max)
STEPS_MAX = 2**32 - 1


class _Int(Column[int]):
    """A whole number between `low` and `high`, both included."""

    low: int
    high: int

    def __init__(self, default: int = 0) -> None:
        super().__init__(default)

    if not TYPE_CHECKING:  # the commonest column, without the calls of the general form

        def __get__(self, row, owner):  # noqa: ANN001, ANN204
            return self if row is None else row.cells.views[self.index][row.slot]

        def __set__(self, row, value):  # noqa: ANN001, ANN204
            if value.__class__ is not int or not self.low <= value <= self.high:
                value = self.checked(row, value)  # says what is wrong
            cells, slot = row.cells, row.slot
            view = cells.views[self.index]
            if view[slot] != value:
                view[slot] = value
                cells.tick_views[self.index][slot] = cells.now
                cells.dirty_view[slot] = True

    def to_wire(self, value: int) -> int:
        if isinstance(value, (bool, np.bool_)):
            raise ValueError(f"expected an int, got {value!r}")
        try:
            number = operator.index(value)  # numpy's integers, too
        except TypeError:
            raise ValueError(f"expected an int, got {value!r}") from None
        if not self.low <= number <= self.high:
            raise ValueError(f"{number} is not between {self.low} and {self.high}")
        return number

    def array_to_wire(self, values: object) -> Array:
        array = np.asarray(values)
        if array.dtype.kind not in "iu" and array.size:  # an empty list is an array of floats
            raise Misfit(f"expected integers, got {array.dtype}")
        wrong = (array < self.low) | (array > self.high)
        if wrong.any():
            index = first(wrong)
            raise Misfit(f"{array.flat[index]} is not between {self.low} and {self.high}", index)
        return array.astype(self.stored)


class U8(_Int):
    """0 to 255."""

    kind, dtype = "u8", "u1"
    low, high = 0, 2**8 - 1


class U16(_Int):
    """0 to 65,535."""

    kind, dtype = "u16", "u2"
    low, high = 0, 2**16 - 1


class U32(_Int):
    """0 to 4,294,967,295."""

    kind, dtype = "u32", "u4"
    low, high = 0, 2**32 - 1


class I8(_Int):
    """-128 to 127."""

    kind, dtype = "i8", "i1"
    low, high = -(2**7), 2**7 - 1


class I16(_Int):
    """-32,768 to 32,767."""

    kind, dtype = "i16", "i2"
    low, high = -(2**15), 2**15 - 1


class I32(_Int):
    """-2,147,483,648 to 2,147,483,647."""

    kind, dtype = "i32", "i4"
    low, high = -(2**31), 2**31 - 1


class _Float(Column[float]):
    """A finite number."""

    largest: float

    def __init__(self, default: float = 0.0) -> None:
        super().__init__(default)

    def to_wire(self, value: float) -> float:
        wire = _number(value)
        if not -self.largest <= wire <= self.largest:  # NaN fails this as well
            raise ValueError(f"expected a finite number{self._limit()}, got {value!r}")
        return wire

    def array_to_wire(self, values: object) -> Array:
        array = _numbers(values)
        wrong = ~(np.abs(array) <= self.largest)
        if wrong.any():
            index = first(wrong)
            raise Misfit(f"expected a finite number{self._limit()}, got {float(array.flat[index])!r}", index)
        return array.astype(self.stored)

    def _limit(self) -> str:
        return ""


class F64(_Float):
    """Any finite number, 8 bytes on the wire; prefer `Quant` for what moves."""

    kind, dtype = "f64", "f8"
    largest = float(np.finfo(np.float64).max)


class F32(_Float):
    """A number in 4 bytes: about seven digits. Assigning rounds, so that the game reads what clients read."""

    kind, dtype = "f32", "f4"
    largest = F32_MAX

    def to_wire(self, value: float) -> float:
        return float(np.float32(super().to_wire(value)))

    def array_from_wire(self, wire: Array) -> Array:
        return wire.astype(np.float64)

    def _limit(self) -> str:
        return f" of at most {F32_MAX:.4g}"


class Quant(Column[float]):
    """A number between `low` and `high` in steps of `step`: 1, 2 or 4 bytes on the wire.

    Assigning rounds to the nearest step, half to even, so that the game and every client read the very same number.
    """

    kind = "quant"

    def __init__(self, low: float, high: float, step: float, default: float | None = None) -> None:
        if not (math.isfinite(low) and math.isfinite(high) and low < high and 0 < step <= high - low):
            raise ValueError(f"Quant needs low < high and 0 < step <= high - low, got {low}, {high}, {step}")
        steps = (high - low) / step
        if not math.isclose(steps, round(steps)):  # or rounding could pass the end
            raise ValueError(f"Quant needs a whole number of steps from {low} to {high}, got {steps} of {step}")
        if round(steps) > STEPS_MAX:
            raise ValueError(f"Quant needs fewer than 2^32 steps, got {round(steps)}")
        super().__init__(low if default is None else default)
        self.low, self.high, self.step = low, high, step
        self.width = next(width for width in (1, 2, 4) if round(steps) < 1 << 8 * width)
        self.stored = f"u{self.width}"
        # Floats make 7 * 0.1 a little more than 0.7: what can be read can also be assigned.
        self.top = max(high, low + round(steps) * step)

    if not TYPE_CHECKING:  # what moves is a Quant: as above

        def __get__(self, row, owner):  # noqa: ANN001, ANN204
            return self if row is None else self.low + row.cells.views[self.index][row.slot] * self.step

        def __set__(self, row, value):  # noqa: ANN001, ANN204
            low = self.low
            if value.__class__ is float and low <= value <= self.top:
                wire = round((value - low) / self.step)
            else:
                wire = self.checked(row, value)
            cells, slot = row.cells, row.slot
            view = cells.views[self.index]
            if view[slot] != wire:
                view[slot] = wire
                cells.tick_views[self.index][slot] = cells.now
                cells.dirty_view[slot] = True

    def to_wire(self, value: float) -> int:
        number = _number(value)
        if not self.low <= number <= self.top:  # NaN fails this as well
            raise ValueError(f"{value!r} is not between {self.low} and {self.high}")
        return round((number - self.low) / self.step)

    def from_wire(self, wire: int) -> float:
        return self.low + wire * self.step

    def array_to_wire(self, values: object) -> Array:
        array = _numbers(values)
        wrong = ~((array >= self.low) & (array <= self.top))
        if wrong.any():
            index = first(wrong)
            raise Misfit(f"{float(array.flat[index])!r} is not between {self.low} and {self.high}", index)
        return np.rint((array - self.low) / self.step).astype(self.stored)

    def array_from_wire(self, wire: Array) -> Array:
        return self.low + wire * np.float64(self.step)

    def spec(self) -> list[Any]:
        return [self.name, self.kind, self.low, self.step, self.width]


class Bool(Column[bool]):
    """True or false."""

    kind, dtype = "bool", "?"

    def __init__(self, default: bool = False) -> None:
        super().__init__(default)

    def to_wire(self, value: bool) -> bool:
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(f"expected a bool, got {value!r}")
        return bool(value)

    def array_to_wire(self, values: object) -> Array:
        array = np.asarray(values)
        if array.dtype.kind != "b" and array.size:
            raise Misfit(f"expected bools, got {array.dtype}")
        return array.astype("?")


def _number(value: float) -> float:
    """As a float, numpy's numbers too. ValueError for what is none; a number beyond all floats is infinite."""
    if not isinstance(value, (int, float, np.integer, np.floating)):
        raise ValueError(f"expected a number, got {value!r}")
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _numbers(values: object) -> Array:
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise Misfit(f"expected numbers, got {array.dtype}")
    return array.astype(np.float64)
