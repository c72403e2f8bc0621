"""The measured game: dots that move, by the same rules as in floor.c and naive_server.py.

Pelton serves it as `games.bench=bench_game:Bench`; this folder has to be on the Python path.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pelton.server import U16, U32, Action, Bounds, Player, Room, Row, Table, Tick

WORLD = 40000  # positions start in the middle and take 3 bytes on the wire
SEQ_FIRST = 100_000  # takes 5 bytes from the first action to the last


class Move(Action):
    """A step."""

    dx: Annotated[int, Bounds(-1000, 1000)]
    dy: Annotated[int, Bounds(-1000, 1000)]


class Dot(Row):
    """A player: where it is, and how many actions it made."""

    x = U16()
    y = U16()
    seq = U32()


class Bench(Room):
    """Everybody sees everybody."""

    tick_hz = 20
    seats = 2000
    actions = Move
    dots = Table(Dot)

    def on_join(self, player: Player) -> None:
        """Put the player in the middle."""
        self.dots.add(player.id, x=WORLD // 2, y=WORLD // 2, seq=SEQ_FIRST)

    def on_leave(self, player: Player) -> None:
        """Take the player out."""
        self.dots.remove(player.id)

    def on_tick(self, tick: Tick, actions: Iterable[tuple[Player, Move]]) -> None:
        """Move everybody who acted."""
        for player, move in actions:
            dot = self.dots[player.id]
            dot.x = max(0, min(WORLD, dot.x + move.dx))
            dot.y = max(0, min(WORLD, dot.y + move.dy))
            dot.seq += 1


class Sink(Bench):
    """Nearly nothing to deliver: shows what an action alone costs."""

    tick_hz = 1
