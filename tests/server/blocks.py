"""Parts of a frame, read back: who came, who went, and what changed, by id and by name of column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pelton.protocol import Frame
from pelton.protocol.plain import decode_server
from pelton.protocol.typed import frame_head
from pelton.server import Row
from tests.server.replication.replica import Spec, format_of, numbers

IDS = {1: "B", 2: "H", 4: "I", 8: "Q"}


@dataclass
class Told:
    """What a part says of a group; values as they travel."""

    table: int
    group: int
    whole: bool = False
    removed: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    entered: dict[int, list[Any]] = field(default_factory=dict)
    changed: dict[int, dict[str, Any]] = field(default_factory=dict)
    digest: int | None = None


def read(body: bytes) -> Frame:
    """The frame that this body belongs to."""
    frame = decode_server(frame_head(0, []) + body)
    assert isinstance(frame, Frame)
    return frame


def specs_of(row: type[Row]) -> list[Spec]:
    return [column.spec() for column in row.columns]


def told(part: Sequence[Any], row: type[Row]) -> Told:
    """A part of a table with rows of this type."""
    table, group, whole, removed, moved, entered, changed, digest = part
    specs = specs_of(row)
    return Told(
        table,
        group,
        whole,
        removed or [],
        moved or [],
        {} if entered is None else _entered(specs, entered),
        {} if changed is None else _changed(specs, changed),
        digest,
    )


def all_told(frame: Frame, *rows: type[Row]) -> list[Told]:
    """All parts of a frame; `rows` are the types of the tables' rows."""
    return [told(part, rows[part[0]]) for part in frame.parts]


def ids_of(block: Sequence[Any]) -> list[int]:
    count, packed = block[:2]
    return numbers(IDS[len(packed) // count], packed)


def _entered(specs: Sequence[Spec], block: Sequence[Any]) -> dict[int, list[Any]]:
    columns = [
        numbers(format_of(spec), column) if format_of(spec) else column
        for spec, column in zip(specs, block[2:], strict=True)
    ]
    return {row_id: [column[at] for column in columns] for at, row_id in enumerate(ids_of(block))}


def _changed(specs: Sequence[Spec], block: Sequence[Any]) -> dict[int, dict[str, Any]]:
    ids = ids_of(block)
    rows: dict[int, dict[str, Any]] = {row_id: {} for row_id in ids}
    for spec, column in zip(specs, block[2:], strict=True):
        letter = format_of(spec)
        if isinstance(column, bytes):
            at, values = list(range(len(ids))), numbers(letter, column)
        elif column is None:
            continue
        else:
            at = numbers("B" if len(ids) <= 256 else "H" if len(ids) <= 65536 else "I", column[0])
            values = numbers(letter, column[1]) if letter else column[1]
        for place, value in zip(at, values, strict=True):
            rows[ids[place]][spec[0]] = value
    return rows
