"""Rows of a table as bytes, column by column: the blocks of a part, and what a digest is made of."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from pelton.protocol.splice import array_head, binary
from pelton.protocol.typed import encode_value
from pelton.server.simulate.state.cells import Cells
from pelton.server.simulate.state.columns import Array

__all__ = ["digest_of", "id_width", "little_endian", "sparse", "whole_block"]


def little_endian(array: Array) -> bytes:
    """The numbers as they travel."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def id_width(ids: Array) -> int:
    """Bytes for each id: as few as the largest needs."""
    largest = int(ids.max()) if len(ids) else 0
    return next(width for width in (1, 2, 4, 8) if largest < 1 << 8 * width)


def whole_block(cells: Cells, slots: Array) -> bytes:
    """`[n, ids, column, ...]` with every column of these rows; the slots stand in the order of the rows' ids."""
    ids = cells.ids.array[slots]
    parts = [
        array_head(2 + len(cells.columns)),
        encode_value(len(slots)),
        binary(little_endian(ids.astype(f"u{id_width(ids)}"))),
    ]
    for index, column in enumerate(cells.columns):
        if column.stored is None:
            values = cells.views[index]
            parts.append(encode_value([values[slot] for slot in slots.tolist()]))
        else:
            parts.append(binary(little_endian(cells.array(index)[slots])))
    return b"".join(parts)


def sparse(rows: Array, count: int, values: bytes) -> bytes:
    """`[positions, values]`: a column that changed in some of `count` rows; `values` are encoded already."""
    width = 1 if count <= 1 << 8 else 2 if count <= 1 << 16 else 4
    return b"\x92" + binary(little_endian(rows.astype(f"u{width}"))) + values


def digest_of(cells: Cells, slots: Array) -> int:
    """The CRC-32 of these rows; the slots stand in the order of the rows' ids."""
    crc = zlib.crc32(little_endian(cells.ids.array[slots].astype("u8")))
    for index, column in enumerate(cells.columns):
        if column.stored is None:
            values: Any = cells.views[index]
            encode: Callable[[Any], bytes] = encode_value
            crc = zlib.crc32(b"".join([encode(values[slot]) for slot in slots.tolist()]), crc)
        else:
            crc = zlib.crc32(little_endian(cells.array(index)[slots]), crc)
    return crc
