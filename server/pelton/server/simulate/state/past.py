"""A table as it was after a tick: what a player saw when he shot. Read only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pelton.server.simulate.state.cells import Cells, RowCells
from pelton.server.simulate.state.columns import Array
from pelton.server.simulate.state.row import Row

__all__ = ["Past"]


class Past:
    """`past[7].x`, `7 in past`, `past.column("x")`, `past.ids`. What is no column is not remembered."""

    __slots__ = ("_cells", "_columns", "_row_type", "_slots", "ids", "tick")

    def __init__(self, tick: int, cells: Cells, row_type: type[Row]) -> None:
        self.tick = tick
        self.ids: Array = cells.ids.array[: cells.size].copy()
        """Of all rows, in the order of the columns."""
        self._row_type = row_type
        self._columns: list[Any] = [
            cells.views[column.index][:] if column.stored is None else cells.array(column.index).copy()
            for column in row_type.columns
        ]
        self._cells: RowCells | None = None
        self._slots: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._look()

    def __iter__(self) -> Iterator[Any]:
        return (self[row_id] for row_id in self._look())

    def __getitem__(self, row_id: int) -> Any:
        """The row as it was; KeyError if there was none."""
        slot = self._look()[row_id]
        assert self._cells is not None
        row = self._row_type.__new__(self._row_type)
        Row.__init__(row, row_id, self._cells, slot)
        return row

    def get(self, row_id: int) -> Any:
        """The row as it was, or None."""
        return self[row_id] if row_id in self._look() else None

    def column(self, name: str) -> Any:
        """A column of all rows: an array, or a list of text and structures."""
        for column, values in zip(self._row_type.columns, self._columns, strict=True):
            if column.name == name:
                if column.stored is None:
                    return [column.from_wire(value) for value in values]
                return column.array_from_wire(values)
        raise AttributeError(f"{self._row_type.__name__} has no column {name!r}")

    def _look(self) -> dict[int, int]:
        """Most ticks are never asked for, so single rows are made readable only then."""
        if self._cells is None:
            self._cells = cells = RowCells("past")
            for column, values in zip(self._row_type.columns, self._columns, strict=True):
                if column.stored is None:
                    cells.views.append(tuple(values))
                else:
                    values.flags.writeable = False
                    cells.views.append(memoryview(values))
            self._slots = {row_id: slot for slot, row_id in enumerate(self.ids.tolist())}
        return self._slots
