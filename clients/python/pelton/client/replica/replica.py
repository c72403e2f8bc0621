"""The client's copy of a room's state, rebuilt from frames, and proved by digests.

What a frame does, and in which order, is told in protocol/SPEC.md. A frame that does not fit is the server's fault;
what was taken in of it by then leaves the replica readable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pelton.client.errors import ServerFault
from pelton.client.replica.columns import columns_maker
from pelton.client.replica.divergence import Divergence, find_differences
from pelton.client.replica.kinds import read_shapes
from pelton.client.replica.parts import Part, SharedParts, read_hidden
from pelton.client.replica.table import ReplicaTable, Stray

__all__ = ["Applied", "Doubt", "Replica"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A group whose digest is not the server's. `agreed_tick` is when it last was, 0 if never."""

    table: int
    group: int
    agreed_tick: int


@dataclass(slots=True)
class Applied:
    """What a frame's digests told."""

    digests: int = 0
    doubts: list[Doubt] = field(default_factory=list[Doubt])
    """Groups that differ from now on and are to be asked for."""
    differing: int = 0
    """All groups that differ, those asked for before among them."""
    divergences: list[Divergence] = field(default_factory=list[Divergence])


_NOTHING: Final = Applied()


class Replica:
    """A room's tables by name: `state.ships[7].x`; of a record its one row: `state.round.turn`. Right as of `tick`.

    `state["round"]` is the table also of a record. `blind`: what frames say of the state is passed over.
    """

    def __init__(
        self, tables: Sequence[Any], *, light: bool = False, shared: SharedParts | None = None, blind: bool = False
    ) -> None:
        self.tick = 0
        self._blind = blind
        self._shapes = read_shapes(tables)
        self._signature = repr(tables)
        make_store = columns_maker(light=light)
        self._tables = [ReplicaTable(shape, make_store) for shape in self._shapes]
        self._by_name = {table.name: table for table in self._tables}
        self._shared = shared or SharedParts(1)
        self._doubted: dict[tuple[int, int], int] = {}
        """Groups that were asked for, with the tick at which they last agreed."""

    def __getitem__(self, name: str) -> ReplicaTable:
        return self._by_name[name]

    def __getattr__(self, name: str) -> Any:
        table: ReplicaTable | None = self.__dict__.get("_by_name", {}).get(name)
        if table is None:
            raise AttributeError(f"the room has no table {name!r}")
        if not table.is_record:
            return table
        if 0 not in table:
            raise AttributeError(f"the record {name!r} is not in sight")
        return table[0]

    def __iter__(self) -> Iterator[ReplicaTable]:
        return iter(self._tables)

    def apply(self, tick: int, base: int, hidden: Sequence[Any], parts: Sequence[Any]) -> Applied:
        """Take in a frame's state. ServerFault if it does not follow from what is here."""
        if self._blind:
            self.tick = tick
            return _NOTHING
        if base not in (0, self.tick):
            raise ServerFault(f"tick {tick} builds on tick {base}, the replica is at {self.tick}")
        if base and tick <= base:
            raise ServerFault(f"tick {tick} does not come after tick {base}, on which it builds")
        try:
            read = self._shared.read(parts, self._shapes, self._signature)
            unseen = read_hidden(hidden, self._shapes)
            return self._apply(tick, unseen, read, is_keyframe=base == 0)
        except (ServerFault, Stray) as fault:
            raise ServerFault(f"tick {tick} does not fit the replica: {fault}") from fault

    def forget_doubt(self, doubt: Doubt) -> None:
        """The group could not be asked for; the next digest will tell again."""
        self._doubted.pop((doubt.table, doubt.group), None)

    def close(self) -> None:
        """No more frames come: streams of events end."""
        for table in self._tables:
            table.close()

    def _apply(self, tick: int, hidden: list[tuple[int, int]], parts: Sequence[Part], *, is_keyframe: bool) -> Applied:
        tables = self._tables
        before = self._doubted_rows(parts, is_keyframe=is_keyframe) if self._doubted else {}
        for table in tables:
            table.begin()
        if is_keyframe:
            hidden = [(index, group) for index, table in enumerate(tables) for group in table.groups]
        for index, group in hidden:
            self._doubted.pop((index, group), None)
            tables[index].forget(group)
        for part in parts:
            if part.takes_out:
                tables[part.table].take_out(part)
        for part in parts:
            tables[part.table].put_in(part, tick)
        for table in tables:
            table.end(tick)
        self.tick = tick
        applied = Applied()
        if before:
            applied.divergences = self._divergences(before)
        for part in parts:
            if part.digest is not None:
                self._compare(part, applied)
        return applied

    def _doubted_rows(self, parts: Sequence[Part], *, is_keyframe: bool) -> dict[tuple[int, int], tuple[int, Any]]:
        """Of each group in doubt that comes whole: when it last agreed, and its rows as they are here."""
        coming = [(part.table, part.group) for part in parts if part.whole or is_keyframe]
        doubted = {place: self._doubted.pop(place) for place in coming if place in self._doubted}
        if is_keyframe:
            self._doubted = {}
        return {place: (agreed, self._tables[place[0]].members(place[1])) for place, agreed in doubted.items()}

    def _divergences(self, before: dict[tuple[int, int], tuple[int, Any]]) -> list[Divergence]:
        found: list[Divergence] = []
        for (index, group), (agreed_tick, mine) in before.items():
            table = self._tables[index]
            paths = find_differences(table.name, mine, table.members(group), is_record=table.is_record)
            found.append(Divergence(table.name, group, paths, agreed_tick, self.tick))
        return found

    def _compare(self, part: Part, applied: Applied) -> None:
        """Check a group's digest. A group that differs as soon as it came whole is not asked for again at once."""
        table = self._tables[part.table]
        group = table.groups.get(part.group)
        applied.digests += 1
        if table.digest(part.group) == part.digest:
            if group is not None:
                group.agreed_tick = self.tick
            return
        applied.differing += 1
        place = (part.table, part.group)
        if place in self._doubted or group is None or group.whole_tick == self.tick:
            return
        self._doubted[place] = group.agreed_tick
        applied.doubts.append(Doubt(part.table, part.group, group.agreed_tick))
