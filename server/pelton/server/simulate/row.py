"""Rows and tables: the part of a room's state that clients see. A table knows what changed since it was last asked.

Rows hold wire values, so that a delta is a transposition, not a conversion. Never sends anything itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from pelton.server.simulate.columns import Column
from pelton.server.simulate.errors import GameError, RowError

__all__ = ["Row", "Table", "TableDelta"]

ROW_NAMES = frozenset({"changed", "columns", "id", "table_name", "wire_values"})

TableDelta: TypeAlias = list[list[Any] | None]
"""`[removed ids, ids, values of column 0, ...]`, ids ascending; None for a column that changed in none of the rows."""


class Row:
    """Base of a table's rows; a subclass lists its columns: `x = Quant(0, 4096, 1 / 16)`."""

    __slots__ = ("changed", "id", "table_name", "wire_values")
    columns: ClassVar[tuple[Column[Any], ...]] = ()

    def __init_subclass__(cls) -> None:
        own: dict[str, Column[Any]] = {name: value for name, value in vars(cls).items() if isinstance(value, Column)}
        inherited = [base.columns for base in cls.__bases__ if issubclass(base, Row) and base.columns]
        strangers: list[type[Any]] = [base for base in cls.__mro__ if not issubclass(base, Row)]
        if any(isinstance(value, Column) for base in strangers for value in vars(base).values()):
            raise GameError(f"{cls.__name__}: a base that is no Row has columns; derive it from Row")
        if len(inherited) > 1:
            raise GameError(f"{cls.__name__}: only one of its bases may have columns")
        known = {column.name for columns in inherited for column in columns}
        for name, column in own.items():
            if name in known or name in ROW_NAMES:
                raise GameError(f"{cls.__name__}.{name}: rows have an attribute of that name already")
            if column.name != name or column.index >= 0:
                raise GameError(f"{cls.__name__}.{name}: a column object that is in use already; make one for each")
            try:
                column.to_wire(column.default)
            except ValueError as error:
                raise GameError(f"{cls.__name__}.{name}: its default: {error}") from None
        cls.columns = (*(inherited[0] if inherited else ()), *own.values())
        for index, column in enumerate(cls.columns):
            column.index, column.bit = index, 1 << index

    def __init__(self, row_id: int, table_name: str, wire_values: list[Any], changed: dict[int, int]) -> None:
        self.id = row_id
        self.table_name = table_name
        self.wire_values = wire_values
        self.changed = changed
        """What clients must hear of, for the whole table: by row id, a bit for each column."""

    def __repr__(self) -> str:
        fields = ", ".join(
            f"{column.name}={column.from_wire(self.wire_values[column.index])!r}" for column in self.columns
        )
        return f"{type(self).__name__}(id={self.id}, {fields})"


R = TypeVar("R", bound=Row)


class Table(Generic[R]):
    """Rows of one type by id. Declared on the class, `ships = Table(Ship)`; every room then has its own."""

    def __init__(self, row: type[R], name: str = "") -> None:
        if not row.columns:
            raise GameError(f"{row.__name__} has no columns; a row needs one at least")
        self.row = row
        self.name = name
        self._rows: dict[int, R] = {}
        self._changed: dict[int, int] = {}
        self._every_column = (1 << len(row.columns)) - 1
        self._removed: dict[int, None] = {}
        self._fresh: set[int] = set()

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def fresh(self, name: str = "") -> Table[R]:
        """An empty table of the same declaration."""
        return type(self)(self.row, name or self.name)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows.values())

    def __getitem__(self, row_id: int) -> R:
        return self._rows[row_id]

    def get(self, row_id: int) -> R | None:
        """The row, or None."""
        return self._rows.get(row_id)

    def add(self, row_id: int, **values: Any) -> R:
        """A new row; columns that are not named have their defaults.

        RowError if the id is taken or a value does not fit.
        """
        if row_id in self._rows:
            raise RowError(self.name, row_id, "id", "there is a row with this id already")
        if row_id.__class__ is not int or not 0 <= row_id < 2**53:
            raise RowError(self.name, row_id, "id", "an id is an int from 0 to 2^53")
        wire: list[Any] = []
        for column in self.row.columns:
            try:
                wire.append(column.to_wire(values.pop(column.name, column.default)))
            except ValueError as error:
                raise RowError(self.name, row_id, column.name, str(error)) from None
        if values:
            raise RowError(self.name, row_id, next(iter(values)), f"{self.row.__name__} has no such column")
        row = self._rows[row_id] = self.row(row_id, self.name, wire, self._changed)
        self._changed[row_id] = self._every_column
        self._fresh.add(row_id)
        return row

    def remove(self, row_id: int) -> None:
        """Take the row out. KeyError if there is none."""
        self._rows.pop(row_id).changed = {}  # game code may hold on to a row that is gone; nobody hears of it
        self._changed.pop(row_id, None)
        if row_id in self._fresh:
            self._fresh.discard(row_id)  # no client has heard of it
        else:
            self._removed[row_id] = None

    def take_delta(self) -> TableDelta | None:
        """What changed since the last call, or None; forgets it.

        Only the columns that changed; whole rows where one is new, since its reader has nothing of it.
        """
        if not self._changed and not self._removed:
            return None
        removed, ids = list(self._removed), sorted(self._changed)
        columns = 0
        for changed in self._changed.values():
            columns |= changed
        self._removed.clear()
        self._changed.clear()
        self._fresh.clear()
        return self._columns(removed, ids, columns)

    def whole(self) -> TableDelta:
        """All rows in the order of their ids, as a client that knows nothing needs them."""
        return self._columns([], sorted(self._rows), self._every_column)

    def _columns(self, removed: list[int], ids: list[int], columns: int) -> TableDelta:
        values = [self._rows[row_id].wire_values for row_id in ids]
        delta: TableDelta = [removed, ids]
        for column in self.row.columns:
            index = column.index
            delta.append([row[index] for row in values] if columns & column.bit or not ids else None)
        return delta
