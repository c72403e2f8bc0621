"""What a client holds after each frame: plain, slow, and strict about what it is sent. See protocol/SPEC.md.

Nothing is decoded while something is measured: frames are kept, and replayed here when it is over.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Any, cast

import msgpack  # type: ignore[import-untyped]  # the package ships no types

__all__ = ["Replica", "WrongFrame"]

_LETTERS = {"u8": "B", "u16": "H", "u32": "I", "i8": "b", "i16": "h", "i32": "i", "f32": "f", "f64": "d", "bool": "?"}
_UNSIGNED = {1: "B", 2: "H", 4: "I", 8: "Q"}


class WrongFrame(Exception):
    """A frame that does not fit what the client holds, or a digest that differs."""


def _numbers(letter: str, packed: bytes) -> list[Any]:
    return [value for (value,) in struct.iter_unpack(f"<{letter}", packed)]


def _packed(values: Sequence[Any]) -> bytes:
    return b"".join([cast("bytes", msgpack.packb(value)) for value in values])


class _Table:
    """One table: rows by id, their values as they travel, and the ids in each group."""

    def __init__(self, columns: Sequence[Sequence[Any]]) -> None:
        self.letters = [
            _UNSIGNED[column[4]] if column[1] == "quant" else _LETTERS.get(column[1], "") for column in columns
        ]
        self.rows: dict[int, list[Any]] = {}
        self.groups: dict[int, set[int]] = {}

    def let_go(self, group: int, whole: bool, removed: Sequence[int] | None, moved: Sequence[int] | None) -> None:
        members = self.groups.setdefault(group, set())
        if whole:
            members.clear()
        for row_id in removed or ():
            self.rows.pop(row_id, None)
            for others in self.groups.values():
                others.discard(row_id)
        members.difference_update(moved or ())

    def take_in(self, group: int, entered: Sequence[Any] | None, changed: Sequence[Any] | None) -> None:
        members = self.groups[group]
        if entered is not None:
            ids, columns = self._ids(entered), entered[2:]
            values = [
                _numbers(letter, column) if letter else column
                for letter, column in zip(self.letters, columns, strict=True)
            ]
            for row_id, *row in zip(ids, *values, strict=True):
                self.rows[row_id] = row
                members.add(row_id)
        if changed is not None:
            ids = self._ids(changed)
            if not members.issuperset(ids):
                raise WrongFrame(f"rows changed that are not in group {group}")
            for number, column in enumerate(changed[2:]):
                self._change(number, ids, column)

    def forget_unseen(self) -> None:
        """Rows that are in no group any more are out of sight."""
        seen = set[int]().union(*self.groups.values())
        for row_id in self.rows.keys() - seen:
            del self.rows[row_id]

    def digest(self, group: int) -> int:
        ids = sorted(self.groups.get(group, ()))
        crc = zlib.crc32(struct.pack(f"<{len(ids)}Q", *ids))
        for number, letter in enumerate(self.letters):
            values = [self.rows[row_id][number] for row_id in ids]
            packed = struct.pack(f"<{len(ids)}{letter}", *values) if letter else _packed(values)
            crc = zlib.crc32(packed, crc)
        return crc

    def _ids(self, block: Sequence[Any]) -> list[int]:
        count, packed = block[:2]
        ids = _numbers(_UNSIGNED[len(packed) // count], packed)
        if len(ids) != count or ids != sorted(set(ids)):
            raise WrongFrame("the ids of a block do not rise")
        return ids

    def _change(self, number: int, ids: Sequence[int], column: Any) -> None:
        if column is None:
            return
        letter = self.letters[number]
        if isinstance(column, bytes):
            values = _numbers(letter, column)
        else:
            positions, values = column
            width = "B" if len(ids) <= 1 << 8 else "H" if len(ids) <= 1 << 16 else "I"
            ids = [ids[position] for position in _numbers(width, positions)]
            values = _numbers(letter, values) if letter else values
        for row_id, value in zip(ids, values, strict=True):
            self.rows[row_id][number] = value


class Replica:
    """All tables; begins with the first keyframe."""

    def __init__(self, tables: Sequence[tuple[str, str, Sequence[Sequence[Any]]]]) -> None:
        self._columns = [columns for _, _, columns in tables]
        self._tables: list[_Table] = []
        self.tick = 0
        self.base = 0
        """What the frame applied last built on; 0 for a keyframe."""

    def apply(self, payload: bytes) -> bool:
        """One frame as it came. False if no keyframe came yet, and it was passed over."""
        _, _, _, tick, base, hidden, parts = msgpack.unpackb(payload)
        if not base:
            self._tables = [_Table(columns) for columns in self._columns]
        elif not self._tables:
            return False
        elif base != self.tick:
            raise WrongFrame(f"a frame builds on tick {base}, the one before was {self.tick}")
        for table, group in hidden:
            self._tables[table].groups.pop(group, None)
        for table, *part in parts:
            self._tables[table].let_go(*part[:4])
        for table, group, _, _, _, entered, changed, _ in parts:
            self._tables[table].take_in(group, entered, changed)
        for one in self._tables:
            one.forget_unseen()
        self.tick, self.base = tick, base
        for table, group, *_, digest in parts:
            if digest is not None and digest != self._tables[table].digest(group):
                raise WrongFrame(f"tick {tick}: the digest of group {group} differs")
        return True

    def rows(self, table: int = 0) -> dict[int, tuple[Any, ...]]:
        """What it holds, values as they travel."""
        return {row_id: tuple(values) for row_id, values in self._tables[table].rows.items()}

    def fingerprint(self) -> int:
        """Equal for equal rows, within this process."""
        return hash(tuple(tuple(sorted(self.rows(number).items())) for number in range(len(self._tables))))
