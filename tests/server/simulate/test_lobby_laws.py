"""Whatever players and rooms do, seats never exceed what a room has, and none is ever lost."""

from __future__ import annotations

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
from pelton.server.clock import NS_PER_S
from pelton.server.simulate.errors import JoinRejected
from pelton.server.simulate.lobby import Lobby, OpenRoom
from pelton.server.simulate.seat import Seat
from tests.server.fakes import a_new_room, any_room, new_lobby, new_seat, session_of, the_room
from tests.server.games import GAMES, Tally

ROOMS_MAX = 3
TTL_S = 5
NAMES = st.sampled_from(["tally", "solo", "one_shot", "still_born", "chess"])


class LobbyLaws(RuleBasedStateMachine):
    """Joins, leaves, ticks, locks, ends, closings, time; the model is a dict of who sits where."""

    seats: Bundle[Seat] = Bundle("seats")

    @initialize()
    def begin(self) -> None:
        overrides = (f"simulate.rooms_max={ROOMS_MAX}", f"simulate.room_empty_ttl_s={TTL_S}")
        self.lobby: Lobby = new_lobby(GAMES, *overrides)
        self.now_ns = self.players = 0
        self.placed: dict[Seat, OpenRoom] = {}
        self.made: list[OpenRoom] = []

    def enter(self, join: Join) -> Seat | None:
        self.players += 1
        seat = new_seat(self.players)
        try:
            opened = self.lobby.enter(join, seat, self.now_ns)
        except JoinRejected:
            return None
        self.placed[seat] = opened
        if opened not in self.made:
            self.made.append(opened)
        return seat

    @rule(target=seats, game=NAMES, fresh=st.booleans())
    def join_by_game(self, game: str, fresh: bool) -> Seat | MultipleResults[Seat]:
        seat = self.enter(a_new_room(game) if fresh else any_room(game))
        return multiple() if seat is None else seat

    @rule(target=seats, choice=st.integers(0, 5))
    def join_by_id(self, choice: int) -> Seat | MultipleResults[Seat]:
        """Also rooms that are closed by now."""
        if not self.made:
            return multiple()
        seat = self.enter(the_room(self.made[choice % len(self.made)].room_id))
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

    @rule(lock=st.booleans(), choice=st.integers(0, 5))
    def lock(self, lock: bool, choice: int) -> None:
        for opened in list(self.lobby)[choice:]:
            opened.ticker.room.locked = lock

    @rule(seconds=st.integers(0, TTL_S))
    def tick(self, seconds: int) -> None:
        """What the beat does with every room."""
        self.now_ns += seconds * NS_PER_S
        for opened in self.lobby:
            opened.ticker.step()
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
            assert len(session_of(seat).left_reasons) == 1
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


TestLobbyLaws = LobbyLaws.TestCase
TestLobbyLaws.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
