"""What changed in the groups of one layer since a tick, gathered once for all groups and then sliced.

The changed rows are sorted by group and id; each column is gathered once in that order, and a group's part of it is a
slice of the bytes. So the work of numpy is per column, and the work of Python per group that has something to say.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pelton.protocol.splice import NIL, array_head, binary
from pelton.protocol.typed import encode_value
from pelton.server.deliver.blocks import id_width, little_endian, sparse, whole_block
from pelton.server.simulate.state.columns import Array
from pelton.server.simulate.state.layer import Layer

__all__ = ["Delta"]

NOTHING = NIL * 4
"""Nothing removed, moved, entered or changed."""


class Delta:
    """The changes of one layer for a client that knows who was in which group after tick `since`.

    `values_since` is the tick after which it was last told of values; None: it is not told of them now.
    """

    def __init__(self, layer: Layer, since: int, values_since: int | None, recent: Array | None) -> None:
        self._cells = cells = layer.cells
        self._left = _left(layer, since)
        self._entered: dict[int, Array] = {}
        self._spans: dict[int, tuple[int, int]] = {}
        slots = recent
        if slots is None:
            oldest = since if values_since is None else min(since, values_since)
            slots = np.flatnonzero(cells.row_ticks.array[: cells.size] > oldest)
        groups = layer.groups.array[slots]
        order = np.lexsort((cells.ids.array[slots], groups))
        slots, groups = slots[order], groups[order]
        is_new = layer.entered.array[slots] > since
        if is_new.any():
            self._entered = _by_group(slots[is_new], groups[is_new])
        if values_since is not None:
            seen = ~is_new & (groups >= 0)
            self._gather(slots[seen], groups[seen], values_since)

    def of(self, group: int) -> bytes:
        """`removed, moved, entered, changed` of a group; NOTHING if it has nothing to say."""
        left, entered, span = self._left.get(group), self._entered.get(group), self._spans.get(group)
        if left is None and entered is None:
            return NOTHING if span is None else NIL * 3 + self._block(*span)
        return b"".join(
            (
                NIL * 2 if left is None else left,
                NIL if entered is None else whole_block(self._cells, entered),
                NIL if span is None else self._block(*span),
            )
        )

    def _gather(self, slots: Array, groups: Array, since: int) -> None:
        """Sort out what changed, and bring every column that did into the order of groups."""
        cells = self._cells
        changed = cells.ticks[:, slots] > since
        some = changed.any(axis=0)
        if not some.all():  # touched, or back where it was
            slots, groups, changed = slots[some], groups[some], changed[:, some]
        if not len(slots):
            return
        starts = np.flatnonzero(np.diff(groups, prepend=groups[0] - 1))
        ends = np.append(starts[1:], len(groups)).tolist()
        self._spans = {
            group: (index, end) for index, (group, end) in enumerate(zip(groups[starts].tolist(), ends, strict=True))
        }
        self._starts: list[int] = starts.tolist()
        self._counts: list[list[int]] = np.add.reduceat(changed, starts, axis=1, dtype=np.int64).T.tolist()
        self._changed = changed
        ids = cells.ids.array[slots]
        self._width = id_width(ids)
        self._ids = little_endian(ids.astype(f"u{self._width}"))
        self._columns: list[Any] = [
            self._column(index, slots) if any_changed else None
            for index, any_changed in enumerate(np.any(changed, axis=1))
        ]

    def _column(self, index: int, slots: Array) -> tuple[int, Any]:
        """A column's bytes for each value, and its values in the order of groups: bytes, or a list of objects."""
        column = self._cells.columns[index]
        if column.stored is None:
            values = self._cells.views[index]
            return 0, [values[slot] for slot in slots.tolist()]
        array = self._cells.array(index)
        return array.itemsize, little_endian(array[slots])

    def _block(self, index: int, end: int) -> bytes:
        """`[n, ids, column, ...]` of what changed in a group."""
        start, width = self._starts[index], self._width
        count = end - start
        parts = [
            array_head(2 + len(self._columns)),
            encode_value(count),
            binary(self._ids[start * width : end * width]),
        ]
        for number, (changes, column) in enumerate(zip(self._counts[index], self._columns, strict=True)):
            if not changes:
                parts.append(NIL)
            elif changes == count and column[0]:
                parts.append(binary(column[1][start * column[0] : end * column[0]]))
            else:
                parts.append(self._some(number, start, end, changes))
        return b"".join(parts)

    def _some(self, number: int, start: int, end: int, changes: int) -> bytes:
        """A column that changed in some rows, or whose values have no fixed width."""
        width, values = self._columns[number]
        count = end - start
        position_width = 1 if count <= 1 << 8 else 2 if count <= 1 << 16 else 4
        if width and changes * (width + position_width) + 3 >= count * width:  # those that did not change cost less
            return binary(values[start * width : end * width])
        rows = np.flatnonzero(self._changed[number, start:end])
        if width:
            picked = binary(b"".join([values[at * width : (at + 1) * width] for at in (rows + start).tolist()]))
        else:
            picked = encode_value([values[at] for at in (rows + start).tolist()])
        return sparse(rows, count, picked)


def _left(layer: Layer, since: int) -> dict[int, bytes]:
    """By group `removed, moved`, encoded: who is in it no longer. A row that came back only was away."""
    removed: dict[int, set[int]] = {}
    moved: dict[int, set[int]] = {}
    for row_id, group, _, is_gone in layer.departures(since):
        if is_gone:
            removed.setdefault(group, set()).add(row_id)
        elif row_id not in layer.members[group]:
            moved.setdefault(group, set()).add(row_id)
    return {
        group: b"".join(NIL if group not in ids else encode_value(sorted(ids[group])) for ids in (removed, moved))
        for group in removed.keys() | moved.keys()
    }


def _by_group(slots: Array, groups: Array) -> dict[int, Array]:
    """The slots of each group; both are sorted by group."""
    starts = np.flatnonzero(np.diff(groups, prepend=groups[0] - 1))
    return {int(groups[start]): part for start, part in zip(starts, np.split(slots, starts[1:]), strict=True)}
