"""What happened in the groups of one layer since a tick."""

from __future__ import annotations

import numpy as np

from pelton.protocol.splice import NIL
from pelton.protocol.typed import encode_value
from pelton.server.deliver.blocks import Changes, Sliced
from pelton.server.simulate.state.columns import Array
from pelton.server.simulate.state.layer import Layer

__all__ = ["Delta"]


class Delta:
    """What a client must hear who knows who was in which group after the tick `since`.

    `values_since` is the tick after which it was last told of values; None: it is not told of them now. `recent`: the
    slots of all rows that changed since, if they are known.
    """

    def __init__(self, layer: Layer, since: int, values_since: int | None, recent: Array | None) -> None:
        cells = layer.cells
        self._removed, self._moved = _left(layer, since)
        slots = recent
        if slots is None:
            oldest = since if values_since is None else min(since, values_since)
            slots = np.flatnonzero(cells.row_ticks.array[: cells.size] > oldest)
        groups = layer.groups.array[slots]
        order = np.lexsort((cells.ids.array[slots], groups))
        slots, groups = slots[order], groups[order]
        is_new = layer.entered.array[slots] > since
        visible = groups >= 0
        entered, known = is_new & visible, ~is_new & visible
        self._entered = Sliced(cells, slots[entered], groups[entered]) if entered.any() else None
        self._changes = None
        if values_since is not None and known.any():
            self._changes = Changes(cells, slots[known], groups[known], values_since)

    def all(self) -> dict[int, bytes]:
        """`removed, moved, entered, changed` of every group that has something to say."""
        found: dict[int, bytes] = {}
        if self._changes:
            found = {group: NIL * 3 + block for group, block in self._changes.blocks()}
        entered = self._entered.spans if self._entered else {}
        for group in self._removed.keys() | self._moved.keys() | entered.keys():
            changed = found.get(group)
            found[group] = self._came_and_went(group) + (changed[3:] if changed else NIL)
        return found

    def speaks_of(self, group: int) -> bool:
        """Whether the group has something to say."""
        return (
            group in self._removed
            or group in self._moved
            or (self._entered is not None and group in self._entered.spans)
            or (self._changes is not None and group in self._changes.counts)
        )

    def of(self, group: int) -> bytes:
        """`removed, moved, entered, changed` of a group."""
        changes = self._changes
        return self._came_and_went(group) + (changes.block(group) if changes and group in changes.counts else NIL)

    def _came_and_went(self, group: int) -> bytes:
        entered = self._entered
        return (
            _ids(self._removed.get(group))
            + _ids(self._moved.get(group))
            + (entered.whole(group) if entered and group in entered.spans else NIL)
        )


def _left(layer: Layer, since: int) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """By group who was removed and who is elsewhere now. A row that came back was only away."""
    removed: dict[int, set[int]] = {}
    moved: dict[int, set[int]] = {}
    for row_id, group, _, is_gone in layer.departures(since):
        if is_gone:
            removed.setdefault(group, set()).add(row_id)
        elif row_id not in layer.members[group]:
            moved.setdefault(group, set()).add(row_id)
    return removed, moved


def _ids(row_ids: set[int] | None) -> bytes:
    return encode_value(sorted(row_ids)) if row_ids else NIL
