"""A replica as the author of a client would write it: from SPEC.md's sections 4 to 6 alone, plain and slow.

The tests hold it against the vectors of state.json and against a made-up server; no product code imports it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any, TypeAlias

from pelton.protocol import EventFrame, Frame
from pelton.protocol.plain import encode_value
from pelton.protocol.typed import decode_value

NUMBERS = {
    "u8": "<B",
    "u16": "<H",
    "u32": "<I",
    "i8": "<b",
    "i16": "<h",
    "i32": "<i",
    "f32": "<f",
    "f64": "<d",
    "bool": "<?",
}
VALUES = {"str", "bytes", "json"}

Cell: TypeAlias = bytes | tuple[Any]
"""As it travels: the bytes of a fixed width, or a value in a tuple of its own."""
Rows: TypeAlias = dict[int, tuple[Cell, ...]]
Groups: TypeAlias = dict[int, set[int]]


class FrameError(Exception):
    """A frame that does not fit the state it builds on, or that contradicts itself."""


def check(holds: bool, problem: str) -> None:
    if not holds:
        raise FrameError(problem)


class Replica:
    """The tables of one seat: `rows[table][id]`, and which of them are in `groups[table][group]`."""

    def __init__(self, tables: list[Any]) -> None:
        self.columns: list[list[list[Any]]] = [columns for _, _, columns in tables]
        self.rows: list[Rows] = [{} for _ in tables]
        self.groups: list[Groups] = [{} for _ in tables]
        self.tick = 0

    def apply(self, frame: Frame | EventFrame) -> list[tuple[int, int]]:
        """Take one frame in; the answer is which groups have another digest. After a FrameError nothing has changed."""
        check(frame.base in {0, self.tick}, "the frame builds on another tick")
        rows: list[Rows] = [dict(table) if frame.base else {} for table in self.rows]
        groups = [{group: set(ids) for group, ids in table.items() if frame.base} for table in self.groups]
        for table, group in frame.hidden:
            check(0 <= table < len(groups), "no such table")
            groups[table].pop(group, None)
        for part in frame.parts:
            check(len(part) == 8 and 0 <= part[0] < len(rows), "no such table")
            self._forget(part, rows[part[0]], groups[part[0]])
        for part in frame.parts:
            self._learn(part, rows[part[0]], groups[part[0]])
        for table, known in enumerate(rows):
            in_sight = set[int]().union(*groups[table].values())
            rows[table] = {row_id: cells for row_id, cells in known.items() if row_id in in_sight}
        self.rows, self.groups, self.tick = rows, groups, frame.tick
        digests = [(part[0], part[1], part[7]) for part in frame.parts if part[7] is not None]
        return [(table, group) for table, group, digest in digests if digest != self.digest(table, group)]

    @staticmethod
    def _forget(part: list[Any], rows: Rows, groups: Groups) -> None:
        _, group, whole, removed, moved, *_ = part
        if whole:
            groups.pop(group, None)
        for row_id in removed or ():
            rows.pop(row_id, None)
            for members in groups.values():
                members.discard(row_id)
        groups.setdefault(group, set()).difference_update(moved or ())

    def _learn(self, part: list[Any], rows: Rows, groups: Groups) -> None:
        table, group, _, _, _, entered, changed, _ = part
        columns, members = self.columns[table], groups[group]
        if entered is not None:
            ids = block_ids(entered, len(columns))
            cells = [dense(column, len(ids), spec) for column, spec in zip(entered[2:], columns, strict=True)]
            rows.update(zip(ids, zip(*cells, strict=True) if cells else [()] * len(ids), strict=True))
            members.update(ids)
        if changed is not None:
            ids = block_ids(changed, len(columns))
            check(members.issuperset(ids), "a row changed that is not in this group")
            for index, spec in enumerate(columns):
                for position, cell in changes(changed[2 + index], len(ids), spec):
                    row = rows[ids[position]]
                    rows[ids[position]] = (*row[:index], cell, *row[index + 1 :])

    def digest(self, table: int, group: int) -> int:
        """The CRC-32 of what the group's rows are on the wire."""
        ids = sorted(self.groups[table].get(group, ()))
        crc = zlib.crc32(b"".join(row_id.to_bytes(8, "little") for row_id in ids))
        for index in range(len(self.columns[table])):
            for row_id in ids:
                cell = self.rows[table][row_id][index]
                crc = zlib.crc32(cell if isinstance(cell, bytes) else encode_value(cell[0]), crc)
        return crc

    def read(self, table: int, row_id: int) -> list[Any]:
        """The row's values."""
        return [read(column, cell) for column, cell in zip(self.columns[table], self.rows[table][row_id], strict=True)]


def block_ids(block: list[Any], columns: int) -> list[int]:
    n, ids = block[:2]
    check(n > 0 and len(block) == 2 + columns, "a block without rows, or with another number of columns")
    check(len(ids) in {n, 2 * n, 4 * n, 8 * n}, "the ids do not fit the number of rows")
    return unsigned(ids, len(ids) // n)


def unsigned(packed: bytes, width: int) -> list[int]:
    return [int.from_bytes(packed[at : at + width], "little") for at in range(0, len(packed), width)]


def width_of(spec: list[Any]) -> int | None:
    """Bytes of a value of this column; 0 if it travels as a value of MessagePack, None if the kind is not known."""
    if spec[1] in NUMBERS:
        return struct.calcsize(NUMBERS[spec[1]])
    return int(spec[4]) if spec[1] == "quant" else 0 if spec[1] in VALUES else None


def dense(column: Any, n: int, spec: list[Any]) -> list[Cell]:
    """A value for each of n rows. The width of an unknown kind follows from the lengths."""
    expected = width_of(spec)
    if isinstance(column, bytes):
        width = len(column) // n
        check(width > 0 and len(column) == n * width, "the column does not fit the rows")
        check(expected in {None, width}, "the column is of another width than its kind")
        return [column[at : at + width] for at in range(0, len(column), width)]
    check(isinstance(column, list) and not expected, "a column of fixed width is a bin")
    check(len(column) == n, "another number of values than of rows")
    return [(value,) for value in column]


def changes(column: Any, n: int, spec: list[Any]) -> Iterator[tuple[int, Cell]]:
    """What a column of `changed` says: the position of a row in the block, and its new value."""
    if column is None:
        return
    if isinstance(column, bytes):
        yield from enumerate(dense(column, n, spec))
        return
    check(isinstance(column, list) and len(column) == 2, "neither dense nor sparse")
    packed, values = column
    width = 1 if n <= 1 << 8 else 2 if n <= 1 << 16 else 4
    positions = unsigned(packed, width)
    check(len(packed) % width == 0 and all(position < n for position in positions), "a position outside of the block")
    if positions:
        yield from zip(positions, dense(values, len(positions), spec), strict=True)


def read(column: list[Any], cell: Cell) -> Any:
    """The value that the game reads, of a column `[name, kind, parameters...]`."""
    kind = column[1]
    if not isinstance(cell, bytes):
        return decode_value(cell[0]) if kind == "json" else cell[0]
    if kind == "quant":
        low, step = float(column[2]), float(column[3])
        return low + int.from_bytes(cell, "little") * step
    return struct.unpack(NUMBERS[kind], cell)[0] if kind in NUMBERS else cell
