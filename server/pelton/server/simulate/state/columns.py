"""What every column has in common: reading and writing one value of a row, and a whole array of them.

A column is a descriptor: `ship.x` reads a number, `ship.x = 3` checks it and marks the row as changed, `Ship.x`
is the column itself. Rows hold values as they travel, so that a delta is sliced out, not converted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar, overload

import numpy as np
import numpy.typing as npt

from pelton.server.simulate.errors import RowError

if TYPE_CHECKING:
    from pelton.server.simulate.state.row import Row

__all__ = ["Array", "Column", "Misfit"]

V = TypeVar("V")

Array: TypeAlias = npt.NDArray[Any]


class Misfit(ValueError):
    """A value that a column cannot hold; `index` is its place among many."""

    def __init__(self, problem: str, index: int = 0) -> None:
        self.problem, self.index = problem, index
        super().__init__(problem)


class Column(Generic[V]):
    """One typed field of all rows of a table. `default` fills it where `add` does not name it."""

    kind: ClassVar[str]
    """How the SPEC calls it."""
    dtype: ClassVar[str | None] = None
    """The numpy type of its values as they travel; None for Python objects."""

    def __init__(self, default: V) -> None:
        self.default = default
        self.name = ""
        self.index = -1
        self.stored = self.dtype
        """The numpy type of this very column: a `Quant` takes what its steps need."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, row: None, owner: type) -> Column[V]: ...
    @overload
    def __get__(self, row: Row, owner: type) -> V: ...
    def __get__(self, row: Row | None, owner: type) -> V | Column[V]:
        if row is None:
            return self
        return self.from_wire(row.cells.views[self.index][row.slot])

    def __set__(self, row: Row, value: V) -> None:
        wire = self.checked(row, value)
        cells, slot = row.cells, row.slot
        view = cells.views[self.index]
        if view[slot] != wire:
            view[slot] = wire
            cells.tick_views[self.index][slot] = cells.now
            cells.dirty_view[slot] = True

    def checked(self, row: Row, value: V) -> Any:
        """The value as it travels; RowError if the column cannot hold it."""
        try:
            return self.to_wire(value)
        except ValueError as error:
            raise RowError(row.cells.table_name, row.id, self.name, str(error)) from None

    def to_wire(self, value: V) -> Any:
        """The value as it travels; ValueError if the column cannot hold it."""
        raise NotImplementedError

    def from_wire(self, wire: Any) -> V:
        """The value that the game and the clients read."""
        value: V = wire
        return value

    def array_to_wire(self, values: object) -> Array:
        """Many values as they travel; Misfit names the first that the column cannot hold."""
        raise NotImplementedError

    def array_from_wire(self, wire: Array) -> Array:
        """Many values as the game reads them, always a copy."""
        return wire.copy()

    def many_to_wire(self, values: Sequence[V]) -> list[Any]:
        """`to_wire` of each; Misfit names the first that does not fit."""
        wire: list[Any] = []
        for index, value in enumerate(values):
            try:
                wire.append(self.to_wire(value))
            except ValueError as error:
                raise Misfit(str(error), index) from None
        return wire

    def spec(self) -> list[Any]:
        """What a client must know: name, kind, parameters."""
        return [self.name, self.kind]


def first(wrong: Array) -> int:
    """Where the first True stands, counted through an array of any shape."""
    return int(np.argmax(np.ravel(wrong)))
