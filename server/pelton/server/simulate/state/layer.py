"""Which row is in which group by one rule, since when, and who left which group when.

Groups have numbers, given out as they are first heard of. All of it is kept up by what changed, never by a look at
everything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pelton.server.simulate.errors import GameError
from pelton.server.simulate.state.cells import Cells
from pelton.server.simulate.state.columns import Array

if TYPE_CHECKING:
    from pelton.server.simulate.seat import Player
    from pelton.server.simulate.state.groups import Groups
    from pelton.server.simulate.state.table import Table

__all__ = ["NOWHERE", "Departure", "Layer", "View"]

VIEWS_MAX = 4096
MANY_ROWS = 256
"""A group of so many rows is found by looking at all rows of the table, a smaller one row by row."""


class Departure(NamedTuple):
    """A row that is in a group no longer."""

    row_id: int
    group: int
    entered: int
    """The tick in which it had come."""
    is_gone: bool
    """The row was removed, it did not only move."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The groups that somebody sees. Those who see the same have the same object."""

    near: tuple[int, ...]
    far: tuple[int, ...]


NOWHERE = View((), ())


class Layer:
    """One rule of one table, in one room."""

    def __init__(self, cells: Cells, spec: Groups, next_group: Callable[[], int]) -> None:
        self.spec = spec
        self.cells = cells
        self.groups = cells.lane("i4")
        """By slot the number of the row's group; -1 for none."""
        self.entered = cells.lane("i8")
        """By slot the tick in which the row came into its group."""
        self.members: dict[int, set[int]] = {}
        """The ids of the rows in each group; groups that were ever heard of."""
        self.moved: set[int] = set()
        """The ids of the rows that came into another group in the last tick."""
        self.table: Table[Any]
        self._keys = cells.lane("i8")
        self._followed: Table[Any]
        self._eyes: Layer | None = None
        """The layer whose keys are what the players see from."""
        self._only_view: View | None = None
        self._next_group = next_group
        self._keys_are_objects = False
        self._numbers: dict[Hashable, int] = {}
        self._views: dict[Hashable, View] = {}
        self._slots: dict[int, Array] = {}
        self._sorted: Array | None = None
        self._leaving: list[Departure] = []
        self._log: deque[tuple[int, list[Departure]]] = deque()

    def bind(self, table: Table[Any], tables: Mapping[str, Table[Any]]) -> None:
        """Tell the layer its table, and the one that it follows."""
        follow = self.spec.follow
        if follow and follow not in tables:
            raise GameError(f"{table.table_name}: its groups follow {follow!r}, but the room has no such table")
        if follow:
            self.spec.check(tables[follow].row_type)
        self.table = table
        self._only_view = self._view(None) if self.spec.is_for_all else None
        self._followed = tables[follow] if follow else table
        self._eyes = next((one for one in self._followed.layers if self.spec.eye_is_key_of(one.spec)), None)

    def added(self, slot: int) -> None:
        """A new row; its group is found when the tick is over."""
        self.groups.view[slot] = -1

    def removed(self, slot: int) -> None:
        """A row goes; its slot still holds it."""
        self._unsettle()
        self._leave(slot, is_gone=True)

    def commit(self, tick: int, slots: Array) -> None:
        """The tick is over: find the groups of the rows that changed in it."""
        self.moved = set()
        if len(slots):
            moves = self._moves(slots)
            if moves:
                self._unsettle()
            for slot, group in moves:
                self._leave(slot, is_gone=False)
                self.groups.view[slot] = group
                self.entered.view[slot] = tick
                row_id = self.cells.ids.view[slot]
                self.moved.add(row_id)
                if group >= 0:
                    self.members[group].add(row_id)
        if self._leaving:
            self._log.append((tick, self._leaving))
            self._leaving = []

    def forget(self, before: int) -> None:
        """Nobody will ask for departures of ticks before this one any more."""
        while self._log and self._log[0][0] < before:
            self._log.popleft()

    def departures(self, since: int) -> Iterator[Departure]:
        """Who left a group after the tick `since` and had been in it by then."""
        for tick, departures in reversed(self._log):
            if tick <= since:
                return
            yield from (departure for departure in departures if departure.entered <= since)

    def view_of(self, player: Player, before: View) -> View:
        """What the player sees; `before`, if nothing decides that at the moment."""
        if self._only_view is not None:
            return self._only_view
        eye = self.spec.eye(player, self._followed) if self._eyes is None else self._eyes.key_of(player.focus)
        if eye is None:
            return before
        view = self._views.get(eye)
        return self._view(eye) if view is None else view

    @property
    def stirred(self) -> set[int] | None:
        """The rows that see from elsewhere since the last tick; None if that cannot be said, and all must be asked."""
        if self._only_view is not None or self.spec.eye_is_fixed:
            return set()
        return None if self._eyes is None else self._eyes.moved

    def key_of(self, row_id: int) -> Hashable:
        """The key of a row's group; None if there is no such row."""
        row = self.table.get(row_id)
        if row is None:
            return None
        key: Any = self._keys.view[row.slot]
        if self._keys_are_objects:
            key = self.spec.keys(self.table, np.array([row.slot]))[0]
        found: Hashable = key
        return found

    def name_of(self, group: int) -> str:
        """The key of a group, for people."""
        return next((repr(key) for key, number in self._numbers.items() if number == group), "?")

    def keys(self, first: int, limit: int) -> Iterator[tuple[Hashable, int]]:
        """Groups by key and number, in the order in which they were first heard of: at most `limit`, from one on."""
        return islice(self._numbers.items(), max(first, 0), max(first, 0) + max(limit, 0))

    def _unsettle(self) -> None:
        """Rows are not where they were."""
        self._slots.clear()
        self._sorted = None

    def _view(self, eye: Hashable) -> View:
        near, far = (tuple(dict.fromkeys(map(self._number, keys))) for keys in self.spec.seen_from(eye))
        if len(self._views) >= VIEWS_MAX:  # eyes of a game's own rule may be any number
            del self._views[next(iter(self._views))]
        view = self._views[eye] = View(near, far)
        return view

    def _moves(self, slots: Array) -> list[tuple[int, int]]:
        """The slots whose row is in another group than before, and that group."""
        keys = self.spec.keys(self.table, slots)
        self._keys_are_objects = isinstance(keys, list)
        if not isinstance(keys, list):
            moved = (self.groups.array[slots] < 0) | (self._keys.array[slots] != keys)
            slots, keys = slots[moved], keys[moved]
            self._keys.array[slots] = keys
            return list(zip(slots.tolist(), map(self._number, keys.tolist()), strict=True))
        numbers = [-1 if key is None else self._number(key) for key in keys]
        before = self.groups.array[slots].tolist()
        return [
            (slot, number) for slot, number, old in zip(slots.tolist(), numbers, before, strict=True) if number != old
        ]

    def _leave(self, slot: int, *, is_gone: bool) -> None:
        group = self.groups.view[slot]
        if group >= 0:
            row_id = self.cells.ids.view[slot]
            self.members[group].discard(row_id)
            self._leaving.append(Departure(row_id, group, self.entered.view[slot], is_gone))

    def _number(self, key: Hashable) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._next_group()
            self.members[number] = set()
        return number

    def slots_in(self, group: int) -> Array:
        """Where the rows of a group are, in the order of their ids."""
        found = self._slots.get(group)
        if found is None:
            members = self.members.get(group, ())
            if len(members) < MANY_ROWS:
                found = self.table.slots_of(sorted(members))
            else:
                found = np.flatnonzero(self.groups.array[: self.cells.size] == group)
                found = found[np.argsort(self.cells.ids.array[found], kind="stable")]
            self._slots[group] = found
        return found

    def slots_by_group(self) -> Array:
        """Where all rows are that are in a group, by group and within it in the order of their ids."""
        if self._sorted is None:
            groups = self.groups.array[: self.cells.size]
            order = np.lexsort((self.cells.ids.array[: self.cells.size], groups))
            self._sorted = order[np.searchsorted(groups[order], 0) :]
        return self._sorted
