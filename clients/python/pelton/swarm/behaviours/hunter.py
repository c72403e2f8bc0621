"""For the arena: looks around and goes for the nearest other ship. Costs more than a wanderer, as it looks."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator

from pelton.client import Action, Replica
from pelton.swarm.behaviour import bot
from pelton.swarm.me import Me

__all__ = ["aim", "hunter"]

WORLD = 4096.0
"""The arena is a torus this wide and this high; a client is not told, a player knows."""
TURN_RATE = 3.5
"""Radians a second at full rudder."""
LOOK_EVERY = 4
"""Ticks between two looks around; in between it goes for the same ship."""
REACH, WIDTH = 500.0, 0.15
"""It shoots at what is nearer than this and within so many radians of its nose."""
LAZY_TURN = 0.3


@bot
async def hunter(me: Me) -> AsyncGenerator[Action, None]:
    """Steer towards the nearest ship in sight and shoot when it is ahead; fly in a wide circle while there is none."""
    prey: int | None = None
    side = me.random.choice((-LAZY_TURN, LAZY_TURN))
    async for frame in me.frames():
        own = me.state.ships.get(me.player_id)
        if own is None or own.respawn:
            continue  # the arena refuses what a ship does that is not back yet
        if frame.tick % LOOK_EVERY == me.number % LOOK_EVERY or prey not in me.state.ships:
            prey = _nearest(me.state, own.x, own.y, me.player_id)
        target = None if prey is None else me.state.ships.get(prey)
        if target is None:
            yield Action("steer", turn=side, thrust=1.0)
            continue
        bearing, distance = aim(own.x, own.y, own.angle, target.x, target.y)
        turn = max(-1.0, min(1.0, bearing * me.room.tick_hz / TURN_RATE))
        yield Action("steer", turn=turn, thrust=1.0)
        if distance < REACH and abs(bearing) < WIDTH:
            yield Action("shoot")


def aim(x: float, y: float, angle: float, to_x: float, to_y: float) -> tuple[float, float]:
    """How far to turn, in radians from -pi to pi, and how far away it is, the short way round the world."""
    dx, dy = _around(to_x - x), _around(to_y - y)
    return math.remainder(math.atan2(dy, dx) - angle, math.tau), math.hypot(dx, dy)


def _nearest(state: Replica, x: float, y: float, own: int) -> int | None:
    """The nearest ship in sight that flies, by columns: a row of each would cost ten times as much."""
    ships = state.ships
    flying = zip(ships.ids, ships.column("x"), ships.column("y"), ships.column("respawn"), strict=True)
    found, least = None, math.inf
    for ship, ship_x, ship_y, respawn in flying:
        distance = _around(ship_x - x) ** 2 + _around(ship_y - y) ** 2
        if distance < least and ship != own and not respawn:
            found, least = int(ship), distance
    return found


def _around(difference: float) -> float:
    """The short way round."""
    return (difference + WORLD / 2) % WORLD - WORLD / 2
