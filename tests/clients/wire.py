"""Frames by hand: blocks and parts as a server writes them, and the checksum of a group, as naively as they can be."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from pelton.protocol.plain import encode_value

CODES = {"u8": "B", "u16": "H", "u32": "I", "i8": "b", "i16": "h", "i32": "i", "f32": "f", "f64": "d", "bool": "?"}
QUANTS = {1: "B", 2: "H", 4: "I"}

Values = Sequence[Any]
"""One row, on the wire: a quant as its number of steps, a json as its bytes."""


def code(column: Sequence[Any]) -> str | None:
    """The struct code of a column's values, None if they have no fixed width."""
    return QUANTS[column[4]] if column[1] == "quant" else CODES.get(column[1])


def cells(column: Sequence[Any], values: Sequence[Any], *, changed: bool = False) -> Any:
    """Values one after the other: bytes, or an array if they have no fixed width."""
    width = code(column)
    if width is None and column[1] == "vec3":  # a kind that no client knows, of fixed width
        return b"".join(values)
    return list(values) if width is None else struct.pack(f"<{len(values)}{width}", *values)


def ids_of(ids: Sequence[int], width: int = 8) -> bytes:
    return b"".join(row_id.to_bytes(width, "little") for row_id in ids)


def positions_of(positions: Sequence[int], rows: int) -> bytes:
    width = 1 if rows <= 256 else 2 if rows <= 65536 else 4
    return b"".join(position.to_bytes(width, "little") for position in positions)


def entered(columns: Sequence[Sequence[Any]], rows: Mapping[int, Values], width: int = 8) -> list[Any]:
    """A block of rows that are new in a group."""
    ids = sorted(rows)
    return [
        len(ids),
        ids_of(ids, width),
        *(cells(column, [rows[row_id][index] for row_id in ids]) for index, column in enumerate(columns)),
    ]


def part(
    table: int = 0,
    group: int = 0,
    *,
    whole: bool = False,
    removed: list[int] | None = None,
    moved: list[int] | None = None,
    entered: Any = None,
    changed: Any = None,
    digest: int | None = None,
) -> list[Any]:
    return [table, group, whole, removed, moved, entered, changed, digest]


def digest(columns: Sequence[Sequence[Any]], rows: Mapping[int, Values]) -> int:
    """The checksum of a group of these rows."""
    ids = sorted(rows)
    content = ids_of(ids)
    for index, column in enumerate(columns):
        for row_id in ids:
            value, width = rows[row_id][index], code(column)
            if width is not None:
                content += struct.pack("<" + width, value)
            else:
                content += value if column[1] == "vec3" else encode_value(value)
    return zlib.crc32(content) if ids else 0
