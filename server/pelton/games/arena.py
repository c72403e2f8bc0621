"""Arena: ships on a torus that steer, shoot and score. The sample game, to be read from top to bottom.

What players can do is an Action, what they can see is a Row of a Table, what happens is told in on_tick.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated

from pelton.server import (
    U16,
    U32,
    Action,
    Bounds,
    Grid,
    Played,
    Player,
    Quant,
    Room,
    Row,
    Size,
    Str,
    Stream,
    Table,
    Tick,
)

WORLD = 4096.0  # the torus is this wide and this high, in units
TURN_RATE = 3.5  # radians a second at full rudder
THRUST, DRAG = 260.0, 0.6  # units a second each second; share of its speed that a ship loses in a second
SHOT_SPEED = 700.0  # units a second
SHOT_TICKS = 24  # how long a shot flies
RELOAD_TICKS, RESPAWN_TICKS = 6, 30
REACH = 18.0  # a shot hits a ship that is nearer than this
CELL = 64  # ships are looked up by squares of this size
SIGHT = 512  # a player sees the square of this size that he is in, and those around it


class Steer(Action):
    """Set rudder and thrust; they stay as they are until set again."""

    turn: Annotated[float, Bounds(-1, 1)]
    thrust: Annotated[float, Bounds(0, 1)]


class Shoot(Action):
    """Fire along the ship's nose, if the gun is loaded."""


class Rename(Action):
    """Fly under another name."""

    name: Annotated[str, Size(16, low=1)]


class Ship(Row):
    """A player's ship."""

    x = Quant(0, WORLD, 1 / 8)
    y = Quant(0, WORLD, 1 / 8)
    angle = Quant(-3.2, 3.2, 1 / 100)
    respawn = U16()  # ticks until the ship is back; 0 while it flies

    # Attributes that are not columns stay on the server.
    vx = vy = turn = thrust = 0.0
    loaded_at = 0


class Pilot(Row):
    """A line of the score board."""

    name = Str(16)
    score = U32()


class Shot(Row):
    """Where and when a shot was fired. Clients fly it by themselves, so the row never changes."""

    x = Quant(0, WORLD, 1 / 8)
    y = Quant(0, WORLD, 1 / 8)
    angle = Quant(-3.2, 3.2, 1 / 100)
    fired = U32()  # the tick

    owner = 0


class Arena(Room):
    """Everybody against everybody."""

    tick_hz = 20
    seats = 200
    actions = Steer | Shoot | Rename
    ships = Table(Ship, groups=Grid("x", "y", cell=SIGHT, wrap=(WORLD, WORLD)))
    shots = Table(Shot, groups=Grid("x", "y", cell=SIGHT, wrap=(WORLD, WORLD), follow="ships"))
    pilots = Table(Pilot)
    shots_fired = 0

    def on_join(self, player: Player) -> None:
        self.pilots.add(player.id, name=player.name[:16])
        self.place(self.ships.add(player.id))

    def on_leave(self, player: Player) -> None:
        self.pilots.remove(player.id)
        self.ships.remove(player.id)

    def pipeline(self, actions: Stream[Played]) -> Stream[Played]:
        """Who waits for the respawn cannot act; his client is told so for every action."""
        return actions.filter(lambda played: not self.ships[played[0].id].respawn)

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        for player, action in actions:
            self.obey(self.ships[player.id], action, tick)
        targets: defaultdict[tuple[int, int], list[Ship]] = defaultdict(list)
        for ship in self.ships:
            self.fly(ship, tick.dt)
            for square in squares(ship):
                targets[square].append(ship)
        for shot in list(self.shots):
            self.advance(shot, tick, targets)

    def obey(self, ship: Ship, action: Steer | Shoot | Rename, tick: Tick) -> None:
        match action:
            case Steer():
                ship.turn, ship.thrust = action.turn, action.thrust
            case Rename():
                self.pilots[ship.id].name = action.name
            case Shoot():
                if tick.number >= ship.loaded_at:
                    ship.loaded_at = tick.number + RELOAD_TICKS
                    self.shots_fired += 1
                    shot = self.shots.add(self.shots_fired, x=ship.x, y=ship.y, angle=ship.angle, fired=tick.number)
                    shot.owner = ship.id

    def fly(self, ship: Ship, dt: float) -> None:
        if ship.respawn:
            ship.respawn -= 1
            return
        ship.angle = math.remainder(ship.angle + ship.turn * TURN_RATE * dt, math.tau)
        angle = ship.angle  # as the column holds it
        ship.vx += (math.cos(angle) * ship.thrust * THRUST - ship.vx * DRAG) * dt
        ship.vy += (math.sin(angle) * ship.thrust * THRUST - ship.vy * DRAG) * dt
        ship.x = (ship.x + ship.vx * dt) % WORLD
        ship.y = (ship.y + ship.vy * dt) % WORLD

    def advance(self, shot: Shot, tick: Tick, targets: dict[tuple[int, int], list[Ship]]) -> None:
        age = tick.number - shot.fired
        way = SHOT_SPEED * age * tick.dt
        x, y = (shot.x + math.cos(shot.angle) * way) % WORLD, (shot.y + math.sin(shot.angle) * way) % WORLD
        for ship in targets.get((int(x // CELL), int(y // CELL)), ()):
            if ship.id != shot.owner and not ship.respawn and math.dist((x, y), (ship.x, ship.y)) < REACH:
                self.hit(ship, shot.owner)
                age = SHOT_TICKS
                break
        if age >= SHOT_TICKS:
            self.shots.remove(shot.id)

    def hit(self, ship: Ship, by: int) -> None:
        if by in self.pilots:  # the shooter may have left meanwhile
            self.pilots[by].score += 1
        ship.respawn = RESPAWN_TICKS
        self.place(ship)

    def place(self, ship: Ship) -> None:
        ship.x, ship.y = self.random.uniform(0, WORLD), self.random.uniform(0, WORLD)
        ship.angle = self.random.uniform(-math.pi, math.pi)
        ship.vx = ship.vy = 0.0


def squares(ship: Ship) -> set[tuple[int, int]]:
    """The squares from which a shot could reach the ship: one, two or four."""
    x, y = ship.x, ship.y
    columns = {int((x - REACH) // CELL), int((x + REACH) // CELL)}
    rows = {int((y - REACH) // CELL), int((y + REACH) // CELL)}
    return {(column, row) for column in columns for row in rows}
