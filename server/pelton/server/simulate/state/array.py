"""A column of all rows at once: `ships.x[...] += ships.vx[...] * dt` marks the rows that differ, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np

from pelton.server.simulate.errors import RowError
from pelton.server.simulate.state.cells import Cells
from pelton.server.simulate.state.columns import Array, Column, Misfit

__all__ = ["ColumnArray"]


class ColumnArray:
    """One column of a table, in the order in which the table is iterated; `table.ids` has the same order.

    Reading gives a copy: a float64 array of a `Quant` or float column, an array of the column's own type of the
    others, a list of text and structures. Writing checks every value and changes nothing if one does not fit.
    """

    __slots__ = ("_cells", "_column")

    def __init__(self, cells: Cells, column: Column[Any]) -> None:
        self._cells = cells
        self._column = column

    def __len__(self) -> int:
        return self._cells.size

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[...], dtype)

    def __getitem__(self, key: Any) -> Any:
        """`[...]` for all rows, else what numpy takes: a slice, a mask, positions."""
        column, cells = self._column, self._cells
        if column.stored is not None:
            return column.array_from_wire(cells.array(column.index)[key])
        values = cells.views[column.index]
        return [column.from_wire(values[slot]) for slot in np.arange(cells.size)[key].flat]

    def __setitem__(self, key: Any, values: Any) -> None:
        """RowError for the first value that does not fit; a shape that does not fit is numpy's ValueError."""
        slots = np.arange(self._cells.size)[key]
        try:
            if self._column.stored is None:
                self._set_objects(np.atleast_1d(slots), values)
            else:
                self._set_numbers(slots, self._column.array_to_wire(values))
        except Misfit as misfit:
            self._refuse(slots, values, misfit)

    def _set_numbers(self, slots: Any, wire: Array) -> None:
        array = self._cells.array(self._column.index)
        wire = np.broadcast_to(wire, np.shape(slots))
        differ = array[slots] != wire
        array[slots] = wire  # all of them: a row may be named twice, and then has the last value
        cells, marked = self._cells, slots[differ]
        cells.ticks[self._column.index, marked] = cells.now
        cells.dirty.array[marked] = True

    def _set_objects(self, slots: Array, values: Any) -> None:
        column, cells = self._column, self._cells
        many = [values] * len(slots) if isinstance(values, (str, bytes)) else list(values)
        if len(many) != len(slots):
            raise ValueError(f"{len(many)} values for {len(slots)} rows")
        view = cells.views[column.index]
        for slot, wire in zip(slots.tolist(), column.many_to_wire(many), strict=True):
            if view[slot] != wire:
                view[slot] = wire
                cells.ticks[column.index, slot] = cells.now
                cells.dirty_view[slot] = True

    def _refuse(self, slots: Any, values: Any, misfit: Misfit) -> None:
        """Say which row it is: the misfit counts through the values, which may be one for many rows."""
        flat = np.atleast_1d(slots).ravel()
        if self._column.stored is None:  # one for each row, and what looks like an array may be a structure
            found = flat[misfit.index :]
        else:
            places = np.broadcast_to(np.arange(np.size(values)).reshape(np.shape(values)), np.shape(slots)).ravel()
            found = flat[places == misfit.index] if len(places) == len(flat) else flat
        row_id = int(self._cells.ids.array[found[0]]) if len(found) else -1
        raise RowError(self._cells.table_name, row_id, self._column.name, misfit.problem) from None
