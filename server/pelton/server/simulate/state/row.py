"""Rows: what a game's author declares and holds in hand. A row is an id and a slot; its values are the table's."""

from __future__ import annotations

from typing import Any, ClassVar

from pelton.server.simulate.errors import GameError
from pelton.server.simulate.state.cells import Cells, RowCells
from pelton.server.simulate.state.columns import Column

__all__ = ["Row"]

ROW_NAMES = frozenset({"cells", "columns", "detach", "id", "slot"})


class Row:
    """Base of a table's rows; a subclass lists its columns: `x = Quant(0, 4096, 1 / 16)`."""

    __slots__ = ("cells", "id", "slot")
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
            column.index = index

    def __init__(self, row_id: int, cells: RowCells, slot: int) -> None:
        self.id = row_id
        self.cells = cells
        self.slot = slot

    def detach(self, cells: Cells) -> None:
        """The row leaves its table: game code may hold on to it, but nobody hears of it any more."""
        own = RowCells(cells.table_name)
        own.views = [[value] for value in cells.values(self.slot)]
        own.tick_views = [[0] for _ in own.views]
        own.dirty_view = [False]
        self.cells, self.slot = own, 0

    def __repr__(self) -> str:
        fields = ", ".join(f"{column.name}={getattr(self, column.name)!r}" for column in self.columns)
        return f"{type(self).__name__}(id={self.id}, {fields})"
