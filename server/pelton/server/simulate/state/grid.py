"""Area of interest: a player sees the cells around his own row, and those a bit farther less often."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from pelton.server.simulate.errors import GameError
from pelton.server.simulate.state.columns import Array
from pelton.server.simulate.state.groups import Groups, Keys, column_of
from pelton.server.simulate.state.row import Row

if TYPE_CHECKING:
    from pelton.server.simulate.seat import Player
    from pelton.server.simulate.state.table import Table

__all__ = ["Grid"]

ORIGIN = 1 << 30
"""Added to the number of a cell, so that cells left of 0 have positive keys as well."""

FARTHEST = 1 << 29
"""The number of the last cell on each side. What lies beyond is in it: its own number would not fit into a key."""


class Grid(Groups):
    """Square cells of `cell` units over two columns. A player sees his own row's cell and `reach` cells around it.

    `far=5, every=4` shows him the cells up to 5 away too, but tells of changes in them every 4th tick only; rows that
    come and go are told at once. `wrap=(width, height)` joins the edges of a world that begins at 0. The player's own
    row is the one of his id, or of `player.focus`, in this table or in the one named by `follow`. Who has none any
    more goes on looking where it was; who never had one sees nothing.
    """

    def __init__(
        self,
        x: str,
        y: str,
        *,
        cell: float,
        reach: int = 1,
        far: int = 0,
        every: int = 4,
        wrap: tuple[float, float] | None = None,
        follow: str = "",
    ) -> None:
        if not cell > 0:
            raise GameError(f"Grid: cell is a size in units, above 0, not {cell}")
        if reach < 0 or (far and far <= reach):
            raise GameError(f"Grid: reach is 0 or more, and far is more than that, not {reach} and {far}")
        if every < 1:
            raise GameError(f"Grid: every is a number of ticks, 1 or more, not {every}")
        self.x, self.y = x, y
        self.cell = cell
        self.edge = float(FARTHEST * cell)
        self.reach, self.far = reach, far
        self.every = every if far else 1
        self.follow = follow
        self.across: tuple[int, int] | None = None
        """Cells from edge to edge of a world that wraps."""
        if wrap is not None:
            self.across = (max(1, round(wrap[0] / cell)), max(1, round(wrap[1] / cell)))
            if any(abs(cells * cell - width) > 1e-9 * width for cells, width in zip(self.across, wrap, strict=True)):
                raise GameError(f"Grid: a world of {wrap} is not a whole number of cells of {cell}")

    def check(self, row: type[Row]) -> None:
        for field in (self.x, self.y):
            column_of(row, field, "iuf")

    def keys(self, table: Table[Any], slots: Array) -> Keys:
        columns = [self._cells_of(table, axis, slots) for axis in (0, 1)]
        return (columns[0] << 32) | columns[1]

    def eye_is_key_of(self, other: Groups) -> bool:
        return isinstance(other, Grid) and (other.x, other.y, other.cell, other.across) == (
            self.x,
            self.y,
            self.cell,
            self.across,
        )

    def eye(self, player: Player, followed: Table[Any]) -> Hashable:
        row = followed.get(player.focus)
        if row is None:
            return None
        x, y = self._cell_of(getattr(row, self.x)), self._cell_of(getattr(row, self.y))
        if self.across:
            x, y = x % self.across[0], y % self.across[1]
        return (x + ORIGIN) << 32 | (y + ORIGIN)

    def seen_from(self, eye: int) -> tuple[Iterable[Hashable], Iterable[Hashable]]:
        near = self._around(eye, self.reach)
        if not self.far:
            return near, ()
        close = set(near)
        return near, [key for key in self._around(eye, self.far) if key not in close]

    def _cell_of(self, value: float) -> int:
        return int(min(max(value, -self.edge), self.edge) // self.cell)

    def _cells_of(self, table: Table[Any], axis: int, slots: Array) -> Array:
        column = column_of(table.row_type, (self.x, self.y)[axis])
        values = column.array_from_wire(table.cells.array(column.index)[slots])
        cells: Array = np.floor_divide(np.clip(values, -self.edge, self.edge), self.cell).astype("i8")
        if self.across:
            cells %= self.across[axis]
        return cells + ORIGIN

    def _around(self, eye: int, reach: int) -> list[int]:
        """The keys of the square, each once: in a small world that wraps, left and right may be the same."""
        x, y = eye >> 32, eye & 0xFFFFFFFF
        keys: dict[int, None] = {}
        for dx in range(-reach, reach + 1):
            for dy in range(-reach, reach + 1):
                column, line = x + dx, y + dy
                if self.across:
                    column = (column - ORIGIN) % self.across[0] + ORIGIN
                    line = (line - ORIGIN) % self.across[1] + ORIGIN
                keys[column << 32 | line] = None
        return list(keys)
