"""Games for simulations, some with a fault planted in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pelton.server import U32, Action, Bounds, Played, Player, Room, Row, Size, Table, Tick

COINS = 100
BEHIND_TICKS = 8


class Take(Action):
    """Take a coin from the pot."""


class Nod(Action):
    """Do nothing of consequence."""

    depth: Annotated[int, Bounds(0, 9)]
    word: Annotated[str, Size(8)]


class Purse(Row):
    """What a player has."""

    coins = U32()


class Bank(Room):
    """Coins go from the pot to purses and back. Their number should never change, and nearly never does.

    The race that is planted: somebody leaves whose last action came from a stalled view, in a tick in which two
    others take a coin. Then both of them inherit what he had.
    """

    seats = 16
    actions = Take | Nod
    purses = Table(Purse)

    def on_create(self) -> None:
        self.pot = COINS
        self.took: list[int] = []
        self.behind: set[int] = set()

    def on_join(self, player: Player) -> None:
        self.purses.add(player.id, coins=0)

    def on_leave(self, player: Player) -> None:
        coins = self.purses[player.id].coins
        self.purses.remove(player.id)
        heirs = [heir for heir in self.took if heir != player.id]
        if player.id in self.behind and len(heirs) == 2:
            for heir in heirs:
                self.purses[heir].coins += coins
        else:
            self.pot += coins

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        self.took = []
        for player, action in actions:
            if tick.number - player.seen_tick > BEHIND_TICKS:
                self.behind.add(player.id)
            else:
                self.behind.discard(player.id)
            if isinstance(action, Take) and self.pot and player.id not in self.took:
                self.pot -= 1
                self.purses[player.id].coins += 1
                self.took.append(player.id)


def conserved(room: Bank) -> None:
    """No coin is made and none is lost."""
    coins = room.pot + sum(purse.coins for purse in room.purses)
    assert coins == COINS, f"{coins} coins instead of {COINS}"


class Fragile(Bank):
    """Breaks when somebody nods deeply."""

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        for _, action in actions:
            if isinstance(action, Nod) and action.depth == 9:
                raise RuntimeError("a neck is only so long")


class Deaf(Bank):
    """Never takes an action: none is ever answered, unless it may grow too old."""

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        """Nothing, not even listening."""
