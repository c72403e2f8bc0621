"""The store of a light client: rows as lists, without numpy.

A block that has every value of what it speaks of, as when all ships of a group fly, is only kept: rows are made of it
when somebody looks at one. Making them is most of what taking in a frame would cost, and the next block of the same
rows takes its place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pelton.client.replica.blocks import Block
from pelton.client.replica.kinds import Column

__all__ = ["PlainColumns"]

LOOKED_INTO_MAX = 8
"""With so many blocks kept, one row is looked for in each; with more, rows are made of all."""


class PlainColumns:
    """`Columns` of Python lists."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._rows: dict[int, list[Any]] = {}
        self._kept: dict[int, Block] = {}
        """By group, the block that is not in `_rows` yet. A row is in one of them at most."""

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def enter(self, block: Block) -> None:
        rows = self._rows
        if self._kept and not rows.keys().isdisjoint(block.ids):
            self._settle_all()
        columns = [cells.values for cells in block.columns if cells is not None]
        rows.update(zip(block.ids, map(list, zip(*columns, strict=True)), strict=True) if columns else ())
        if not columns:
            rows.update((row_id, []) for row_id in block.ids)

    def change(self, group: int, block: Block, *, alone: bool) -> None:
        kept = self._kept.get(group)
        same = kept is None or kept.ids is block.ids or kept.ids == block.ids
        if not (alone and block.is_dense and same):
            self.settle(group)
            self._write(block)
        else:
            self._kept[group] = block if kept is None else block.over(kept)

    def settle(self, group: int) -> None:
        block = self._kept.pop(group, None)
        if block is not None:
            self._write(block)

    def delete(self, ids: Iterable[int]) -> None:
        for row_id in ids:
            del self._rows[row_id]

    def values(self, row_id: int) -> tuple[Any, ...]:
        if len(self._kept) > LOOKED_INTO_MAX:
            self._settle_all()
        values = self._rows[row_id]
        for block in self._kept.values():
            position = bisect_left(block.ids, row_id)
            if position < len(block.ids) and block.ids[position] == row_id:
                pairs = zip(block.columns, values, strict=True)
                return tuple([old if cells is None else cells.values[position] for cells, old in pairs])
        return tuple(values)

    def all_values(self) -> list[tuple[Any, ...]]:
        self._settle_all()
        return list(map(tuple, self._rows.values()))

    def packed(self, ids: Sequence[int], index: int) -> bytes:
        self._settle_all()
        rows = self._rows
        return self._columns[index].packed([rows[row_id][index] for row_id in ids])

    def ids(self) -> list[int]:
        return list(self._rows)

    def column(self, index: int) -> list[Any]:
        self._settle_all()
        read = self._columns[index].reader()
        values = [row[index] for row in self._rows.values()]
        return values if read is None else [read(value) for value in values]

    def _settle_all(self) -> None:
        for group in list(self._kept):
            self.settle(group)

    def _write(self, block: Block) -> None:
        rows, ids = self._rows, block.ids
        for index, cells in enumerate(block.columns):
            if cells is None:
                continue
            concerned = ids if cells.positions is None else [ids[position] for position in cells.positions]
            for row_id, value in zip(concerned, cells.values, strict=True):
                rows[row_id][index] = value
