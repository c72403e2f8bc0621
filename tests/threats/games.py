"""Games for attacks: one with a large state, some that count, and one that logs what it is told."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Annotated

from pelton.server import F32, U32, Action, Bounds, Played, Player, Room, Row, Table, Tick

ROWS = 500
log = logging.getLogger(__name__)


class Drop(Row):
    """Changes with every tick."""

    x = F32()
    y = F32()


class Tide(Room):
    """Some 4 kB for everybody, twenty times a second."""

    tick_hz = 20
    seats = 200
    drops = Table(Drop)

    def on_create(self) -> None:
        for number in range(ROWS):
            self.drops.add(number)

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        self.drops.x[...] = tick.number % 1000
        self.drops.y[...] = tick.number % 77


class Add(Action):
    """Add to one's own total."""

    amount: Annotated[int, Bounds(0, 100)]


class Score(Row):
    """Of one player."""

    total = U32()


class Tally(Room):
    """Everybody counts for himself."""

    tick_hz = 20
    seats = 64
    actions = Add
    scores = Table(Score)

    def on_join(self, player: Player) -> None:
        self.scores.add(player.id)

    def on_leave(self, player: Player) -> None:
        self.scores.remove(player.id)

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        for player, action in actions:
            self.scores[player.id].total += action.amount


class Brittle(Tally):
    """Fails with the first action."""

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        for player, _ in actions:
            raise ValueError(player.name)


class Crier(Tally):
    """Logs what its players say of themselves, as a game may."""

    def on_join(self, player: Player) -> None:
        super().on_join(player)
        log.warning("%s is here, with %s", player.name, dict(player.options), extra={"player": player.name})


class Ledger(Tally):
    """The same for very many, who are in no hurry."""

    tick_hz = 10
    seats = 32
