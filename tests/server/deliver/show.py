"""A room on its way out, for tests of what its players are told: change its state, call `tick`, look at the frames."""

from __future__ import annotations

from typing import Any

from pelton.protocol import Frame
from pelton.server import Room
from pelton.server.clock import ManualClock
from pelton.server.deliver.fanout import Fanout
from pelton.server.metrics import Metrics
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.ticker import Ticker
from tests.server.blocks import Told, all_told
from tests.server.fakes import new_room, new_seat, new_ticker, session_of, settings

TICK_S = 0.05


class Show:
    """A room with its way out, on a clock that is moved by hand. Digests are off, unless told otherwise."""

    def __init__(self, game: type[Room], *seats: Seat, overrides: tuple[str, ...] = ()) -> None:
        self.clock = ManualClock()
        self.metrics = Metrics()
        self.room: Any = new_room(game)
        self.ticker: Ticker = new_ticker(self.room, *seats)
        self.fanout = Fanout(settings("deliver.digest_interval_ticks=3600", *overrides).deliver, self.metrics)

    def tick(self, count: int = 1) -> None:
        for _ in range(count):
            self.clock.advance(TICK_S)
            self.fanout.deliver(self.ticker, self.ticker.step(), self.clock.now_ns())

    def come(self, *numbers: int) -> list[Seat]:
        """Players with these ids; seated with the next tick."""
        seats = [new_seat(number) for number in numbers]
        for seat in seats:
            self.ticker.request(seat)
        return seats

    def told(self, seat: Seat) -> list[Told]:
        """The parts of his last frame."""
        return all_told(last(seat), *(table.row_type for table in self.ticker.tables))


def last(seat: Seat) -> Frame:
    """His last frame."""
    return session_of(seat).frames[-1]
