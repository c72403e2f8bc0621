"""Whatever players and rooms do, seats never exceed what a room has, and none is ever lost.

Nor is anything kept of who is gone.
"""

from __future__ import annotations

from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from pelton.protocol import Join
from pelton.server import Identity, Player
from pelton.server.clock import NS_PER_S
from pelton.server.metrics import Metrics
from pelton.server.simulate.admission import Admission
from pelton.server.simulate.errors import JoinRejected, RoomFault
from pelton.server.simulate.lobby import Lobby, OpenRoom
from pelton.server.simulate.seat import ABSENT, Seat
from pelton.server.simulate.seating import Standing
from tests.server.fakes import FakeSession, a_new_room, any_room, new_seat, the_room
from tests.server.fakes import settings as configured
from tests.server.games import GAMES, Tally

ROOMS_MAX = 3
TTL_S = 5
PROMISED_MAX, MADE_MAX = 2, 2


class Choosy(Tally):
    """Refuses some, fails over others; fails also when one of them joins."""

    def on_auth(self, identity: Identity, options: object) -> None:
        if identity.user_id == "unwanted":
            self.reject("not you")
        if identity.user_id == "breaks auth":
            raise RuntimeError(identity.user_id)

    def on_join(self, player: Player) -> None:
        super().on_join(player)
        if player.user_id == "breaks join":
            raise RuntimeError(player.user_id)


ALL = {**GAMES, "choosy": Choosy}
NAMES = st.sampled_from(["tally", "solo", "one_shot", "still_born", "chess", "choosy"])
USERS = st.sampled_from(["", "ada", "bob", "unwanted", "breaks auth", "breaks join"])


class LobbyLaws(RuleBasedStateMachine):
    """Joins, leaves, ticks, locks, ends, closings, time; the model is a dict of who sits where."""

    seats: Bundle[Seat] = Bundle("seats")

    @initialize()
    def begin(self) -> None:
        config = configured(
            f"simulate.rooms_max={ROOMS_MAX}",
            f"simulate.room_empty_ttl_s={TTL_S}",
            "simulate.grace_s=1",
            f"admission.rooms_per_player_max={MADE_MAX}",
            f"admission.promised_per_player_max={PROMISED_MAX}",
            "admission.joins_per_second_max=30",
        )
        self.admission = Admission(config.admission, Random(2), Metrics())
        self.lobby = Lobby(ALL, config.simulate, Random(1), self.admission)
        self.ids: set[int] = set()
        self.sessions: dict[Seat, FakeSession] = {}
        self.now_ns = 0
        self.placed: dict[Seat, OpenRoom] = {}
        self.made: list[OpenRoom] = []

    def enter(self, join: Join, user_id: str) -> Seat | None:
        player = self.lobby.new_player("session", {}, Identity(user_id), "127.0.0.1")
        assert player.id not in self.ids
        self.ids.add(player.id)
        seat = new_seat()
        seat.player = player
        rooms = list(self.lobby)
        try:
            opened = self.lobby.enter(join, seat, self.now_ns)
        except JoinRejected:
            for gone in [opened for opened in rooms if opened not in self.lobby]:
                self.forget(gone)  # its on_auth failed
            assert len(self.lobby) <= len(rooms)  # none was left behind for who did not get in
            return None
        assert user_id not in ("unwanted", "breaks auth") or opened.ticker.game != "choosy"
        session = seat.session
        assert isinstance(session, FakeSession)
        self.sessions[seat] = session
        self.placed[seat] = opened
        if opened not in self.made:
            self.made.append(opened)
        return seat

    @rule(target=seats, game=NAMES, fresh=st.booleans(), user_id=USERS)
    def join_by_game(self, game: str, fresh: bool, user_id: str) -> Seat | MultipleResults[Seat]:
        seat = self.enter(a_new_room(game) if fresh else any_room(game), user_id)
        return multiple() if seat is None else seat

    @rule(target=seats, choice=st.integers(0, 5), user_id=USERS)
    def join_by_id(self, choice: int, user_id: str) -> Seat | MultipleResults[Seat]:
        """Also rooms that are closed by now."""
        if not self.made:
            return multiple()
        seat = self.enter(the_room(self.made[choice % len(self.made)].room_id), user_id)
        return multiple() if seat is None else seat

    @rule(seat=consumes(seats))
    def leave(self, seat: Seat) -> None:
        self.lobby.leave(seat)
        self.placed.pop(seat, None)

    @rule(seat=seats)
    def leave_twice(self, seat: Seat) -> None:
        self.lobby.leave(seat)
        self.lobby.leave(seat)
        self.placed.pop(seat, None)

    @rule(seat=seats)
    def drop(self, seat: Seat) -> None:
        """His connection is lost."""
        if seat in self.placed and not self.lobby.drop(seat):
            del self.placed[seat]

    @rule(seat=seats)
    def come_back(self, seat: Seat) -> None:
        if seat in self.placed and seat.away:
            self.sessions[seat] = session = FakeSession()
            self.lobby.resume(seat, session, 0)

    @rule(lock=st.booleans(), choice=st.integers(0, 5))
    def lock(self, lock: bool, choice: int) -> None:
        for opened in list(self.lobby)[choice:]:
            opened.ticker.room.locked = lock

    @rule(seconds=st.integers(0, TTL_S))
    def tick(self, seconds: int) -> None:
        """What the beat does with every room."""
        self.now_ns += seconds * NS_PER_S
        for opened in self.lobby:
            try:
                left = opened.ticker.step().left
            except RoomFault:
                self.lobby.fail(opened, self.now_ns)
                self.forget(opened)
                continue
            self.lobby.let_go(left)
            for seat in left:
                self.placed.pop(seat, None)
            if self.lobby.close_empty(opened, self.now_ns):
                self.forget(opened)

    @rule(choice=st.integers(0, 5))
    def fault(self, choice: int) -> None:
        for opened in list(self.lobby)[choice:][:1]:
            self.lobby.close(opened, "room_error")
            self.forget(opened)

    def forget(self, opened: OpenRoom) -> None:
        for seat in [seat for seat, place in self.placed.items() if place is opened]:
            del self.placed[seat]
            assert len(self.sessions[seat].left_reasons) == (not isinstance(seat.session, type(ABSENT)))
            assert not seat.live

    @invariant()
    def seats_are_neither_exceeded_nor_lost(self) -> None:
        assert len(self.lobby) <= ROOMS_MAX
        assert self.lobby.players == len(self.placed)
        for opened in self.lobby:
            mine = [seat for seat, place in self.placed.items() if place is opened]
            assert len(mine) <= opened.ticker.taken <= opened.ticker.room.seats
            assert all(seat.live for seat in mine)

    @invariant()
    def nobody_has_more_than_his_share(self) -> None:
        for user_id in ("ada", "bob", "breaks join"):
            mine = [seat for seat in self.placed if seat.player.user_id == user_id]
            assert sum(seat.standing is Standing.RESERVED for seat in mine) <= PROMISED_MAX
            assert self.admission._made.get(f"user {user_id}", 0) <= MADE_MAX

    @invariant()
    def what_is_counted_is_what_is_there(self) -> None:
        assert set(self.admission._makers) <= {opened.room_id for opened in self.lobby}
        assert sum(self.admission._made.values()) == len(self.admission._makers)

    @invariant()
    def nobody_sits_in_a_room_that_is_gone(self) -> None:
        here = list(self.lobby)
        assert all(opened in here for opened in self.placed.values())

    @invariant()
    def rooms_know_exactly_those_who_are_seated(self) -> None:
        for opened in self.lobby:
            room = opened.ticker.room
            assert isinstance(room, Tally)
            seated = {seat.player.id for seat in opened.ticker.seats}
            assert {row.id for row in room.scores} == set(room.players) == seated

    def teardown(self) -> None:
        """In the end everybody goes; then nothing may be left."""
        for seat in list(self.placed):
            self.leave(seat)
        for _ in range(3):
            self.tick(TTL_S)
        assert (len(self.lobby), self.lobby.players) == (0, 0)
        assert (self.admission._made, self.admission._makers) == ({}, {})


TestLobbyLaws = LobbyLaws.TestCase
TestLobbyLaws.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
