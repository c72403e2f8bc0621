"""The measured rooms, as a game's author would write them: everything moves, or nearly nothing does.

Imported by the benchmark and by the server that it starts. What happens depends on seed and actions only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, ClassVar

import numpy as np

from pelton.server import U8, Action, Bounds, Grid, Player, Quant, Room, Row, Str, Table, Tick

WORLD = 3072.0
CELL = 256.0  # with 1,000 ships the nine cells that a player sees hold about 62
STEP = 10.0
TURN = 0.1
HIT_SHARE = 0.02  # of the ships, every tick
MOVES = 20  # crates, every tick


class Move(Action):
    """Head this way."""

    dx: Annotated[int, Bounds(-1000, 1000)]
    dy: Annotated[int, Bounds(-1000, 1000)]


class Look(Action):
    """See through another ship from now on."""

    ship: Annotated[int, Bounds(0, 1_000_000)]


class Ship(Row):
    """Where it is, where it goes, how it is, and a name that never changes."""

    x = Quant(0, WORLD, 1 / 8)
    y = Quant(0, WORLD, 1 / 8)
    angle = Quant(-3.2, 3.2, 1 / 100)
    hp = U8(255)
    name = Str(16)


class Open(Room):
    """Everybody sees everybody, and all of them move in every tick."""

    tick_hz = 20
    seats = 2000
    actions = Move | Look
    ships = Table(Ship)
    drones: ClassVar[int] = 0
    """Ships that nobody steers."""

    def on_create(self) -> None:
        """Put the drones in; a numpy generator of the room's own seed moves everything."""
        self.noise = np.random.default_rng(self.random.getrandbits(64))
        for number in range(self.drones):
            self._launch(10_001 + number, "drone")

    def on_join(self, player: Player) -> None:
        """Put the player somewhere."""
        self._launch(player.id, player.name)

    def on_leave(self, player: Player) -> None:
        """Take the player out."""
        self.ships.remove(player.id)

    def on_tick(self, tick: Tick, actions: Iterable[tuple[Player, Move | Look]]) -> None:
        """Turn who was steered, then move all."""
        for player, action in actions:
            if isinstance(action, Move):
                self.ships[player.id].angle = math.atan2(action.dy, action.dx)
            else:
                player.focus = action.ship
        self._fly()

    def _launch(self, ship: int, name: str) -> None:
        self.ships.add(
            ship,
            x=self.random.uniform(0, WORLD),
            y=self.random.uniform(0, WORLD),
            angle=self.random.uniform(-math.pi, math.pi),
            name=name,
        )

    def _fly(self) -> None:
        ships, noise, count = self.ships, self.noise, len(self.ships)
        angle = ships.angle[...] + noise.uniform(-TURN, TURN, count)
        ships.angle[...] = (angle + math.pi) % (2 * math.pi) - math.pi
        ships.x[...] = (ships.x[...] + STEP * np.cos(angle)) % WORLD
        ships.y[...] = (ships.y[...] + STEP * np.sin(angle)) % WORLD
        hit = noise.random(count) < HIT_SHARE
        ships.hp[hit] = noise.integers(1, 256, int(hit.sum()))


class Field(Open):
    """The same on a grid: a player sees the ships in the nine cells around his own."""

    ships = Table(Ship, groups=Grid("x", "y", cell=CELL, reach=1, wrap=(WORLD, WORLD)))


class Fleet(Field):
    """As crowded as a field of 1,000 players, with 200 of them."""

    drones = 800


class Store(Room):
    """Many rows that everybody sees, of which a few change in a tick."""

    tick_hz = 20
    seats = 2000
    actions = Move
    crates = Table(Ship)
    rows: ClassVar[int] = 10_000

    def on_create(self) -> None:
        """Fill it."""
        for number in range(self.rows):
            x, y = self.random.uniform(0, WORLD), self.random.uniform(0, WORLD)
            self.crates.add(number, x=x, y=y, name=f"crate {number}")

    def on_tick(self, tick: Tick, actions: Iterable[tuple[Player, Move]]) -> None:
        """Move a few; what players do has no effect here, so that it is always as many."""
        for _ in actions:
            pass
        for _ in range(MOVES):
            crate = self.crates[self.random.randrange(self.rows)]
            crate.x, crate.y = (crate.x + 1) % WORLD, (crate.y + 2) % WORLD


class SmallStore(Store):
    """A tenth of it."""

    rows = 1_000


class LargeStore(Store):
    """Ten times as much."""

    rows = 100_000
