"""The client's copy of a room's state, rebuilt from frames. Rows are kept as they came and read through typed views."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import lt
from typing import Any

from pelton.client.errors import ServerFault
from pelton.protocol.plain import encode_value

__all__ = ["Replica", "ReplicaRow", "ReplicaTable"]


class ReplicaRow:
    """One row, as of the last frame that was applied: `row.x` reads a column. It does not change; look it up anew."""

    __slots__ = ("id", "wire_values")
    columns: tuple[str, ...] = ()

    def __init__(self, row_id: int, values: tuple[Any, ...]) -> None:
        self.id = row_id
        self.wire_values = values

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the row has no column {name!r}, only {', '.join(self.columns)}")

    def __repr__(self) -> str:
        return f"Row(id={self.id}, {', '.join(f'{name}={getattr(self, name)!r}' for name in self.columns)})"


class ReplicaTable:
    """The rows of one table by id.

    A frame that has every row, as when all ships fly, is kept by column, as it came: rows are made of it when somebody
    looks at one, or when a frame changes only some. Making them is most of what taking in a frame would cost.
    """

    def __init__(self, name: str, columns: Sequence[Sequence[Any]]) -> None:
        self.name = name
        self.columns = tuple(str(column[0]) for column in columns)
        self._made: dict[int, tuple[Any, ...]] = {}
        self._ids: list[int] = []
        self._whole: list[list[Any]] | None = None
        """All rows by column, in the order of `_ids`; then `_made` is out of date. Shared: never changed in place."""
        readers = {str(spec[0]): _reader(index, spec) for index, spec in enumerate(columns)}
        self._row_type = type("ReplicaRow", (ReplicaRow,), {**readers, "__slots__": (), "columns": self.columns})

    def __len__(self) -> int:
        return len(self._made) if self._whole is None else len(self._ids)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows

    def __getitem__(self, row_id: int) -> Any:
        return self._row_type(row_id, self._rows[row_id])

    def get(self, row_id: int) -> Any:
        """The row, or None."""
        return self[row_id] if row_id in self._rows else None

    def __iter__(self) -> Iterator[Any]:
        return (self._row_type(row_id, values) for row_id, values in self._rows.items())

    def clear(self) -> None:
        """Forget everything; a keyframe follows."""
        self._made = {}
        self._whole = None

    def apply(self, delta: Sequence[Any]) -> None:
        """Take in one table's part of a frame. ValueError or KeyError if it does not fit."""
        removed, ids, *columns = delta
        if len(columns) != len(self.columns) or any(
            len(column) != len(ids) for column in columns if column is not None
        ):
            raise ValueError("columns of different lengths")
        if not removed and self._whole is not None and ids == self._ids:
            self._whole = [old if new is None else new for new, old in zip(columns, self._whole, strict=True)]
            return
        rows = self._rows
        for row_id in removed:
            del rows[row_id]
        if any(column is None for column in columns):  # it changed in none of these rows
            before = [rows[row_id] for row_id in ids]
            columns = [
                [row[index] for row in before] if column is None else column for index, column in enumerate(columns)
            ]
        rows.update(zip(ids, zip(*columns, strict=True), strict=True))
        if len(rows) == len(ids) == len(set(ids)):
            self._ids, self._whole = ids, columns

    def canonical(self) -> list[Any]:
        """All rows in the order of their ids, in the form of a keyframe: what the digest is made of."""
        if self._whole is not None and all(map(lt, self._ids, islice(self._ids, 1, None))):
            return [[], self._ids, *self._whole]
        rows = self._rows
        ids = sorted(rows)
        columns = list(map(list, zip(*(rows[row_id] for row_id in ids), strict=True)))
        return [[], ids, *(columns or ([] for _ in self.columns))]

    @property
    def _rows(self) -> dict[int, tuple[Any, ...]]:
        """The rows by id, made of what came last if need be."""
        if self._whole is not None:
            self._made = dict(zip(self._ids, zip(*self._whole, strict=True), strict=True))
            self._whole = None
        return self._made


class Replica:
    """A room's tables by name: `state.ships[7].x`. Right as of `tick`."""

    def __init__(self, tables: Sequence[Sequence[Any]]) -> None:
        self.tick = 0
        self._tables = {str(name): ReplicaTable(str(name), columns) for name, columns in tables}

    def __getitem__(self, name: str) -> ReplicaTable:
        return self._tables[name]

    def __getattr__(self, name: str) -> ReplicaTable:
        try:
            return self.__dict__["_tables"][name]  # type: ignore[no-any-return]  # a dict of tables, see __init__
        except KeyError:
            raise AttributeError(f"the room has no table {name!r}") from None

    def __iter__(self) -> Iterator[ReplicaTable]:
        return iter(self._tables.values())

    def apply(self, tick: int, base: int, tables: Sequence[Any]) -> None:
        """Take in a frame's state. ServerFault if it does not follow from what is here."""
        if base == 0:
            for table in self:
                table.clear()
        elif base != self.tick:
            raise ServerFault(f"tick {tick} builds on tick {base}, the replica is at {self.tick}")
        try:
            for table, delta in zip(self, tables, strict=True):
                if delta is not None:
                    table.apply(delta)
        except (ValueError, KeyError, TypeError) as error:
            raise ServerFault(f"tick {tick} does not fit the replica: {error!r}") from error
        self.tick = tick

    def digest(self) -> int:
        """The checksum that the server makes of the same state."""
        return zlib.crc32(encode_value([table.canonical() for table in self]))


def _reader(index: int, spec: Sequence[Any]) -> property:
    """How a column is read from a row's values, by its kind."""
    if spec[1] != "quant":
        return property(lambda row: row.wire_values[index])
    low, step = spec[2], spec[3]
    return property(lambda row: low + row.wire_values[index] * step)
