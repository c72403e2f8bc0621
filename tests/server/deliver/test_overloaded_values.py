"""While the server sheds and takes up again at random: near rows are exact in each frame, far ones when due."""

from __future__ import annotations

from random import Random

import pytest

from pelton.server import U32, Grid, Quant, Room, Row, Table
from pelton.server.deliver.fanout import Fanout
from pelton.server.overload.state import Overload
from tests.server.deliver.show import Show
from tests.server.fakes import new_seat, session_of, settings
from tests.server.replication.replica import Replica

CELL, CELLS, REACH, FAR, EVERY = 10, 12, 1, 4, 3
PLAYERS, DOTS, TICKS = 3, 30, 300


class Dot(Row):
    x = Quant(0, CELL * CELLS, 1)
    y = Quant(0, CELL * CELLS, 1)
    hits = U32()


class Field(Room):
    seats = PLAYERS
    dots = Table(Dot, groups=Grid("x", "y", cell=CELL, reach=REACH, far=FAR, every=EVERY))


def distance(one: Dot, other: Dot) -> int:
    """In cells."""
    return int(max(abs(one.x // CELL - other.x // CELL), abs(one.y // CELL - other.y // CELL)))


@pytest.mark.parametrize("seed", range(12))
def test_what_a_client_has_is_what_there_is(seed: int) -> None:
    dice, overload = Random(seed), Overload()
    seats = [new_seat(number) for number in range(1, PLAYERS + 1)]
    show = Show(Field, *seats)
    show.fanout = Fanout(settings("deliver.digest_interval_ticks=6").deliver, show.metrics, overload)
    dots = show.room.dots
    for number in range(1, DOTS + 1):
        dots.add(number, x=dice.randrange(CELL * CELLS), y=dice.randrange(CELL * CELLS))
    replicas: list[Replica] = []
    frames = late = far = 0
    for tick in range(1, TICKS + 1):
        if dice.random() < 0.05:
            overload.is_thin, overload.far_factor = dice.choice([(False, 1), (False, 2), (True, 2)])
        for dot in dots:
            dot.hits += dice.random() < 0.5
            if dice.random() < 0.1:
                dot.x = min(max(dot.x + dice.randint(-6, 6), 0), CELL * CELLS - 1)
        show.tick()
        replicas = replicas or [Replica(session_of(seat).cards[0].tables) for seat in seats]
        for seat, replica in zip(seats, replicas, strict=True):
            frame = session_of(seat).frames[-1]
            if frame.tick != tick:
                continue
            replica.apply(frame)  # checks the digests
            frames += 1
            own = dots[seat.player.id]
            seen = {dot.id: dot for dot in dots if distance(own, dot) <= FAR}
            assert replica.rows[0].keys() == seen.keys()
            for row_id, dot in seen.items():
                is_far = distance(own, dot) > REACH
                is_right = replica.rows[0][row_id] == [dot.x, dot.y, dot.hits]
                assert is_right or (is_far and tick % (EVERY * overload.far_factor)), (tick, row_id)
                far += is_far
                late += not is_right
    assert frames < TICKS * PLAYERS
    assert 0.1 < late / far < 0.9
