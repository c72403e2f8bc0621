"""Turns one room: seats who asked, merges their actions, runs the game's callbacks, and says what changed.

Synchronous from end to end: no await in a tick, no clock, no socket. Given the same joins, actions and seed it
does the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from pelton.protocol import Act, Joined
from pelton.protocol.schema import action_fields, action_name, event_fields, event_name
from pelton.server.recorder.tape import GAME, GROUPS, Tape
from pelton.server.simulate.ages import Ages
from pelton.server.simulate.errors import CallbackError, JoinRejected, RoomFault
from pelton.server.simulate.pipeline import Played, TickActions
from pelton.server.simulate.room import Emitted, Room, Tick
from pelton.server.simulate.seat import ABSENT, Player, Seat, Session
from pelton.server.simulate.seating import SeatEvent, Standing
from pelton.server.simulate.state.table import Table
from pelton.streams import Merge, MergeStats

__all__ = ["Outcome", "Ticker"]

T = TypeVar("T")

TIMED_EVERY = 8
"""Of so many actions that are merged one is timed, if they are to be; all, where the game's pipeline works on them."""


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
    resumed: list[tuple[Seat, int]] = field(default_factory=list)
    """Who is back on another connection, with the last tick that arrived there."""
    emitted: list[Emitted] = field(default_factory=list)


class Ticker:
    """The engine of one room. `quantum` bounds the actions of a player per tick, `total` those of all.

    `age_ticks_max` is how many ticks an action may wait, 0 for any number. `grace_s` is for how long the seat of a
    player whose connection is lost is kept, unless the room says otherwise.
    """

    def __init__(
        self, game: str, room: Room, quantum: int, total: int, age_ticks_max: int = 0, grace_s: float = 0.0
    ) -> None:
        self.game = game
        self.room = room
        self.tick = 0
        self.doing = ""
        """The callback that runs, or ran last; for the watchdog."""
        self.tape: Tape | None = None
        """Notes how long everything takes, if somebody wants to know. Nothing here looks at it."""
        self._dt = 1 / room.tick_hz
        self._quantum, self._total = quantum, total
        self.tables: list[Table[Any]] = list(room.tables.values())
        """The room's state, settled: what the last tick left."""
        self._seats: dict[Seat, None] = {}
        self._arriving: dict[Seat, None] = {}
        self._leaving: dict[Seat, None] = {}
        self.grace_s = grace_s if room.grace_s is None else float(room.grace_s)
        self._grace_ticks = math.ceil(self.grace_s * room.tick_hz)
        self._by_player: dict[int, Seat] = {}
        self._away: dict[Seat, int | None] = {}
        """Whose connection is lost: the tick up to which the seat is kept; None: the game was not told yet."""
        self._returning: dict[Seat, int] = {}
        """Who is back: the last tick that arrived there."""
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
    def waiting(self) -> int:
        """Actions that players have sent and no tick has taken yet."""
        return sum(len(seat.inbox) for seat in self._seats)

    @property
    def polls(self) -> MergeStats:
        """What became of the polls of the seats' inboxes."""
        return self._merge.totals()

    def request(self, seat: Seat) -> None:
        """Promise a seat; it is taken with the next tick. JoinRejected if there is none, or the game does not want him.

        RoomFault if the game raises something else; the room must then be ended.
        """
        if self.taken >= self.room.seats:
            raise JoinRejected("room_full", f"all {self.room.seats} seats of room {self.room.room_id} are taken")
        rejected = self._guard("on_auth", partial(self._unwanted, seat.player))
        if rejected is not None:
            raise rejected
        self._arriving[seat] = None

    def release(self, seat: Seat) -> None:
        """Give a seat back; the game hears of it with the next tick. Actions already queued are still offered to it."""
        seat.advance(SeatEvent.LEAVE)
        if seat in self._arriving:
            del self._arriving[seat]
        elif seat in self._seats:
            self._away.pop(seat, None)
            self._returning.pop(seat, None)
            self._leaving[seat] = None

    def seat_of(self, player_id: int) -> Seat | None:
        """The seat of a player who has joined and not left."""
        seat = self._by_player.get(player_id)
        return seat if seat is not None and seat.live else None

    def drop(self, seat: Seat) -> bool:
        """The connection of a seat is lost. False if the seat is not kept; it is released then."""
        if seat.standing is Standing.RESERVED or not self._grace_ticks:
            self.release(seat)
            return False
        seat.advance(SeatEvent.DROP)
        seat.session = ABSENT
        self._returning.pop(seat, None)
        self._away.setdefault(seat, None)  # who is lost on his way back has no new time
        return True

    def resume(self, seat: Seat, session: Session, tick: int) -> None:
        """The player is back on this connection; frames have arrived up to `tick`. He is told with the next one."""
        before, seat.session = seat.session, session
        before.replaced(seat)
        seat.advance(SeatEvent.RESUME)
        self._returning[seat] = tick

    def step(self) -> Outcome:
        """Run one tick. RoomFault if the game's code raised; the room must then be ended."""
        self.tick += 1
        outcome = Outcome(self.tick)
        if self.tape is not None:
            self.tape.tick = self.tick
        self._source.last = None
        if self._away:
            self._keep_seats(outcome)
        if self._returning:
            self._reseat(outcome)
        self._seat_arrivals(outcome)
        outcome.late = self._ages.refuse_late()
        self._run(outcome)
        if self.room.kicked:
            self._show_out()
        self._let_go(outcome)
        self._guard("groups", self._commit, phase=GROUPS)
        outcome.emitted, self.room.emitted = self.room.emitted, []
        self.doing = "frames"
        return outcome

    def overloaded(self, step: int, name: str) -> None:
        """Tell the game what the server does against overload. RoomFault if it raises."""
        if self.tape is not None:
            self.tape.happened("ladder", name=name, detail=f"step {step}")
        self._guard("on_overload", partial(self.room.on_overload, step, name))

    def fault(self, callback: str, error: BaseException) -> RoomFault:
        """The report on what came out of the game's code; a function that the game handed over is named itself."""
        cause: BaseException | None = error
        if isinstance(error, CallbackError):
            callback, cause = error.callback, error.__cause__
        fault = RoomFault(self.room.room_id, callback, self.tick, self._source.last)
        fault.__cause__ = cause
        return fault

    def draining(self, seconds: float) -> None:
        """Tell the game that the server is going to stop. RoomFault if it raises."""
        self._guard("on_drain", partial(self.room.on_drain, seconds))

    def dispose(self) -> None:
        """Tell the game that its room goes away; no player of it is in play any more. RoomFault if it raises."""
        for seat in self._seats:
            seat.seated = False
        try:
            self._guard("on_dispose", self.room.on_dispose)
        finally:
            for table in self.tables:
                table.let_go()

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

    def event_names(self) -> list[tuple[str, list[str]]]:
        """The events of the room, each with its fields."""
        return [(event_name(kind), list(event_fields(kind))) for kind in self.room.event_types]

    def _unwanted(self, player: Player) -> JoinRejected | None:
        try:
            self.room.on_auth(player.identity, player.options)
        except JoinRejected as rejected:
            return rejected
        return None

    def _keep_seats(self, outcome: Outcome) -> None:
        """Tell the game whose connection was lost, and free the seats of those who did not come back in time."""
        for seat, until in list(self._away.items()):
            if until is None and not seat.away:
                del self._away[seat]  # back before anybody could be told
            elif until is None:
                self._away[seat] = self.tick + self._grace_ticks
                seat.player.connected = False
                self._guard("on_drop", partial(self.room.on_drop, seat.player), seat.player.id)
            elif until <= self.tick and seat.away:
                self.release(seat)

    def _reseat(self, outcome: Outcome) -> None:
        while self._returning:
            seat = next(iter(self._returning))
            outcome.resumed.append((seat, self._returning.pop(seat)))
            if self._away.pop(seat, None) is not None:
                seat.player.connected = True
                self._guard("on_resume", partial(self.room.on_resume, seat.player), seat.player.id)

    def _show_out(self) -> None:
        kicked, self.room.kicked = self.room.kicked, {}
        for player_id in kicked:
            seat = self.seat_of(player_id)
            if seat is not None:
                seat.session.left(seat, "kicked")
                if self.tape is not None:
                    self.tape.happened("kick", player=player_id)
                self.release(seat)

    def _seat_arrivals(self, outcome: Outcome) -> None:
        for seat in [seat for seat in self._arriving if not seat.waits]:
            del self._arriving[seat]
            seat.advance(SeatEvent.JOIN)
            seat.seated, seat.after = True, None
            seat.tape = self.tape
            self._by_player[seat.player.id] = seat
            self._seats[seat] = None
            self._merge.add(seat, seat.inbox)
            self.room.players[seat.player.id] = seat.player
            outcome.joined.append(seat)
            self._guard("on_join", partial(self.room.on_join, seat.player), seat.player.id)

    def _run(self, outcome: Outcome) -> None:
        tick = Tick(self.tick, self._dt)
        sweep = self._merge.sweep(self._quantum, self._total)
        self._source.begin(self.tape.merged(sweep) if self.tape is not None and self._source.traced else sweep)
        self._guard("on_tick", lambda: self.room.on_tick(tick, self._actions()))
        outcome.taken = self._source.end()
        left = [slot.key for slot in self._merge.fifo if slot.stream.backlog]
        outcome.deferred = len(left)
        self._ages.note(left)

    def _actions(self) -> Iterator[Played]:
        """The actions that come out of the pipeline, each accounted for; without stages none can get lost."""
        source = self._source
        actions = self._traced(source) if source.traced else source.fused(None)
        return actions if self.tape is None else self.tape.taken(actions, 1 if source.traced else TIMED_EVERY)

    def _traced(self, source: TickActions) -> Iterator[Played]:
        is_out = False
        try:
            for played in self._pipeline.ready():
                source.arrived()
                is_out = True
                yield played
                is_out = False
            source.check_end()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if is_out:  # on_tick went away from its loop
                raise
            raise CallbackError("pipeline") from error

    def _commit(self) -> None:
        for table in self.tables:
            table.commit(self.tick)

    def _let_go(self, outcome: Outcome) -> None:
        while self._leaving:
            seat = next(iter(self._leaving))
            del self._leaving[seat]
            del self._seats[seat]
            del self._by_player[seat.player.id]
            self._merge.remove(seat).close()
            del self.room.players[seat.player.id]
            seat.seated = False
            outcome.left.append(seat)
            self._guard("on_leave", partial(self.room.on_leave, seat.player), seat.player.id)

    def _guard(self, callback: str, call: Callable[[], T], player_id: int = 0, phase: int = GAME) -> T:
        """Run the game's code; whatever it raises is this room's fault and nobody else's.

        Also a CancelledError or a SystemExit: no task is cancelled in a tick, and no game ends the server. Only Ctrl-C
        is not the game's, where nobody handles the signal.
        """
        self.doing = callback
        tape = self.tape
        if tape is not None:
            tape.enter(phase)
        try:
            return call()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the report is chained to it, and says so in one place
            raise self.fault(callback, error)  # noqa: B904 - as above
        finally:
            if tape is not None:
                tape.called(callback, player_id)
