"""The rooms of this process: who may enter which, which are made, which go away because nobody is in them."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from pelton.protocol import Join
from pelton.protocol.messages import HOW_BY_ID, HOW_CREATE, Option
from pelton.server.auth.identity import ANONYMOUS, Identity
from pelton.server.clock import NS_PER_S
from pelton.server.config import SimulateConfig
from pelton.server.overload.state import Overload
from pelton.server.simulate.admission import Admission, limit_key
from pelton.server.simulate.breaker import Breaker
from pelton.server.simulate.cadence import Cadence
from pelton.server.simulate.errors import JoinRejected, RoomFault
from pelton.server.simulate.room import Room
from pelton.server.simulate.seat import Player, Seat, Session
from pelton.server.simulate.seating import SeatEvent
from pelton.server.simulate.ticker import Ticker
from pelton.server.simulate.users import Users
from pelton.server.tick_times import RoomTimes

__all__ = ["Lobby", "OpenRoom", "Polls"]

log = logging.getLogger(__name__)

ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that people mix up: room ids are read out loud
ID_LENGTH = 8


@dataclass(eq=False, slots=True)
class OpenRoom:
    """A room with its engine and its beat; `empty_since_ns` is None while somebody has a seat."""

    ticker: Ticker
    cadence: Cadence
    empty_since_ns: int | None
    times: RoomTimes = field(default_factory=RoomTimes)
    is_paused: bool = False
    """Whether it stands still because an admin wants it to."""

    @property
    def room_id(self) -> str:
        return self.ticker.room.room_id


class Polls(NamedTuple):
    """What the rooms' merges do with their inboxes; streams bound both."""

    wakers: int
    """Inboxes that wait for an action now, each with one waker."""
    fruitless: int
    """Polls that found nothing, since the start."""


class Lobby:
    """Every open room. `random` makes room ids and the rooms' seeds: with a seed, a whole server repeats itself.

    `admission` bounds who joins how often; without it anybody may at any time. With `once_each` no user has two seats.
    """

    def __init__(
        self,
        games: Mapping[str, type[Room]],
        config: SimulateConfig,
        random: Random,
        admission: Admission | None = None,
        *,
        once_each: bool = False,
    ) -> None:
        self._games = games
        self._config = config
        self._random = random
        self._admission = admission
        self._rooms: dict[str, OpenRoom] = {}
        self._seats: dict[Seat, OpenRoom] = {}
        self._users = Users(once_each=once_each)
        self.on_fault: Callable[[OpenRoom, RoomFault], None] | None = None
        """Called when a room has failed between two ticks, right before it is ended."""
        """Of each user his seat, if he has one at most."""
        self._player_ids = 0
        self._breaker = Breaker(config.room_faults_per_minute_max)
        self.overload = Overload()
        """What is done about overload; the lobby reads whether somebody may come in."""
        self._fruitless_before = 0  # in rooms that are gone
        self.closing = False
        """True turns everybody away."""

    def __len__(self) -> int:
        return len(self._rooms)

    def __iter__(self) -> Iterator[OpenRoom]:
        return iter(list(self._rooms.values()))

    def __contains__(self, opened: OpenRoom) -> bool:
        return self._rooms.get(opened.room_id) is opened

    @property
    def players(self) -> int:
        """Seats taken or promised in all rooms."""
        return len(self._seats)

    @property
    def polls(self) -> Polls:
        """Of all rooms; asked now and then, as it goes through all seats."""
        stats = [opened.ticker.polls for opened in self._rooms.values()]
        wakers = sum(merge.sources - merge.ready for merge in stats)
        return Polls(wakers, self._fruitless_before + sum(merge.fruitless for merge in stats))

    def new_player(
        self,
        session_id: str,
        options: Mapping[str, Option],
        identity: Identity = ANONYMOUS,
        counted_as: str = "",
    ) -> Player:
        """A player with an id that no other has had; `counted_as` is where he connects from, as the gate counts it."""
        self._player_ids += 1
        return Player(self._player_ids, session_id, options, identity, limit_key(identity, counted_as))

    def enter(self, join: Join, seat: Seat, now_ns: int) -> OpenRoom:
        """Promise the seat in the room asked for. JoinRejected says why not."""
        if self.closing:
            raise JoinRejected("shutting_down", "the server is going down; come back in a moment")
        if self.overload.busy:
            raise JoinRejected("busy", f"the server takes nobody in for now ({self.overload.busy}); come back later")
        if self._admission is not None:
            self._admission.join(seat.player, now_ns)
        _check_binding(join, seat.player.identity)
        before = self._users.seat_of(seat.player.user_id)
        if before is not None:  # he did not come back to it, and will not
            self.leave(before)
        rooms = len(self._rooms)
        opened = self._find(join, seat.player, now_ns)
        self._request(opened, seat, now_ns, is_new=len(self._rooms) > rooms)
        opened.empty_since_ns = None
        self._seats[seat] = opened
        self._users.entered(seat)
        if self._admission is not None:
            self._admission.promised(seat)
        return opened

    def leave(self, seat: Seat) -> None:
        """Give a seat back. Nothing happens if it is given back already."""
        opened = self._forget(seat)
        if opened is not None:
            opened.ticker.release(seat)

    def drop(self, seat: Seat) -> bool:
        """The connection of a seat is lost. False if the seat is not kept."""
        opened = self._seats.get(seat)
        kept = opened is not None and opened.ticker.drop(seat)
        if not kept:
            self._forget(seat)
        return kept

    def room(self, room_id: str) -> OpenRoom | None:
        """The room of this id, if it is open."""
        return self._rooms.get(room_id)

    def seat_of(self, room_id: str, player_id: int) -> Seat | None:
        """The seat of a player in a room, if there is one."""
        opened = self._rooms.get(room_id)
        return opened.ticker.seat_of(player_id) if opened else None

    def game_of(self, seat: Seat) -> str:
        """The name of the game that a seat is in."""
        return self._seats[seat].ticker.game

    def resume(self, seat: Seat, session: Session, tick: int) -> None:
        """The player is back, on this connection. Who he is was checked."""
        self._seats[seat].ticker.resume(seat, session, tick)

    def let_go(self, left: Iterable[Seat]) -> None:
        """These are gone, by a tick of their room."""
        for seat in left:
            self._forget(seat)

    def fail(self, opened: OpenRoom, now_ns: int) -> None:
        """End a room whose game has failed. A game that fails too often is not started again for a while."""
        self._breaker.fault(opened.ticker.game, now_ns)
        self.close(opened, "room_error")
        self._users.forget_lost()

    def close(self, opened: OpenRoom, reason: str) -> None:
        """End a room: its players are told, its game disposes."""
        del self._rooms[opened.room_id]
        if self._admission is not None:
            self._admission.closed(opened.room_id)
        self._fruitless_before += opened.ticker.polls.fruitless
        for seat in [seat for seat, room in self._seats.items() if room is opened]:
            self._forget(seat)
            seat.advance(SeatEvent.LEAVE)
            seat.session.left(seat, reason)
        try:
            opened.ticker.dispose()
        except RoomFault as fault:
            log.error("%s", fault, exc_info=fault.__cause__, extra={**fault.fields, "game": opened.ticker.game})
        for seat in opened.ticker.seats:
            self._users.left(seat)

    def close_empty(self, opened: OpenRoom, now_ns: int) -> bool:
        """Close the room if nobody has been in it for long enough, or if it ended itself."""
        if opened.ticker.room.ended:
            self.close(opened, "room_closed")
            return True
        if opened.ticker.taken:
            opened.empty_since_ns = None
        elif opened.empty_since_ns is None:
            opened.empty_since_ns = now_ns
        elif now_ns - opened.empty_since_ns >= self._config.room_empty_ttl_s * NS_PER_S:
            self.close(opened, "room_closed")
            return True
        return False

    def _forget(self, seat: Seat) -> OpenRoom | None:
        """The seat is nobody's. Where it was, if it was somebody's."""
        self._users.left(seat)
        return self._seats.pop(seat, None)

    def _request(self, opened: OpenRoom, seat: Seat, now_ns: int, *, is_new: bool) -> None:
        """Ask the room for a seat. A room that was made for somebody whom its game does not want ends at once."""
        if seat.player.identity.game not in ("", opened.ticker.game):
            raise JoinRejected("not_allowed", "the ticket is for another game")
        try:
            opened.ticker.request(seat)
        except JoinRejected:
            if is_new:
                self.close(opened, "room_closed")
            raise
        except RoomFault as fault:
            log.error(
                "room %s is ended: %s",
                opened.room_id,
                fault,
                exc_info=fault.__cause__,
                extra={**fault.fields, "game": opened.ticker.game},
            )
            if self.on_fault is not None:
                self.on_fault(opened, fault)
            self.fail(opened, now_ns)
            raise JoinRejected("room_error", "the room has failed; the server's log knows why") from fault

    def _find(self, join: Join, player: Player, now_ns: int) -> OpenRoom:
        if join.how == HOW_BY_ID:
            opened = self._rooms.get(join.target)
            if opened is None:
                raise JoinRejected("no_such_room", f"there is no room {join.target!r}; it may have closed")
            return opened
        if join.target not in self._games:
            raise JoinRejected("unknown_game", f"no game {join.target!r} here, only: {', '.join(sorted(self._games))}")
        if join.how != HOW_CREATE:
            for opened in self._rooms.values():
                room = opened.ticker.room
                free = opened.ticker.taken < room.seats and not (room.locked or room.ended or opened.is_paused)
                if opened.ticker.game == join.target and free:
                    return opened
        return self._create(join.target, join.options, player, now_ns)

    def _create(self, game: str, options: Mapping[str, Option], player: Player, now_ns: int) -> OpenRoom:
        if len(self._rooms) >= self._config.rooms_max:
            raise JoinRejected("too_many_rooms", f"this server holds at most {self._config.rooms_max} rooms")
        if self._breaker.is_open(game, now_ns):
            raise JoinRejected("room_error", f"{game!r} fails too often; no room of it is made for a while")
        if self._admission is not None:
            self._admission.create(player, now_ns)
        config = self._config
        try:
            room = self._new_room(game, options)
            quantum, total = config.actions_per_player_per_tick_max, config.actions_per_tick_max
            age_ticks_max = math.ceil(config.action_age_max_ms * room.tick_hz / 1000)
            ticker = Ticker(game, room, quantum, total, age_ticks_max, config.grace_s)
        except RoomFault as fault:
            self._breaker.fault(game, now_ns)
            where = {**fault.fields, "game": game}
            log.error("no room of %s is made: %s", game, fault, exc_info=fault.__cause__, extra=where)
            raise JoinRejected("room_error", "the room could not be made; the server's log knows why") from fault
        opened = OpenRoom(ticker, Cadence(room.tick_hz, now_ns, config.ticks_behind_max), now_ns)
        self._rooms[room.room_id] = opened
        if self._admission is not None:
            self._admission.created(room.room_id, player)
        return opened

    def _new_room(self, game: str, options: Mapping[str, Option]) -> Room:
        room_id, random = self._new_id(), Random(self._random.getrandbits(64))
        try:
            return self._games[game](room_id, random, options)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a constructor of the game's own, or groups that follow nothing
            raise RoomFault(room_id, "the constructor", 0) from error

    def _new_id(self) -> str:
        while True:
            room_id = "".join(self._random.choice(ID_LETTERS) for _ in range(ID_LENGTH))
            if room_id not in self._rooms:
                return room_id


def _check_binding(join: Join, identity: Identity) -> None:
    """Whether his ticket is for this. Before anything is looked up, so that the answer tells of no room."""
    if identity.room_id and (join.how != HOW_BY_ID or join.target != identity.room_id):
        raise JoinRejected("not_allowed", "the ticket is for another room")
    if identity.game and join.how != HOW_BY_ID and join.target != identity.game:
        raise JoinRejected("not_allowed", "the ticket is for another game")
