"""Tables: the part of a room's state that clients see. Never sends anything itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from pelton.server.simulate.errors import GameError, RowError
from pelton.server.simulate.state.array import ColumnArray
from pelton.server.simulate.state.cells import Cells
from pelton.server.simulate.state.columns import Array
from pelton.server.simulate.state.groups import Everyone, Groups
from pelton.server.simulate.state.layer import Layer
from pelton.server.simulate.state.past import Past
from pelton.server.simulate.state.row import Row

__all__ = ["Table"]

R = TypeVar("R", bound=Row)

ID_MAX = 2**53 - 1


class Table(Generic[R]):
    """Rows of one type by id. Declared on the class, `ships = Table(Ship)`; every room then has its own.

    `groups` says who sees which rows: everyone, unless it is told otherwise; several, and a row is seen by those who
    see it through any of them. `rewind_ticks` keeps so many ticks for `rewind`. A column of all rows is an attribute
    of its name, `ships.x[...] += 1`, see `ColumnArray`; or `column("x")`, should the table have such a name itself.
    """

    shape = "table"

    def __init__(
        self,
        row: type[R],
        groups: Groups | Sequence[Groups] = (),
        *,
        rewind_ticks: int = 0,
        table_name: str = "",
    ) -> None:
        if not row.columns:
            raise GameError(f"{row.__name__} has no columns; a row needs one at least")
        self.row_type = row
        self.table_name = table_name
        self.groups = ((groups,) if isinstance(groups, Groups) else tuple(groups)) or (Everyone(),)
        for spec in self.groups:
            spec.check(row)
        self.rewind_ticks = rewind_ticks
        self.cells = Cells(table_name, row.columns)
        self.changed: Array = np.zeros(0, "i8")
        """The slots of the rows that changed in the last tick."""
        self._rows: dict[int, R] = {}
        self._by_slot: list[R] = []
        self._past: deque[Past] = deque(maxlen=rewind_ticks)
        self.groups_known = 0
        """Groups of all layers; their numbers are below."""
        self.layers = [Layer(self.cells, spec, self._next_group) for spec in self.groups]
        """Who sees which rows, one for each of `groups`."""
        self._no_attributes = frozenset(column.name for column in row.columns if column.name not in self.__dict__)

    def __set_name__(self, owner: type, name: str) -> None:
        self.table_name = name

    def fresh(self, table_name: str = "") -> Table[R]:
        """An empty table of the same declaration."""
        return type(self)(
            self.row_type, self.groups, rewind_ticks=self.rewind_ticks, table_name=table_name or self.table_name
        )

    def bind(self, tables: Mapping[str, Table[Any]]) -> None:
        """Tell the table of the others of its room: its groups may follow a row of theirs."""
        for layer in self.layers:
            layer.bind(self, tables)

    def let_go(self) -> None:
        """Its room is gone: all is freed with it, as layers refer to the table. Rows can still be read."""
        self.layers = []

    def __len__(self) -> int:
        return len(self._by_slot)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows

    def __iter__(self) -> Iterator[R]:
        """All rows. Removing one puts the last in its place: go through `list(table)` where rows are removed."""
        return iter(self._by_slot)

    def __getitem__(self, row_id: int) -> R:
        return self._rows[row_id]

    def get(self, row_id: int) -> R | None:
        """The row, or None."""
        return self._rows.get(row_id)

    @property
    def ids(self) -> Array:
        """The ids of all rows in the order of iteration."""
        return self.cells.ids.array[: len(self)].copy()

    def column(self, name: str) -> ColumnArray:
        """A column of all rows."""
        for column in self.row_type.columns:
            if column.name == name:
                return ColumnArray(self.cells, column)
        raise AttributeError(f"{self.table_name or 'the table'} has no column {name!r}")

    def __getattr__(self, name: str) -> ColumnArray:
        if name.startswith("_"):  # asked by copy and pickle, of an object that is not made yet
            raise AttributeError(name)
        return self.column(name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.__dict__.get("_no_attributes", ()):  # it would hide the column, and nobody would hear of it
            raise AttributeError(f"{self.table_name}.{name} is a column: {name}[...] = values")
        super().__setattr__(name, value)

    def add(self, row_id: int, **values: Any) -> R:
        """A new row; columns that are not named have their defaults.

        RowError if the id is taken or a value does not fit.
        """
        if row_id in self._rows:
            raise RowError(self.table_name, row_id, "id", "there is a row with this id already")
        if row_id.__class__ is not int or not 0 <= row_id <= ID_MAX:
            raise RowError(self.table_name, row_id, "id", "an id is an int from 0 to 2^53")
        wire: list[Any] = []
        for column in self.row_type.columns:
            try:
                wire.append(column.to_wire(values.pop(column.name, column.default)))
            except ValueError as error:
                raise RowError(self.table_name, row_id, column.name, str(error)) from None
        if values:
            raise RowError(self.table_name, row_id, next(iter(values)), f"{self.row_type.__name__} has no such column")
        slot = self.cells.append(row_id, wire)
        for layer in self.layers:
            layer.added(slot)
        row = self._rows[row_id] = self.row_type(row_id, self.cells, slot)
        self._by_slot.append(row)
        return row

    def remove(self, row_id: int) -> None:
        """Take the row out. KeyError if there is none."""
        row = self._rows.pop(row_id)
        slot = row.slot
        for layer in self.layers:
            layer.removed(slot)
        row.detach(self.cells)
        last = self._by_slot.pop()
        if last is not row:
            self._by_slot[slot] = last
            last.slot = slot
        self.cells.pop(slot)

    def touch(self, row_id: int) -> None:
        """Look at the row's groups again: they depend on something that is no column. KeyError if there is none."""
        self.cells.dirty_view[self._rows[row_id].slot] = True

    def commit(self, tick: int) -> None:
        """The tick is over: what changed is known now, and who sees it."""
        self.changed = self.cells.settle(tick)
        for layer in self.layers:
            layer.commit(tick, self.changed)
        if self.rewind_ticks:
            self._past.append(Past(tick, self.cells, self.row_type))

    def rewind(self, tick: int) -> Past:
        """All rows as they were after that tick, to be read only; `player.seen_tick` is what a player had on screen.

        The oldest tick that is kept if it was longer ago, the last one if it is still to come. GameError if the table
        keeps none, see `rewind_ticks`.
        """
        if not self.rewind_ticks:
            raise GameError(f"{self.table_name} keeps no past: Table({self.row_type.__name__}, rewind_ticks=20)")
        past = self._past
        if not past:
            return Past(0, self.cells, self.row_type)
        return past[min(max(tick - past[0].tick, 0), len(past) - 1)]

    def slots_of(self, row_ids: Sequence[int]) -> Array:
        """Where these rows are."""
        rows = self._rows
        return np.fromiter((rows[row_id].slot for row_id in row_ids), "i8", len(row_ids))

    def row_at(self, slot: int) -> R:
        """The row in a slot."""
        return self._by_slot[slot]

    def _next_group(self) -> int:
        self.groups_known += 1
        return self.groups_known - 1
