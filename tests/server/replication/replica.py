"""A client's replica as protocol/SPEC.md tells it, written for tests: plain, slow, and strict about what it is sent."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Any

from pelton.protocol import Frame
from pelton.protocol.plain import encode_value

FORMATS = {"u8": "B", "u16": "H", "u32": "I", "i8": "b", "i16": "h", "i32": "i", "f32": "f", "f64": "d", "bool": "?"}
QUANT = {1: "B", 2: "H", 4: "I"}
POSITIONS = {1: "B", 2: "H", 4: "I", 8: "Q"}

Spec = Sequence[Any]


class Replica:
    """Rows by table and id, groups by table and number; values as they travel."""

    def __init__(self, tables: Sequence[tuple[str, str, Sequence[Spec]]]) -> None:
        self.tick = 0
        self.names = [name for name, _, _ in tables]
        self.columns = [list(columns) for _, _, columns in tables]
        self.rows: list[dict[int, list[Any]]] = [{} for _ in tables]
        self.groups: list[dict[int, set[int]]] = [{} for _ in tables]
        self.decoded: list[set[int]] = [set() for _ in tables]
        """Every id that came in the frame applied last."""

    def apply(self, frame: Frame) -> None:
        self.decoded = [set() for _ in self.rows]
        if frame.base == 0:
            self.rows = [{} for _ in self.rows]
            self.groups = [{} for _ in self.rows]
        else:
            assert frame.base == self.tick, "the frame builds on another tick"
        for table, group in frame.hidden:
            self.groups[table].pop(group, None)  # an empty one was never told of
        for part in frame.parts:
            self._let_go(*part[:5])
        for table, group, _, _, _, entered, changed, _ in frame.parts:
            self._take_in(table, group, entered, changed)
        for rows, groups in zip(self.rows, self.groups, strict=True):
            seen = set().union(*groups.values())
            for row_id in set(rows) - seen:
                del rows[row_id]
        self.tick = frame.tick
        for table, group, *_, digest in frame.parts:
            if digest is not None:
                assert digest == self.digest(table, group), f"{self.names[table]}, group {group}"

    def _let_go(self, table: int, group: int, whole: bool, removed: list[int] | None, moved: list[int] | None) -> None:
        members = self.groups[table].setdefault(group, set())
        if whole:
            members.clear()
        for row_id in removed or ():
            self.rows[table].pop(row_id, None)
            for others in self.groups[table].values():
                others.discard(row_id)
        members.difference_update(moved or ())

    def _take_in(self, table: int, group: int, entered: list[Any] | None, changed: list[Any] | None) -> None:
        rows, members = self.rows[table], self.groups[table][group]
        if entered is not None:
            ids, columns = self._block(table, entered, dense=True)
            for index, row_id in enumerate(ids):
                rows[row_id] = [column[index] for column in columns]
                members.add(row_id)
        if changed is not None:
            ids, columns = self._block(table, changed, dense=False)
            for index, row_id in enumerate(ids):
                assert row_id in members, "a row changed that is not in the group"
                for number, column in enumerate(columns):
                    if index in column:
                        rows[row_id][number] = column[index]

    def _block(self, table: int, block: list[Any], *, dense: bool) -> tuple[list[int], list[Any]]:
        count, packed, *columns = block
        assert count > 0
        ids = numbers(POSITIONS[len(packed) // count], packed)
        assert len(ids) == count == len(set(ids))
        assert ids == sorted(ids)
        self.decoded[table].update(ids)
        read = [
            self._column(spec, count, column, dense) for spec, column in zip(self.columns[table], columns, strict=True)
        ]
        return ids, read

    def _column(self, spec: Spec, count: int, column: Any, dense: bool) -> Any:
        """A list of all values, or a dict of those that changed."""
        letter = format_of(spec)
        if dense:
            values = numbers(letter, column) if letter else column
            assert len(values) == count
            return values
        if column is None:
            return {}
        if isinstance(column, bytes):
            values = numbers(letter, column)
            assert len(values) == count
            return dict(enumerate(values))
        positions, values = column
        at = numbers("B" if count <= 256 else "H" if count <= 65536 else "I", positions)
        assert at == sorted(set(at))
        assert at[-1] < count
        return dict(zip(at, numbers(letter, values) if letter else values, strict=True))

    def digest(self, table: int, group: int) -> int:
        ids = sorted(self.groups[table].get(group, ()))
        crc = zlib.crc32(struct.pack(f"<{len(ids)}Q", *ids))
        for number, spec in enumerate(self.columns[table]):
            values = [self.rows[table][row_id][number] for row_id in ids]
            letter = format_of(spec)
            packed = (
                struct.pack(f"<{len(ids)}{letter}", *values)
                if letter
                else b"".join(encode_value(value) for value in values)
            )
            crc = zlib.crc32(packed, crc)
        return crc


def format_of(spec: Spec) -> str:
    """The struct letter of a column's kind; empty for those without a fixed width."""
    return QUANT[spec[4]] if spec[1] == "quant" else FORMATS.get(spec[1], "")


def numbers(letter: str, packed: bytes) -> list[Any]:
    width = struct.calcsize(f"<{letter}")
    assert len(packed) % width == 0
    return list(struct.unpack(f"<{len(packed) // width}{letter}", packed))
