"""One table of the replica: which rows are in which groups, and the rows themselves by id.

A row is there while it is in at least one group. Its values are in a store (`columns`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from pelton.client.replica.blocks import Block
from pelton.client.replica.columns import Columns
from pelton.client.replica.events import Journal, RowEvent, Subscribers
from pelton.client.replica.kinds import Column, TableShape
from pelton.client.replica.parts import Part
from pelton.client.replica.row import row_type
from pelton.streams import Lagged, Stream

__all__ = ["Group", "ReplicaTable", "Stray"]

EVENTS_MAX = 4096


class Stray(Exception):
    """A frame changes a row that is not in the group that says so."""


class Group:
    """The rows of one group, and what is known of them."""

    __slots__ = ("agreed_tick", "checked", "members", "whole_tick")

    def __init__(self) -> None:
        self.members: set[int] = set()
        self.checked: tuple[int, ...] | None = None
        """Ids of the last block, all of which are members."""
        self.agreed_tick = 0
        """When its digest was last the server's; 0: never."""
        self.whole_tick = 0
        """When it last came whole."""


class ReplicaTable:
    """The rows of one table by id: `table[7].x`, `table.get(7)`, `len`, `in`; iterated in the order in which they came.

    It belongs to its replica, which alone changes it.
    """

    def __init__(self, shape: TableShape, make_store: Callable[[Sequence[Column]], Columns]) -> None:
        self.name = shape.name
        self.is_record = shape.is_record
        self.columns = tuple(column.name for column in shape.columns)
        self.groups: dict[int, Group] = {}
        self._shape = shape.columns
        self._index = {column.name: index for index, column in enumerate(shape.columns)}
        self._rows = make_store(shape.columns)
        self._row_type = row_type(shape.columns)
        self._layers: dict[int, int] = {}
        """Of each row, in how many groups it is."""
        self._memberships = 0
        self._orphans: set[int] = set()
        """Rows that lost a group in this frame; those in none at its end are out of sight."""
        self.ended: set[int] = set()
        """Rows that the last frame said exist no more; one of the same id that is there now is another."""
        self._subscribers = Subscribers()
        self._journal: Journal | None = None

    # Reading.

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows

    def __getitem__(self, row_id: int) -> Any:
        return self._row_type(row_id, self._rows.values(row_id))

    def get(self, row_id: int) -> Any:
        """The row, or None."""
        return self[row_id] if row_id in self._rows else None

    def __iter__(self) -> Iterator[Any]:
        return iter(list(map(self._row_type, self._rows, self._rows.all_values())))

    @property
    def ids(self) -> Any:
        """All ids, in the order of `column`: a numpy array of uint64, or a list in a light client."""
        return self._rows.ids()

    def column(self, name: str) -> Any:
        """One column of all rows, shape `(len(table),)`, in the order of `ids`; a copy.

        A numpy array if the values have a fixed width (quants and floats as float64, whole numbers as narrow as they
        travel), else a list; always a list in a light client. KeyError if there is no such column.
        """
        return self._rows.column(self._index[name])

    def pick(self, names: Sequence[str]) -> dict[int, tuple[Any, ...]]:
        """Some columns of all rows, by id. KeyError if there is no such column."""
        columns = [_listed(self.column(name)) for name in names]
        return dict(zip(_listed(self.ids), zip(*columns, strict=True), strict=True)) if columns else {}

    def is_number(self, name: str) -> bool:
        """Whether there is such a column, and it holds numbers."""
        return name in self._index and self._shape[self._index[name]].code not in ("", "?")

    def is_continuous(self, name: str) -> bool:
        """Whether the column holds fractions: a float or a quant."""
        column = self._shape[self._index[name]]
        return column.scale is not None or column.code in ("f", "d")

    def events(self, events_max: int = EVENTS_MAX) -> Stream[RowEvent | Lagged]:
        """What frames do to the rows from now on: `Removed`, `Added` and `Changed`, in this order within a frame.

            async for event in room.state.ships.events():
                match event:
                    case Added(row):            # on_add
                        show(row)
                    case Changed(row, before):  # on_change; `before` has the old values of what changed
                        move(row)
                    case Removed(row):          # on_remove
                        hide(row)

        Each frame's net effect: a row that went from one group in sight to another changed, or nothing happened to it.
        Several may subscribe. Events come when frames are taken, so somebody must iterate the room. Who lets more than
        `events_max` wait gets a `Lagged` with the number that he missed, and should look at the table anew. It ends
        with the room.
        """
        return self._subscribers.add(events_max)

    # What a frame does, in this order.

    def begin(self) -> None:
        """A frame follows."""
        if self.ended:
            self.ended = set()
        self._journal = Journal() if self._subscribers else None

    def forget(self, group_id: int) -> None:
        """The group is seen no longer, or comes whole."""
        group = self.groups.pop(group_id, None)
        if group is not None:
            self._leave(group_id, group, group.members)

    def take_out(self, part: Part) -> None:
        """What the part says of rows that are gone, or gone elsewhere."""
        if part.whole:
            self.forget(part.group)
        if part.removed:
            ended = [row_id for row_id in dict.fromkeys(part.removed) if row_id in self._rows]
            if ended:
                self._end(ended)
        group = self.groups.get(part.group)
        if group is None:
            return
        moved = group.members.intersection(part.moved)
        if moved:
            group.members -= moved
            self._leave(part.group, group, moved)

    def put_in(self, part: Part, tick: int) -> None:
        """What the part says of rows that are new in its group, or changed: Stray if one of these is not in it."""
        group = self.groups.get(part.group)
        if group is None:
            group = self.groups[part.group] = Group()
        if part.whole:
            group.whole_tick = tick
        if part.entered is not None:
            self._enter(group, part.entered)
        if part.changed is not None:
            self._change(part.group, group, part.changed)

    def end(self, tick: int) -> None:
        """The frame is over: rows in no group are out of sight, and subscribers are told."""
        if self._orphans:
            gone = [row_id for row_id in self._orphans if row_id not in self._layers and row_id in self._rows]
            self._orphans = set()
            self._note(gone)
            self._rows.delete(gone)
        journal, self._journal = self._journal, None
        if journal is not None:
            self._subscribers.tell(journal.events(tick, self.get, self.ended))

    def close(self) -> None:
        """No more frames come."""
        self._subscribers.end()

    def digest(self, group_id: int) -> int:
        """The checksum that the server makes of the same group."""
        group = self.groups.get(group_id)
        if group is None or not group.members:
            return 0
        ids = sorted(group.members)
        crc = zlib.crc32(b"".join([row_id.to_bytes(8, "little") for row_id in ids]))
        for index in range(len(self._shape)):
            crc = zlib.crc32(self._rows.packed(ids, index), crc)
        return crc

    def members(self, group_id: int) -> dict[int, Any]:
        """The rows of a group by id."""
        group = self.groups.get(group_id)
        return {} if group is None else {row_id: self[row_id] for row_id in sorted(group.members)}

    def _note(self, ids: Iterable[int]) -> None:
        if self._journal is not None:
            self._journal.note(ids, self.get)

    def _enter(self, group: Group, block: Block) -> None:
        self._note(block.ids)
        self._rows.enter(block)
        new = set(block.ids).difference(group.members)
        group.members |= new
        self._memberships += len(new)
        layers = self._layers
        for row_id in new:
            layers[row_id] = layers.get(row_id, 0) + 1

    def _change(self, group_id: int, group: Group, block: Block) -> None:
        if group.checked is not block.ids:
            if not group.members.issuperset(block.ids):
                stray = min(set(block.ids) - group.members)
                raise Stray(f"table {self.name!r}, group {group_id}: row {stray} is changed but not in the group")
            group.checked = block.ids
        self._note(block.ids)
        self._rows.change(group_id, block, alone=self._memberships == len(self._layers))

    def _leave(self, group_id: int, group: Group, ids: Iterable[int]) -> None:
        """Rows have left a group; what becomes of them is known at the end of the frame."""
        group.checked = None
        self._rows.settle(group_id)
        layers = self._layers
        for row_id in ids:
            self._memberships -= 1
            layers[row_id] -= 1
            if not layers[row_id]:
                del layers[row_id]
                self._orphans.add(row_id)

    def _end(self, ids: list[int]) -> None:
        """Rows exist no more: out of every group, also those that do not say so, and gone."""
        self._note(ids)
        self.ended.update(ids)
        for group_id, group in self.groups.items():
            lost = group.members.intersection(ids)
            if lost:
                group.members -= lost
                self._leave(group_id, group, lost)
        self._rows.delete(ids)


def _listed(values: Any) -> list[Any]:
    return cast("list[Any]", values if isinstance(values, list) else values.tolist())
