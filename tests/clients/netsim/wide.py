"""A game whose frames are long: everything changes in every tick."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pelton.server import U32, Action, Bounds, Played, Player, Record, Room, Row, Str, Table, Tick

TILES = 64
WIDE_BYTES = 120


class Touch(Action):
    """Does nothing, but is answered."""

    place: Annotated[int, Bounds(0, TILES)]


class Tile(Row):
    text = Str(WIDE_BYTES)


class Wall(Row):
    turn = U32()


class Wide(Room):
    """Some 8 kB a tick."""

    tick_hz: ClassVar[float] = 100
    seats = 4
    actions = Touch
    tiles = Table(Tile)
    wall = Record(Wall)

    def on_join(self, player: Player) -> None:
        """Nobody owns anything."""

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        for _ in actions:
            """Taken, so acknowledged."""
        if not len(self.tiles):
            for place in range(1, TILES + 1):
                self.tiles.add(place)
        self.wall.turn = tick.number
        for tile in self.tiles:
            tile.text = f"{tick.number} ".ljust(WIDE_BYTES, "x")
