"""The typed columns of a row. Each checks what is assigned, and says how its values travel.

A column is a descriptor: `ship.x` reads a number, `ship.x = 3` checks it and marks the row as changed, `Ship.x`
is the column itself.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from pelton.server.simulate.errors import RowError

if TYPE_CHECKING:
    from pelton.server.simulate.row import Row

__all__ = ["F64", "I8", "I16", "I32", "U8", "U16", "U32", "Bool", "Column", "Quant", "Str"]

V = TypeVar("V")

WIRE_MAX = 2**53 - 1


class Column(Generic[V]):
    """One typed field of all rows of a table. `default` fills it where `add` does not name it."""

    kind = ""

    def __init__(self, default: V) -> None:
        self.default = default
        self.name = ""
        self.index = -1
        self.bit = 0

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, row: None, owner: type) -> Column[V]: ...
    @overload
    def __get__(self, row: Row, owner: type) -> V: ...
    def __get__(self, row: Row | None, owner: type) -> V | Column[V]:
        if row is None:
            return self
        return self.from_wire(row.wire_values[self.index])

    def __set__(self, row: Row, value: V) -> None:
        try:
            wire = self.to_wire(value)
        except ValueError as error:
            raise RowError(row.table_name, row.id, self.name, str(error)) from None
        if wire != row.wire_values[self.index]:
            row.wire_values[self.index] = wire
            row.changed[row.id] = row.changed.get(row.id, 0) | self.bit

    def to_wire(self, value: V) -> Any:
        """The value as it travels; ValueError if the column cannot hold it."""
        raise NotImplementedError

    def from_wire(self, wire: Any) -> V:
        """The value that the game and the clients read."""
        value: V = wire
        return value

    def spec(self) -> list[Any]:
        """What a client must know: name, kind, parameters."""
        return [self.name, self.kind]


class _Int(Column[int]):
    """A whole number between `low` and `high`, both included."""

    kind = "int"
    low: int
    high: int

    def __init__(self, default: int = 0) -> None:
        super().__init__(default)

    if not TYPE_CHECKING:  # the commonest column, without the calls of the general form

        def __get__(self, row, owner):  # noqa: ANN001, ANN204
            return self if row is None else row.wire_values[self.index]

        def __set__(self, row, value):  # noqa: ANN001, ANN204
            if value.__class__ is not int or not self.low <= value <= self.high:
                super().__set__(row, value)  # says what is wrong
            elif value != (values := row.wire_values)[self.index]:
                values[self.index] = value
                row.changed[row.id] = row.changed.get(row.id, 0) | self.bit

    def to_wire(self, value: int) -> int:
        if value.__class__ is not int:
            raise ValueError(f"expected an int, got {value!r}")
        if not self.low <= value <= self.high:
            raise ValueError(f"{value} is not between {self.low} and {self.high}")
        return value


class U8(_Int):
    """0 to 255."""

    low, high = 0, 2**8 - 1


class U16(_Int):
    """0 to 65,535."""

    low, high = 0, 2**16 - 1


class U32(_Int):
    """0 to 4,294,967,295."""

    low, high = 0, 2**32 - 1


class I8(_Int):
    """-128 to 127."""

    low, high = -(2**7), 2**7 - 1


class I16(_Int):
    """-32,768 to 32,767."""

    low, high = -(2**15), 2**15 - 1


class I32(_Int):
    """-2,147,483,648 to 2,147,483,647."""

    low, high = -(2**31), 2**31 - 1


class F64(Column[float]):
    """Any finite number, 9 bytes on the wire; prefer `Quant` for what moves."""

    kind = "float"

    def __init__(self, default: float = 0.0) -> None:
        super().__init__(default)

    def to_wire(self, value: float) -> float:
        if not isinstance(value, (int, float)):
            raise ValueError(f"expected a number, got {value!r}")
        try:
            wire = float(value)
        except OverflowError:
            wire = math.inf
        if not math.isfinite(wire):
            raise ValueError("expected a finite number")
        return wire


class Quant(Column[float]):
    """A number between `low` and `high` in steps of `step`: 1 to 5 bytes on the wire.

    Assigning rounds to the nearest step, half to even, so that the game and every client read the very same number.
    """

    kind = "quant"

    def __init__(self, low: float, high: float, step: float, default: float | None = None) -> None:
        if not (math.isfinite(low) and math.isfinite(high) and low < high and 0 < step <= high - low):
            raise ValueError(f"Quant needs low < high and 0 < step <= high - low, got {low}, {high}, {step}")
        steps = (high - low) / step
        if not math.isclose(steps, round(steps)):  # or rounding could pass the end
            raise ValueError(f"Quant needs a whole number of steps from {low} to {high}, got {steps} of {step}")
        if round(steps) > WIRE_MAX:
            raise ValueError("Quant needs fewer than 2^53 steps, or JavaScript clients round them")
        super().__init__(low if default is None else default)
        self.low, self.high, self.step = low, high, step
        # Floats make 7 * 0.1 a little more than 0.7: what can be read can also be assigned.
        self._top = max(high, low + round(steps) * step)

    def to_wire(self, value: float) -> int:
        if not isinstance(value, (int, float)):
            raise ValueError(f"expected a number, got {value!r}")
        if not self.low <= value <= self._top:  # NaN fails this as well
            raise ValueError(f"{value!r} is not between {self.low} and {self.high}")
        return round((value - self.low) / self.step)

    def from_wire(self, wire: int) -> float:
        return self.low + wire * self.step

    def spec(self) -> list[Any]:
        return [self.name, self.kind, self.low, self.step]


class Bool(Column[bool]):
    """True or false."""

    kind = "bool"

    def __init__(self, default: bool = False) -> None:
        super().__init__(default)

    def to_wire(self, value: bool) -> bool:
        if value.__class__ is not bool:
            raise ValueError(f"expected a bool, got {value!r}")
        return value


class Str(Column[str]):
    """Text of at most `size` characters."""

    kind = "str"

    def __init__(self, size: int, default: str = "") -> None:
        super().__init__(default)
        self.size = size

    def to_wire(self, value: str) -> str:
        if value.__class__ is not str:
            raise ValueError(f"expected a str, got {value!r}")
        if len(value) > self.size:
            raise ValueError(f"{len(value)} characters, the column holds {self.size}")
        if not value.isascii():
            value.encode()  # half a surrogate pair raises here, a ValueError, and not in the encoder
        return value
