"""Blocks of rows as they come in a frame, checked without knowing the replica.

What is read is never changed: many clients of one process share it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from operator import lt
from typing import Any

from pelton.client.replica.kinds import Column, Opaque

__all__ = ["Block", "Cells", "IdsCache", "Misfit", "read_block"]

_ID_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
IDS_KEPT_MAX = 256
# The high byte of a float that may be infinite or no number.
_HUGE = (0x7F, 0xFF)


class Misfit(Exception):
    """What the server sent does not fit; the text says where."""


class Cells:
    """The values of one column in a block: of all its rows, or of those at `positions` (ascending).

    `raw` has them one after the other if the column has a fixed width, else it is None.
    """

    __slots__ = ("_code", "_values", "positions", "raw")

    def __init__(
        self, positions: tuple[int, ...] | None, raw: bytes | None, code: str, values: Sequence[Any] | None = None
    ) -> None:
        self.positions = positions
        self.raw = raw
        self._code = code
        self._values = values

    @property
    def values(self) -> Sequence[Any]:
        """The values as they are on the wire, decoded when first asked for."""
        values = self._values
        if values is None:
            assert self.raw is not None
            count = len(self.raw) // struct.calcsize("<" + self._code)
            values = self._values = struct.unpack(f"<{count}{self._code}", self.raw)
        return values


class Block:
    """Some rows, by column; None stands for a column that did not change in any of them."""

    __slots__ = ("columns", "ids", "is_dense")

    def __init__(self, ids: tuple[int, ...], columns: Sequence[Cells | None]) -> None:
        self.ids = ids
        self.columns = columns
        self.is_dense = all(cells is None or cells.positions is None for cells in columns)

    def over(self, older: Block) -> Block:
        """This dense block on top of an older one of the same rows."""
        if None not in self.columns or all(map(_covers, self.columns, older.columns)):
            return self
        pairs = zip(self.columns, older.columns, strict=True)
        return Block(self.ids, [old if new is None else new for new, old in pairs])


def _covers(new: Cells | None, old: Cells | None) -> bool:
    return new is not None or old is None


class IdsCache:
    """The ids of blocks by their bytes: the same rows move each tick, so most were read before. Bounded."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, bytes], tuple[int, ...]] = {}

    def read(self, count: int, raw: bytes) -> tuple[int, ...]:
        """The ids, checked; the same bytes give the same object."""
        ids = self._kept.get((count, raw))
        if ids is None:
            ids = _ids(count, raw)
            if len(self._kept) >= IDS_KEPT_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[count, raw] = ids
        return ids


def read_block(value: Any, columns: Sequence[Column], cache: IdsCache, *, entered: bool) -> Block:
    """One block. Rows that entered have all columns, and all of each."""
    if not isinstance(value, list):
        raise Misfit("a block is no array")
    fields: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - looked at below
    if len(fields) != len(columns) + 2:
        raise Misfit(f"a block has {len(fields)} elements, the table {len(columns)} columns")
    count, raw = fields[0], fields[1]
    if type(count) is not int or count < 1 or type(raw) is not bytes:
        raise Misfit("a block has no number of rows, or no ids")
    ids = cache.read(count, raw)
    cells: list[Cells | None] = []
    for column, content in zip(columns, fields[2:], strict=True):
        if content is None and not entered:
            cells.append(None)
            continue
        try:
            cells.append(_cells(column, content, count, entered=entered))
        except (Misfit, ValueError) as misfit:
            raise Misfit(f"column {column.name!r}: {misfit}") from misfit
    return Block(ids, cells)


def _cells(column: Column, content: Any, count: int, *, entered: bool) -> Cells:
    if type(content) is bytes:
        return _raw(column, None, content, count)
    if not isinstance(content, list):
        raise Misfit(f"a {type(content).__name__} for its values")
    items: list[Any] = content  # pyright: ignore[reportUnknownVariableType] - looked at below
    if entered:
        if column.code:
            raise Misfit("an array where bytes belong")
        return _listed(column, None, items, count)
    if len(items) != 2 or type(items[0]) is not bytes:
        raise Misfit("neither all values nor positions with values")
    positions = _positions(items[0], count)
    if type(items[1]) is bytes:
        return _raw(column, positions, items[1], len(positions))
    if not isinstance(items[1], list) or column.code:
        raise Misfit("no values")
    return _listed(column, positions, items[1], len(positions))  # pyright: ignore[reportUnknownArgumentType] - as above


def _raw(column: Column, positions: tuple[int, ...] | None, raw: bytes, count: int) -> Cells:
    """Values of fixed width; of a kind that is not known, of whatever width fits."""
    if not column.is_known:
        width, rest = divmod(len(raw), count) if count else (0, len(raw))
        if rest or (count and not width):
            raise Misfit(f"{len(raw)} bytes for {count} values")
        return Cells(positions, None, "", [Opaque(raw[at : at + width]) for at in range(0, len(raw), width or 1)])
    if not column.code or len(raw) != count * column.width:
        raise Misfit(f"{len(raw)} bytes for {count} values of the kind {column.kind}")
    cells = Cells(positions, raw, column.code)
    if column.code == "?" and raw.strip(b"\x00\x01"):
        raise Misfit("a bool that is neither 0 nor 1")
    if column.code in "fd" and not _is_finite(raw[column.width - 1 :: column.width], cells):
        raise Misfit("a number that is not finite")
    return cells


def _is_finite(high_bytes: bytes, cells: Cells) -> bool:
    """Whether all floats are; nearly always it is enough to look at their high bytes."""
    if _HUGE[0] not in high_bytes and _HUGE[1] not in high_bytes:
        return True
    return all(map(math.isfinite, cells.values))


def _listed(column: Column, positions: tuple[int, ...] | None, values: list[Any], count: int) -> Cells:
    if len(values) != count:
        raise Misfit(f"{len(values)} values for {count} rows")
    if not all(map(column.accepts, values)):
        raise Misfit(f"a value that is no {column.kind}")
    return Cells(positions, None, "", values)


def _ids(count: int, raw: bytes) -> tuple[int, ...]:
    width, rest = divmod(len(raw), count)
    if rest or width not in _ID_CODES:
        raise Misfit(f"{len(raw)} bytes for {count} ids")
    ids = struct.unpack(f"<{count}{_ID_CODES[width]}", raw)
    if not _is_ascending(ids):
        raise Misfit("ids that do not ascend")
    return ids


def _positions(raw: bytes, count: int) -> tuple[int, ...]:
    width = 1 if count <= 1 << 8 else 2 if count <= 1 << 16 else 4
    if len(raw) % width:
        raise Misfit(f"{len(raw)} bytes for positions of {width} bytes each")
    positions = struct.unpack(f"<{len(raw) // width}{_ID_CODES[width]}", raw)
    if not _is_ascending(positions) or (positions and positions[-1] >= count):
        raise Misfit(f"positions that do not ascend, or one beyond the {count} rows")
    return positions


def _is_ascending(numbers: tuple[int, ...]) -> bool:
    return all(map(lt, numbers, numbers[1:]))
