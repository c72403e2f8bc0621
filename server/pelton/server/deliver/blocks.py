"""Rows of a table as bytes, column by column: the blocks of a part, and what a digest is made of.

Rows are sorted by group and id, and each column is gathered once in that order: a group's part of it is a slice of the
bytes. So the work of numpy is per column, and the work of Python per group that has something to say.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pelton.protocol.splice import NIL, array_head, binary
from pelton.protocol.typed import encode_value
from pelton.server.simulate.state.cells import Cells
from pelton.server.simulate.state.columns import Array

__all__ = ["Changes", "Sliced", "digest_of"]

_IS_LITTLE = sys.byteorder == "little"


def little_endian(array: Array) -> bytes:
    """The numbers as they travel."""
    return array.tobytes() if _IS_LITTLE else array.astype(array.dtype.newbyteorder("<")).tobytes()


def digest_of(cells: Cells, slots: Array) -> int:
    """The CRC-32 of these rows; the slots stand in the order of the rows' ids."""
    crc = zlib.crc32(little_endian(cells.ids.array[slots].astype("u8")))
    for index, column in enumerate(cells.columns):
        if column.stored is None:
            values: Any = cells.views[index]
            crc = zlib.crc32(b"".join([encode_value(values[slot]) for slot in slots.tolist()]), crc)
        else:
            crc = zlib.crc32(little_endian(cells.array(index)[slots]), crc)
    return crc


class Sliced:
    """Rows in groups, to be written whole. `slots` and `groups` are sorted by group, and by id within a group.

    `wanted`: which columns are gathered at all.
    """

    def __init__(self, cells: Cells, slots: Array, groups: Array, wanted: Sequence[bool] | None = None) -> None:
        self.starts = np.flatnonzero(np.diff(groups, prepend=groups[0] - 1)) if len(groups) else groups
        starts = self.starts.tolist()
        ends = [*starts[1:], len(groups)]
        self.spans: dict[int, tuple[int, int]] = dict(
            zip(groups[self.starts].tolist(), zip(starts, ends, strict=False), strict=True)
        )
        """Where the rows of each group begin and end."""
        self._ids: Array = cells.ids.array[slots]
        self._id_view: Any = self._ids.data
        self._packed_ids: dict[int, bytes] = {}
        """All ids by the bytes that each takes. A group has those of its own largest: the width of another's would
        tell of rows that a client may not see."""
        self._head = array_head(2 + len(cells.columns))
        self.columns: list[tuple[int, Any]] = [
            _gathered(cells, index, slots) if wanted is None or wanted[index] else (0, None)
            for index in range(len(cells.columns))
        ]
        """Of each column the bytes of one value, and all values: bytes, or a list of objects where that is 0."""

    def whole(self, group: int) -> bytes:
        """`[n, ids, column, ...]` of a group, every column with every value."""
        start, end = self.spans[group]
        parts = [self.head(start, end)]
        for width, values in self.columns:
            if width:
                parts.append(_binary(values, start * width, end * width))
            else:
                parts.append(encode_value(values[start:end]))
        return b"".join(parts)

    def dense(self) -> Iterator[tuple[int, bytes]]:
        """Every group with a block of those columns that were gathered, all of fixed width; nil for the others."""
        for group, (start, end) in self.spans.items():
            parts = [self.head(start, end)]
            for width, values in self.columns:
                if not width:
                    parts.append(NIL)
                    continue
                size, at = (end - start) * width, start * width
                if size < 256:
                    parts += (_SHORT[size], values[at : at + size])
                else:
                    parts.append(binary(values[at : at + size]))
            yield group, b"".join(parts)

    def head(self, start: int, end: int) -> bytes:
        """A block as far as its ids."""
        largest = self._id_view[end - 1]
        width = 1 if largest < 1 << 8 else 2 if largest < 1 << 16 else 4 if largest < 1 << 32 else 8
        packed = self._packed_ids.get(width)
        if packed is None:
            packed = self._packed_ids[width] = little_endian(self._ids.astype(f"u{width}"))
        return self._head + _count(end - start) + _binary(packed, start * width, end * width)


class Changes:
    """Rows in groups, of which only those values are written that changed after the tick `since`."""

    def __init__(self, cells: Cells, slots: Array, groups: Array, since: int) -> None:
        changed = cells.ticks[:, slots] > since
        some = changed.any(axis=0)
        if not some.all():  # touched, or back where it was
            slots, groups, changed = slots[some], groups[some], changed[:, some]
        self._changed = changed
        some_values, all_values = list(np.any(changed, axis=1)), list(np.all(changed, axis=1))
        self._rows = rows = Sliced(cells, slots, groups, some_values)
        self._is_even = all(
            (full and width) or not some
            for some, full, (width, _) in zip(some_values, all_values, rows.columns, strict=True)
        )
        """Whether each column changed in all rows, or in none: as when everything moves."""
        self.counts: dict[int, list[int]] = {}
        """By group how many values changed in each column; groups in which nothing did are not in it."""
        if len(slots):
            counts = np.add.reduceat(changed, rows.starts, axis=1, dtype=np.int64).T.tolist()
            self.counts = dict(zip(rows.spans, counts, strict=True))

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Every group in which something changed, with its block."""
        if self._is_even:
            yield from self._rows.dense()
        else:
            for group in self.counts:
                yield group, self.block(group)

    def block(self, group: int) -> bytes:
        """`[n, ids, column, ...]` of a group, with what changed in it."""
        start, end = self._rows.spans[group]
        count = end - start
        parts = [self._rows.head(start, end)]
        for number, changes in enumerate(self.counts[group]):
            width, values = self._rows.columns[number]
            if not changes:
                parts.append(NIL)
            elif changes == count and width:
                parts.append(_binary(values, start * width, end * width))
            else:
                parts.append(self._some(number, start, end, changes))
        return b"".join(parts)

    def _some(self, number: int, start: int, end: int, changes: int) -> bytes:
        """`[positions, values]` of a column; or all values, if to name those that changed would take more."""
        width, values = self._rows.columns[number]
        count = end - start
        position_width = 1 if count <= 1 << 8 else 2 if count <= 1 << 16 else 4
        if width and changes * (width + position_width) + 3 >= count * width:
            return binary(values[start * width : end * width])
        rows = np.flatnonzero(self._changed[number, start:end])
        if width:
            picked = binary(b"".join([values[at * width : (at + 1) * width] for at in (rows + start).tolist()]))
        else:
            picked = encode_value([values[at] for at in (rows + start).tolist()])
        return b"\x92" + binary(little_endian(rows.astype(f"u{position_width}"))) + picked


# Most groups are small, and there are many of them: what stands before their bytes is made beforehand.
_SHORT = [b"\xc4" + bytes((length,)) for length in range(256)]
_COUNTS = [encode_value(count) for count in range(128)]


def _binary(values: bytes, start: int, end: int) -> bytes:
    """A slice of bytes as a value."""
    length = end - start
    return _SHORT[length] + values[start:end] if length < 256 else binary(values[start:end])


def _count(count: int) -> bytes:
    return _COUNTS[count] if count < 128 else encode_value(count)


def _gathered(cells: Cells, index: int, slots: Array) -> tuple[int, Any]:
    if cells.columns[index].stored is None:
        values = cells.views[index]
        return 0, [values[slot] for slot in slots.tolist()]
    array = cells.array(index)
    return array.itemsize, little_endian(array[slots])
