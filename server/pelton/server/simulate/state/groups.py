"""Who sees which rows. Every row of a table is in a group, every player sees some groups: that is all there is to it.

    ships = Table(Ship, groups=Grid("x", "y", cell=256, reach=1))    # what is near one's own ship
    orders = Table(Order, groups=Team("team"))                       # what one's own team has
    cards = Table(Card, groups=OwnerOnly("player"))                  # one's own, and nobody else's
    clues = Table(Clue, groups=By(lambda clue: clue.room, lambda player: player_rooms[player.id]))

What a player does not see is never sent to him. Groups are declarations and keep nothing of a room.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from pelton.server.simulate.errors import CallbackError, GameError
from pelton.server.simulate.state.columns import Array, Column
from pelton.server.simulate.state.row import Row

if TYPE_CHECKING:
    from pelton.server.simulate.seat import Player
    from pelton.server.simulate.state.table import Table

__all__ = ["By", "Everyone", "Groups", "Keys", "OwnerOnly", "Team"]

Keys: TypeAlias = "Array | list[Any]"
"""The key of each row's group: an array of int64, or a list of anything that can be a key; None is in no group."""


class Groups:
    """Base of all rules. A subclass says which group a row is in and which groups a player sees, by keys."""

    every = 1
    """Groups that are far are told of changes every so many ticks."""
    follow = ""
    """The table whose row of the player's decides what he sees; this very table if it is empty."""
    eye_is_fixed = False
    """Whether a player's eye never changes."""

    is_for_all = False
    """Whether all players see the same: `seen_from(None)`."""

    def check(self, row: type[Row]) -> None:
        """GameError if the rule does not fit rows of this type."""

    def keys(self, table: Table[Any], slots: Array) -> Keys:
        """The keys of the groups that the rows in these slots are in."""
        raise NotImplementedError

    def eye(self, player: Player, followed: Table[Any]) -> Hashable:
        """What decides what the player sees; None if nothing does, and he sees what he saw before."""
        raise NotImplementedError

    def seen_from(self, eye: Any) -> tuple[Iterable[Hashable], Iterable[Hashable]]:
        """The keys that an eye sees: near, and far."""
        return (eye,), ()

    def eye_is_key_of(self, other: Groups) -> bool:
        """Whether a player's eye is the key of his own row by the other rule, so that it is known already."""
        return False


class Everyone(Groups):
    """Everybody sees every row."""

    is_for_all = True

    def keys(self, table: Table[Any], slots: Array) -> Keys:
        return np.zeros(len(slots), "i8")

    def seen_from(self, eye: Any) -> tuple[Iterable[Hashable], Iterable[Hashable]]:
        return (0,), ()


class OwnerOnly(Groups):
    """A row is seen by the player whose id is in its column `field`, and by nobody else."""

    eye_is_fixed = True

    def __init__(self, field: str) -> None:
        self.field = field

    def check(self, row: type[Row]) -> None:
        column_of(row, self.field, "iu")

    def keys(self, table: Table[Any], slots: Array) -> Keys:
        return table.cells.array(column_of(table.row_type, self.field).index)[slots].astype("i8")

    def eye(self, player: Player, followed: Table[Any]) -> Hashable:
        return player.id


class Team(Groups):
    """A row is seen by those whose own row, in the table `follow`, has the same value in a column of this name.

    A player's own row is the one of his id, or of `player.focus`. Who has none, and never had, sees nothing.
    """

    def __init__(self, field: str, *, follow: str = "") -> None:
        self.field = field
        self.follow = follow

    def check(self, row: type[Row]) -> None:
        column_of(row, self.field)

    def keys(self, table: Table[Any], slots: Array) -> Keys:
        values = table.cells.views[column_of(table.row_type, self.field).index]
        return [values[slot] for slot in slots.tolist()]

    def eye_is_key_of(self, other: Groups) -> bool:
        return isinstance(other, Team) and other.field == self.field

    def eye(self, player: Player, followed: Table[Any]) -> Hashable:
        row = followed.get(player.focus)
        if row is None:
            return None
        team: Hashable = row.cells.views[column_of(followed.row_type, self.field).index][row.slot]
        return team


class By(Groups):
    """A game's own rule: `group(row)` is the key of a row's group, `sees(player)` are the keys that he sees.

    `group` is asked when a column of the row has changed, or after `table.touch(row.id)`; None hides it from all.
    `sees` is asked every tick for every player: let it be cheap. Neither may have effects.
    """

    def __init__(
        self, group: Callable[[Any], Hashable], sees: Callable[[Player], Iterable[Hashable]], *, follow: str = ""
    ) -> None:
        self.group = group
        self.sees = sees
        self.follow = follow

    def keys(self, table: Table[Any], slots: Array) -> Keys:
        try:
            return [self.group(table.row_at(slot)) for slot in slots.tolist()]
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise CallbackError("By.group") from error

    def eye(self, player: Player, followed: Table[Any]) -> Hashable:
        try:
            return tuple(self.sees(player))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise CallbackError("By.sees") from error

    def seen_from(self, eye: Sequence[Hashable]) -> tuple[Iterable[Hashable], Iterable[Hashable]]:
        return eye, ()


def column_of(row: type[Row], field: str, kinds: str = "") -> Column[Any]:
    """The column of this name; `kinds` of numpy types that it may have. GameError if there is none."""
    for column in row.columns:
        if column.name == field:
            if kinds and np.dtype(column.stored or "O").kind not in kinds:
                raise GameError(f"{row.__name__}.{field}: groups need a column of whole numbers here")
            return column
    raise GameError(f"{row.__name__} has no column {field!r} for its groups")
