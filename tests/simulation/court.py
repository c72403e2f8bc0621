"""The laws of the server's side, looked at after every tick: seats, rooms, connections, bounds, what the game hears."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from pelton.protocol import CLOSE_CODES, State
from pelton.protocol.close_codes import SERVER_ERROR
from pelton.server.app import Server
from pelton.server.config import Config
from pelton.server.simulate.lobby import OpenRoom
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.ticker import Outcome
from tests.simulation.hall import Hall
from tests.simulation.stay import Stay
from tests.simulation.verdict import Fail

__all__ = ["Court"]

STEPS = {
    ("", "join"): "joined",
    ("joined", "drop"): "dropped",
    ("dropped", "resume"): "joined",
    ("joined", "leave"): "left",
    ("dropped", "leave"): "left",
}
"""What a game may be told of a player, and where he stands then."""


@dataclass(slots=True)
class _Record:
    """What was seen of one room."""

    hall: Hall
    fates: int = 0
    tick: int = 0
    standing: dict[int, str] = field(default_factory=dict)
    dropped_at: dict[int, int] = field(default_factory=dict)
    applied: dict[int, int] = field(default_factory=dict)
    """How much of each player's journal was read."""
    barred: int = 0
    delivered: dict[Seat, int] = field(default_factory=dict)
    kicked: set[int] = field(default_factory=set)
    resumed_at: dict[int, int] = field(default_factory=dict)
    """In which tick each was back last."""


class Court:
    """Of one server. `stays` are the players' own records, by room and player."""

    def __init__(self, server: Server, config: Config, fail: Fail) -> None:
        self.stays: dict[tuple[str, int], Stay] = {}
        self.records: dict[str, _Record] = {}
        self._server = server
        self._config = config
        self._fail = fail
        self._ids: set[int] = set()

    def hall(self, room_id: str) -> Hall:
        """The game's own object, also of a room that is gone."""
        return self.records[room_id].hall

    def kick(self, room_id: str, player_id: int) -> None:
        """He will be kicked, and rightly so."""
        self.records[room_id].kicked.add(player_id)

    def is_seated(self, room_id: str, player_id: int) -> bool:
        """Whether the server keeps a seat for him."""
        return self._server.lobby.seat_of(room_id, player_id) is not None

    def resumed_at(self, room_id: str, player_id: int) -> int:
        """The tick in which he was back last, 0 if he never was."""
        return self.records[room_id].resumed_at.get(player_id, 0)

    def closed(self, code: int, reason: str) -> None:
        """A connection of the server has ended."""
        if code not in CLOSE_CODES:
            self._fail("every close has a documented code", "server", f"{code} {reason}")
        if code == SERVER_ERROR.code:
            self._fail("the server has no faults", "server", f"{code} {reason}")

    def ticked(self, opened: OpenRoom, outcome: Outcome) -> None:
        """A room has run a tick."""
        hall = opened.ticker.room
        assert isinstance(hall, Hall)
        record = self.records.get(hall.room_id)
        if record is None:
            record = self.records[hall.room_id] = _Record(hall)
        if outcome.tick != record.tick + 1 or hall.disposed:
            self._fail("ticks are counted without gaps", hall.room_id, f"{outcome.tick} after {record.tick}")
        if hall.broke:
            self._fail("who raises is ended", hall.room_id, f"tick {outcome.tick}, after a callback raised")
        record.tick = outcome.tick
        for seat, _ in outcome.resumed:
            record.resumed_at[seat.player.id] = outcome.tick
        self._fates(record, outcome)
        self._actions(record, opened, outcome)
        self._seats(record, opened)
        self._bounds(opened)
        self._connections()

    def _fates(self, record: _Record, outcome: Outcome) -> None:
        """What the game was told since the last tick comes in a legal order, and for a reason."""
        hall = record.hall
        fates, record.fates = hall.fate[record.fates :], len(hall.fate)
        for what, player_id, _ in fates:
            before = record.standing.get(player_id, "")
            after = STEPS.get((before, what))
            who = f"player {player_id} of {hall.room_id}"
            if after is None:
                self._fail("callbacks pair up", who, f"on_{what} of somebody who is {before or 'new'}")
                return
            record.standing[player_id] = after
            if what == "join" and player_id in self._ids:
                self._fail("ids are unique", who, "another has had this id")
            if what == "join":
                self._ids.add(player_id)
            elif what == "drop":
                record.dropped_at[player_id] = outcome.tick
            elif what == "leave":
                self._leave(record, before, player_id, outcome.tick)
        grace_ticks = math.ceil(self._config.simulate.grace_s * hall.tick_hz)
        for player_id, standing in record.standing.items():
            if standing == "dropped" and outcome.tick > record.dropped_at[player_id] + grace_ticks + 1:
                who = f"player {player_id} of {hall.room_id}"
                self._fail("a seat is free when its grace is over", who, f"lost at {record.dropped_at[player_id]}")

    def _leave(self, record: _Record, before: str, player_id: int, tick: int) -> None:
        stay = self.stays.get((record.hall.room_id, player_id))
        if stay is None or stay.leaving or player_id in record.kicked:
            return
        grace_ticks = math.ceil(self._config.simulate.grace_s * record.hall.tick_hz)
        if before == "joined":
            self._fail("nobody is shown out without a reason", stay.who, f"on_leave in tick {tick}")
        elif tick < record.dropped_at[player_id] + grace_ticks:
            self._fail(
                "a seat is kept for its grace",
                stay.who,
                f"lost in tick {record.dropped_at[player_id]}, on_leave in {tick}",
            )

    def _actions(self, record: _Record, opened: OpenRoom, outcome: Outcome) -> None:
        """In order, once each, and as many as the server says."""
        hall, applied = record.hall, 0
        for player_id, journal in hall.journal.items():
            read = record.applied.get(player_id, 0)
            if read == len(journal):
                continue
            record.applied[player_id] = len(journal)
            applied += len(journal) - read
            stay = self.stays.get((hall.room_id, player_id))
            last = journal[read - 1] if read else 0
            for number in journal[read:]:
                if number <= last:
                    who = stay.who if stay else f"player {player_id}"
                    self._fail(
                        "actions are applied once and in order", who, f"{number} after {last}, tick {outcome.tick}"
                    )
                last = number
                if stay is not None:
                    stay.apply(number)
        barred = sum(map(len, hall.barred.values()))
        told, record.barred = applied + barred - record.barred, barred
        if told != outcome.taken:
            self._fail(
                "what is taken is applied or refused", hall.room_id, f"{outcome.taken} taken, {told} in the game"
            )
        delivered = 0
        for seat in (*opened.ticker.seats, *outcome.left):
            now = seat.inbox.delivered
            delivered += now - record.delivered.get(seat, 0)
            record.delivered[seat] = now
        for seat in outcome.left:
            record.delivered.pop(seat, None)
        if delivered != outcome.taken + outcome.late:
            text = f"{delivered} left the inboxes, {outcome.taken} were taken, {outcome.late} late"
            self._fail("accepted = delivered + shed + waiting", hall.room_id, text)

    def _seats(self, record: _Record, opened: OpenRoom) -> None:
        """As many as there may be, each known everywhere or nowhere."""
        ticker, hall, lobby = opened.ticker, record.hall, self._server.lobby
        most = max(ticker.taken, hall.most)
        if most > hall.seats:
            self._fail("seats never exceed capacity", hall.room_id, f"{most} of {hall.seats}")
        if len(lobby) > self._config.simulate.rooms_max:
            self._fail("rooms never exceed their number", "server", f"{len(lobby)} rooms")
        seated = {seat.player.id for seat in ticker.seats}
        told = {player_id for player_id, standing in record.standing.items() if standing in ("joined", "dropped")}
        if not seated == set(hall.players) == told:
            self._fail("seats and players are the same", hall.room_id, f"{seated}, {set(hall.players)}, {told}")
        for seat in ticker.seats:
            if seat.live and lobby._seats.get(seat) is not opened:
                self._fail("seats and players are the same", f"player {seat.player.id}", "the lobby has lost his seat")
        for seat, room in lobby._seats.items():
            if room is opened and seat not in ticker._seats and seat not in ticker._arriving:
                self._fail("seats and players are the same", f"player {seat.player.id}", "only the lobby has his seat")

    def _bounds(self, opened: OpenRoom) -> None:
        receive, deliver = self._config.receive, self._config.deliver
        fanout = self._server._beat._fanouts.get(opened)
        for seat in opened.ticker.seats:
            who = f"player {seat.player.id} of {opened.room_id}"
            if len(seat.inbox) > receive.inbox_max:
                self._fail("every queue has a bound", who, f"{len(seat.inbox)} actions wait")
            if len(seat.refused) > receive.refusals_max + deliver.events_max:
                self._fail("every queue has a bound", who, f"{len(seat.refused)} refusals wait")
            outbox = fanout._outboxes.get(seat) if fanout is not None else None
            if outbox is not None:
                lanes = outbox.lanes
                events = len(lanes._events) + lanes._told_count
                if events > deliver.events_max or lanes._told_bytes < 0:
                    self._fail("every queue has a bound", who, f"{events} events are kept")

    def _connections(self) -> None:
        """Who is seated has a seat, and a seat has one connection."""
        server = self._server
        listener: Any = server._listener
        holders: dict[Seat, object] = {}
        for connection in listener._connections:
            seat, unsent = connection._seat, len(connection.websocket._unsent)
            if unsent > 2 * self._config.deliver.backlog_bytes_max:
                self._fail("every queue has a bound", "server", f"{unsent} bytes wait for one client")
            if seat is None:
                if connection.state is State.SEATED:
                    self._fail("one connection has the seat", "server", "a connection is seated and has no seat")
                continue
            if seat in holders or seat.session is not connection:
                self._fail("one connection has the seat", f"player {seat.player.id}", "two connections have his seat")
            holders[seat] = connection
        if len(holders) != server.metrics.seated:
            self._fail("one connection has the seat", "server", f"{server.metrics.seated} counted, {len(holders)} are")
