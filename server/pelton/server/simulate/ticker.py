"""Turns one room: seats who asked, merges their actions, runs the game's callbacks, and says what changed.

Synchronous from end to end: no await in a tick, no clock, no socket. Given the same joins, actions and seed it
does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from pelton.protocol import Act, Joined
from pelton.protocol.schema import action_fields, action_name
from pelton.server.simulate.ages import Ages
from pelton.server.simulate.errors import JoinRejected, RoomFault
from pelton.server.simulate.pipeline import Played, TickActions
from pelton.server.simulate.room import Room, Tick
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.state.table import Table
from pelton.streams import Merge, MergeStats

__all__ = ["Outcome", "Ticker"]

T = TypeVar("T")


@dataclass(slots=True)
class Outcome:
    """What one tick did: who came, who went. What changed is known by the tables."""

    tick: int
    taken: int = 0
    """Actions handed to the game."""
    late: int = 0
    """Actions refused because they had waited for too long."""
    deferred: int = 0
    """Players who have actions left for the next tick."""
    joined: list[Seat] = field(default_factory=list)
    left: list[Seat] = field(default_factory=list)


class Ticker:
    """The engine of one room. `quantum` bounds the actions of a player per tick, `total` those of all.

    `age_ticks_max` is how many ticks an action may wait, 0 for any number.
    """

    def __init__(self, game: str, room: Room, quantum: int, total: int, age_ticks_max: int = 0) -> None:
        self.game = game
        self.room = room
        self.tick = 0
        self._dt = 1 / room.tick_hz
        self._quantum, self._total = quantum, total
        self.tables: list[Table[Any]] = list(room.tables.values())
        """The room's state, settled: what the last tick left."""
        self._seats: dict[Seat, None] = {}
        self._arriving: dict[Seat, None] = {}
        self._leaving: dict[Seat, None] = {}
        self._merge: Merge[Seat, Act[Any]] = Merge()
        self._ages = Ages(age_ticks_max)
        self._source = TickActions()
        self._guard("on_create", room.on_create)
        self._pipeline = self._guard("pipeline", lambda: room.pipeline(self._source))
        self._source.traced = self._pipeline is not self._source

    @property
    def seats(self) -> list[Seat]:
        """The seats taken, in the order of joining."""
        return list(self._seats)

    @property
    def taken(self) -> int:
        """Seats taken or promised."""
        return len(self._seats) + len(self._arriving)

    @property
    def polls(self) -> MergeStats:
        """What became of the polls of the seats' inboxes."""
        return self._merge.totals()

    def request(self, seat: Seat) -> None:
        """Promise a seat; it is taken with the next tick. JoinRejected if there is none."""
        if self.taken >= self.room.seats:
            raise JoinRejected("room_full", f"all {self.room.seats} seats of room {self.room.room_id} are taken")
        self._arriving[seat] = None

    def release(self, seat: Seat) -> None:
        """Give a seat back; the game hears of it with the next tick. Actions already queued are still offered to it."""
        seat.live = False
        if seat in self._arriving:
            del self._arriving[seat]
        elif seat in self._seats:
            self._leaving[seat] = None

    def step(self) -> Outcome:
        """Run one tick. RoomFault if the game's code raised; the room must then be ended."""
        self.tick += 1
        outcome = Outcome(self.tick)
        self._seat_arrivals(outcome)
        outcome.late = self._ages.refuse_late()
        self._run(outcome)
        self._let_go(outcome)
        self._guard("groups", self._commit)
        return outcome

    def dispose(self) -> None:
        """Tell the game that its room goes away. RoomFault if it raises."""
        self._guard("on_dispose", self.room.on_dispose)

    def card(self, seat: Seat) -> Joined:
        """What a player is told on joining."""
        room = self.room
        return Joined(
            room_id=room.room_id,
            game=self.game,
            player_id=seat.player.id,
            tick_hz=room.tick_hz,
            tick=self.tick,
            actions=[(action_name(kind), list(action_fields(kind))) for kind in room.action_types],
            tables=[
                (table.table_name, table.shape, [column.spec() for column in table.row_type.columns])
                for table in self.tables
            ],
        )

    def _seat_arrivals(self, outcome: Outcome) -> None:
        while self._arriving:
            seat = next(iter(self._arriving))
            del self._arriving[seat]
            self._seats[seat] = None
            self._merge.add(seat, seat.inbox)
            self.room.players[seat.player.id] = seat.player
            outcome.joined.append(seat)
            self._guard("on_join", partial(self.room.on_join, seat.player))

    def _run(self, outcome: Outcome) -> None:
        tick = Tick(self.tick, self._dt)
        self._source.begin(self._merge.sweep(self._quantum, self._total))
        self._guard("on_tick", lambda: self.room.on_tick(tick, self._actions()))
        outcome.taken = self._source.end()
        left = [slot.key for slot in self._merge.fifo if slot.stream.backlog]
        outcome.deferred = len(left)
        self._ages.note(left)

    def _actions(self) -> Iterator[Played]:
        """The actions that come out of the pipeline, each accounted for; without stages none can get lost."""
        source = self._source
        return self._traced(source) if source.traced else source.fused(None)

    def _traced(self, source: TickActions) -> Iterator[Played]:
        for played in self._pipeline.ready():
            source.arrived()
            yield played
        source.check_end()

    def _commit(self) -> None:
        for table in self.tables:
            table.commit(self.tick)

    def _let_go(self, outcome: Outcome) -> None:
        while self._leaving:
            seat = next(iter(self._leaving))
            del self._leaving[seat]
            del self._seats[seat]
            self._merge.remove(seat).close()
            del self.room.players[seat.player.id]
            outcome.left.append(seat)
            self._guard("on_leave", partial(self.room.on_leave, seat.player))

    def _guard(self, callback: str, call: Callable[[], T]) -> T:
        """Run the game's code; whatever it raises is this room's fault and nobody else's."""
        try:
            return call()
        except Exception as error:
            raise RoomFault(self.room.room_id, callback, self.tick, self._source.last) from error
