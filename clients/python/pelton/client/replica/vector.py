"""The store of numpy columns: a row is a slot, the same in every column. No other file of the client knows numpy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pelton.client.replica.blocks import Block, Cells
from pelton.client.replica.kinds import Column, decode_json

__all__ = ["VectorColumns"]

Slots: TypeAlias = NDArray[np.intp]
Array: TypeAlias = NDArray[Any]

CAPACITY_FIRST = 16
# By struct code, of which numpy means the same in all but these.
_DTYPES = {"f": "<f4", "d": "<f8", "B": "<u1", "H": "<u2", "I": "<u4", "b": "<i1", "h": "<i2", "i": "<i4", "?": "?"}


class VectorColumns:
    """`Columns` of numpy arrays; values without a fixed width are Python objects in one."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._slots: dict[int, int] = {}
        """By id, in the order in which rows came."""
        self._free = list(range(CAPACITY_FIRST))[::-1]
        self._capacity = CAPACITY_FIRST
        self._arrays: list[Array] = [np.zeros(CAPACITY_FIRST, _DTYPES.get(column.code, "O")) for column in columns]
        self._last: dict[int, tuple[tuple[int, ...], Slots]] = {}
        """The ids and slots of each group's last block: the same rows move each tick."""
        self._order: Slots | None = None

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._slots

    def __iter__(self) -> Iterator[int]:
        return iter(self._slots)

    def enter(self, block: Block) -> None:
        slots = self._slots
        for row_id in block.ids:
            if row_id not in slots:
                slots[row_id] = self._next_free()
        self._order = None
        self._write(block, self._slots_of(block.ids))

    def change(self, group: int, block: Block, *, alone: bool) -> None:
        last = self._last.get(group)
        if last is None or last[0] is not block.ids:
            last = self._last[group] = (block.ids, self._slots_of(block.ids))
        self._write(block, last[1])

    def settle(self, group: int) -> None:
        self._last.pop(group, None)

    def delete(self, ids: Iterable[int]) -> None:
        for row_id in ids:
            slot = self._slots.pop(row_id)
            self._free.append(slot)
            for array, column in zip(self._arrays, self._columns, strict=True):
                if not column.code:
                    array[slot] = 0  # or the text of a row that is gone would be kept alive
        self._order = None

    def values(self, row_id: int) -> tuple[Any, ...]:
        slot = self._slots[row_id]
        return tuple([array.item(slot) for array in self._arrays])

    def all_values(self) -> list[tuple[Any, ...]]:
        order = self._ordered()
        if not self._arrays:
            return [()] * len(order)
        return list(zip(*[array[order].tolist() for array in self._arrays], strict=True))

    def packed(self, ids: Sequence[int], index: int) -> bytes:
        array = self._arrays[index][self._slots_of(ids)]
        column = self._columns[index]
        return array.tobytes() if column.code else column.packed(array.tolist())

    def ids(self) -> NDArray[np.uint64]:
        return np.fromiter(self._slots, np.uint64, len(self._slots))

    def column(self, index: int) -> Any:
        column, array = self._columns[index], self._arrays[index][self._ordered()]
        if column.scale is not None:
            low, step = column.scale
            return low + array * np.float64(step)
        if column.code:
            return array.astype(np.float64) if column.code == "f" else array
        return [decode_json(value) for value in array.tolist()] if column.kind == "json" else array.tolist()

    def _ordered(self) -> Slots:
        """The slots of all rows, in the order in which they came."""
        if self._order is None:
            self._order = np.fromiter(self._slots.values(), np.intp, len(self._slots))
        return self._order

    def _slots_of(self, ids: Sequence[int]) -> Slots:
        slots = self._slots
        return np.array([slots[row_id] for row_id in ids], np.intp)

    def _next_free(self) -> int:
        if not self._free:
            self._arrays = [np.concatenate([array, np.zeros_like(array)]) for array in self._arrays]
            self._free = list(range(self._capacity, 2 * self._capacity))[::-1]
            self._capacity *= 2
        return self._free.pop()

    def _write(self, block: Block, slots: Slots) -> None:
        for array, cells in zip(self._arrays, block.columns, strict=True):
            if cells is not None:
                _assign(array, slots if cells.positions is None else slots[np.array(cells.positions, np.intp)], cells)


def _assign(array: Array, slots: Slots, cells: Cells) -> None:
    if cells.raw is not None:
        array[slots] = np.frombuffer(cells.raw, array.dtype)
    else:  # numpy would take a value that is a sequence apart
        for slot, value in zip(slots.tolist(), cells.values, strict=True):
            array[slot] = value
