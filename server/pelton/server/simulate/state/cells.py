"""Where a table's values are: one array a column, one slot a row, no holes; and when each value last changed.

Numbers stand in numpy arrays. Single values are read and written through a memoryview of the same memory, which
costs a third of indexing the array. Text and structures stand in lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pelton.server.simulate.state.columns import Array, Column

__all__ = ["Cells", "Lane", "RowCells"]

CAPACITY_FIRST = 16


class RowCells:
    """What a row needs of the place where its values are. Of a row that was removed: a place of its own."""

    __slots__ = ("dirty_view", "now", "table_name", "tick_views", "views")

    def __init__(self, table_name: str) -> None:
        self.table_name = table_name
        self.now = 0
        """The tick that is being made: what changes now, changes in it."""
        self.views: list[Any] = []
        """Of each column its values by slot: a memoryview or a list."""
        self.tick_views: list[Any] = []
        """Of each column the ticks of the last changes by slot."""
        self.dirty_view: Any = None
        """By slot whether the row changed in this tick."""


class Lane:
    """One number for each slot, as an array and as a memoryview of the same memory."""

    __slots__ = ("array", "view")

    def __init__(self, dtype: str, capacity: int) -> None:
        self.array: Array = np.zeros(capacity, dtype)
        self.view: Any = self.array.data

    def grow(self, capacity: int) -> None:
        """Make room."""
        array = np.zeros(capacity, self.array.dtype)
        array[: len(self.array)] = self.array
        self.array, self.view = array, array.data


class Cells(RowCells):
    """The values of all rows of one table. Slots `0` to `size - 1` are in use."""

    __slots__ = ("born", "capacity", "columns", "dirty", "ids", "lanes", "lists", "row_ticks", "size", "ticks")

    def __init__(self, table_name: str, columns: Sequence[Column[Any]]) -> None:
        super().__init__(table_name)
        self.columns = columns
        self.size = 0
        self.capacity = CAPACITY_FIRST
        self.lanes: list[Lane] = []
        self.ids = self.lane("i8")
        self.born = self.lane("i8")
        """The tick in which the row was made."""
        self.row_ticks = self.lane("i8")
        """The tick in which anything of the row changed last; up to date after `settle`."""
        self.dirty = self.lane("?")
        self.lists: list[Lane | list[Any]] = [
            [] if column.stored is None else self.lane(column.stored) for column in columns
        ]
        """Of each column its values by slot."""
        self.ticks: Array = np.zeros((len(columns), self.capacity), "i8")
        self._look()

    def lane(self, dtype: str) -> Lane:
        """One more number for each slot; it moves with its row. Whoever asks for it sets it for new rows."""
        lane = Lane(dtype, self.capacity)
        self.lanes.append(lane)
        return lane

    def append(self, row_id: int, wire: Sequence[Any]) -> int:
        """A slot for a new row."""
        if self.size == self.capacity:
            self._grow()
        slot = self.size
        self.size += 1
        for view, value, column in zip(self.views, wire, self.columns, strict=True):
            if column.stored is None:
                view.append(value)
            else:
                view[slot] = value
        self.ids.view[slot] = row_id
        self.born.view[slot] = self.now
        self.row_ticks.view[slot] = 0
        self.ticks[:, slot] = self.now
        self.dirty_view[slot] = True
        return slot

    def values(self, slot: int) -> list[Any]:
        """A row's values as they travel."""
        return [view[slot] for view in self.views]

    def array(self, index: int) -> Array:
        """A column's numbers by slot, without the capacity that is not in use."""
        lane = self.lists[index]
        assert isinstance(lane, Lane)
        return lane.array[: self.size]

    def pop(self, slot: int) -> int:
        """Take a row out; the last one moves into its slot. Answers the slot that it had."""
        self.size -= 1
        last = self.size
        for lane in self.lanes:
            lane.view[slot] = lane.view[last]
        for view, column in zip(self.views, self.columns, strict=True):
            if column.stored is None:
                value = view.pop()
                if slot != last:
                    view[slot] = value
        self.ticks[:, slot] = self.ticks[:, last]
        self.dirty_view[last] = False
        return last

    def settle(self, tick: int) -> Array:
        """The tick is over: answers the slots of the rows that changed in it, and begins the next."""
        dirty = self.dirty.array[: self.size]
        slots = np.flatnonzero(dirty)
        if len(slots):
            self.row_ticks.array[slots] = tick
            dirty[:] = False
        self.now = tick + 1
        return slots

    def _grow(self) -> None:
        self.capacity *= 2
        for lane in self.lanes:
            lane.grow(self.capacity)
        ticks = np.zeros((len(self.columns), self.capacity), "i8")
        ticks[:, : self.size] = self.ticks
        self.ticks = ticks
        self._look()

    def _look(self) -> None:
        self.views[:] = [lane.view if isinstance(lane, Lane) else lane for lane in self.lists]
        self.tick_views[:] = [ticks.data for ticks in self.ticks]
        self.dirty_view = self.dirty.view
