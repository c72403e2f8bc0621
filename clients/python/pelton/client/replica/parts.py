"""Parts of a frame, each what one group of a table has to say; checked as far as that goes without the replica."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pelton.client.errors import ServerFault
from pelton.client.replica.blocks import Block, IdsCache, Misfit, read_block
from pelton.client.replica.kinds import TableShape

__all__ = ["Part", "SharedParts", "read_hidden", "read_parts"]

ROW_ID_MAX = 2**64 - 1
PART_FIELDS = 8
_NO_PARTS: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One group's part of a frame."""

    table: int
    group: int
    whole: bool
    removed: tuple[int, ...]
    moved: tuple[int, ...]
    entered: Block | None
    changed: Block | None
    digest: int | None

    @property
    def takes_out(self) -> bool:
        """Whether rows may leave the group by it; most parts only say what changed."""
        return self.whole or bool(self.removed) or bool(self.moved)


class SharedParts:
    """Parts read once for many clients of one process.

    Those who see the same get the same array from `pelton.protocol.plain.SharedFrames`; it is known by its identity.
    Of other frames a group's part is known by its content, if it says nothing but what changed, as most do.
    `kept_max` frames and 32 times as many parts are kept.
    """

    def __init__(self, kept_max: int = 32) -> None:
        self._kept: dict[int, tuple[Sequence[Any], str, tuple[Part, ...]]] = {}
        self._kept_max = kept_max
        self._parts: dict[tuple[Any, ...], Part] = {}
        self.cache = IdsCache()

    def read(self, parts: Sequence[Any], shapes: Sequence[TableShape], signature: str) -> tuple[Part, ...]:
        """The parts of a frame; `signature` is the same text for all whose tables are the same."""
        kept = self._kept.get(id(parts))
        if kept is not None and kept[0] is parts and kept[1] == signature:
            return kept[2]
        read = tuple([self._part(part, shapes, signature) for part in parts])
        if len(self._kept) >= self._kept_max:
            del self._kept[next(iter(self._kept))]
        self._kept[id(parts)] = (parts, signature, read)  # which keeps the array, so that its id is not given again
        return read

    def _part(self, part: Any, shapes: Sequence[TableShape], signature: str) -> Part:
        try:
            table, group, whole, removed, moved, entered, changed, digest = part
            if removed is not None or moved is not None or entered is not None or changed is None:
                return _part(part, shapes, self.cache)
            # True is 1 and 1.0 is 1, but not where these came from: types are part of what it is known by.
            kinds: tuple[Any, ...] = tuple(map(type, (table, group, digest)))
            key = (signature, kinds, table, group, whole is False, digest, *changed)
            known = self._parts.get(key)
        except (TypeError, ValueError):  # no part at all, or a column that changed in some rows only
            return _part(part, shapes, self.cache)
        if known is None:
            known = _part(part, shapes, self.cache)
            if len(self._parts) >= 32 * self._kept_max:
                del self._parts[next(iter(self._parts))]
            self._parts[key] = known
        return known


def read_parts(parts: Sequence[Any], shapes: Sequence[TableShape], cache: IdsCache) -> tuple[Part, ...]:
    """The parts of a frame. ServerFault if they can be of no room with such tables."""
    if not parts:
        return _NO_PARTS
    return tuple(_part(part, shapes, cache) for part in parts)


def read_hidden(hidden: Sequence[Any], shapes: Sequence[TableShape]) -> list[tuple[int, int]]:
    """The groups that are seen no longer: table and group. ServerFault if they are none."""
    groups: list[tuple[int, int]] = []
    for entry in hidden:
        table, group = _array(entry, 2, "a hidden group")
        _check_place(table, group, shapes)
        groups.append((table, group))
    return groups


def _part(part: Any, shapes: Sequence[TableShape], cache: IdsCache) -> Part:
    fields = _array(part, PART_FIELDS, "a part")
    group = fields[1]
    shape = _check_place(fields[0], group, shapes)
    try:
        return _read(fields, shape, cache)
    except Misfit as misfit:
        raise ServerFault(f"table {shape.name!r}, group {group}: {misfit}") from misfit


def _read(fields: list[Any], shape: TableShape, cache: IdsCache) -> Part:
    table, group, whole, removed, moved, entered, changed, digest = fields
    if type(whole) is not bool:
        raise Misfit("neither whole nor not")
    if digest is not None and (type(digest) is not int or not 0 <= digest < 1 << 32):
        raise Misfit("a digest that is none")
    return Part(
        table,
        group,
        whole,
        _row_ids(removed),
        _row_ids(moved),
        None if entered is None else read_block(entered, shape.columns, cache, entered=True),
        None if changed is None else read_block(changed, shape.columns, cache, entered=False),
        digest,
    )


def _array(value: Any, length: int, what: str) -> list[Any]:
    if not isinstance(value, list) or len(value) != length:  # pyright: ignore[reportUnknownArgumentType] - see callers
        raise ServerFault(f"{what} that is no array of {length}")
    return value  # pyright: ignore[reportUnknownVariableType] - the callers look at what is in it


def _check_place(table: Any, group: Any, shapes: Sequence[TableShape]) -> TableShape:
    if type(table) is not int or not 0 <= table < len(shapes):
        raise ServerFault(f"the room has {len(shapes)} tables, so there is no table {table!r}")
    if type(group) is not int or group < 0:
        raise ServerFault(f"table {shapes[table].name!r}: {group!r} is no group")
    return shapes[table]


def _row_ids(ids: Any) -> tuple[int, ...]:
    if ids is None:
        return ()
    if not isinstance(ids, list):
        raise Misfit("row ids that are no array")
    row_ids: tuple[Any, ...] = tuple(ids)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - see below
    if not all(type(row_id) is int and 0 <= row_id <= ROW_ID_MAX for row_id in row_ids):
        raise Misfit("row ids that are none")
    return row_ids
