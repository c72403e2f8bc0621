"""How many may join: all together, and each by himself; and that nothing is kept of who is gone."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from pelton.protocol import Hello, Join
from pelton.server import Identity
from pelton.server.clock import NS_PER_S
from pelton.server.metrics import Metrics
from pelton.server.simulate.admission import KEYS_MAX, MINUTE_NS, Admission, limit_key
from pelton.server.simulate.errors import JoinRejected
from pelton.server.simulate.lobby import Lobby, OpenRoom
from pelton.server.simulate.seat import Player, Seat
from tests.server.fakes import FakeSession, a_new_room, any_room, new_seat, settings
from tests.server.games import GAMES, Tally
from tests.server.stage import Stage

FAR = "192.0.2.7"


class Door:
    """A lobby with its limits, and players who come to it."""

    def __init__(self, *overrides: str) -> None:
        config = settings(*overrides)
        self.metrics = Metrics()
        self.admission = Admission(config.admission, Random(5), self.metrics)
        self.lobby = Lobby(GAMES, config.simulate, Random(1), self.admission)
        self.now_ns = 0
        self.players: list[Player] = []

    def enter(self, join: Join, user_id: str = "", address: str = FAR) -> tuple[OpenRoom, Seat]:
        player = self.lobby.new_player("session", {}, Identity(user_id), address)
        self.players.append(player)
        seat = new_seat()
        seat.player = player
        return self.lobby.enter(join, seat, self.now_ns), seat

    def rejected(self, join: Join, user_id: str = "", address: str = FAR) -> JoinRejected:
        with pytest.raises(JoinRejected) as caught:
            self.enter(join, user_id, address)
        return caught.value

    def tick(self, seconds: float = 0.05) -> None:
        self.now_ns += round(seconds * NS_PER_S)
        for opened in self.lobby:
            self.lobby.let_go(opened.ticker.step().left)
            self.lobby.close_empty(opened, self.now_ns)


@pytest.mark.parametrize(
    ("user_id", "address", "key"),
    [
        ("ada", FAR, "user ada"),
        ("ada", "", "user ada"),
        ("", FAR, f"address {FAR}"),
        ("", "2001:db8::/64", "address 2001:db8::/64"),
        ("", "", ""),
    ],
)
def test_who_is_counted_with_whom(user_id: str, address: str, key: str) -> None:
    assert limit_key(Identity(user_id), address) == key


def test_a_storm_of_joins_is_cut_to_so_many_a_second() -> None:
    door = Door("admission.joins_per_second_max=100", "simulate.rooms_max=10000")
    got, reasons = [0, 0, 0], set[str]()
    for second in range(3):
        for _ in range(1000):
            door.now_ns += NS_PER_S // 1000
            try:
                door.enter(any_room("tally"), address="")
                got[second] += 1
            except JoinRejected as rejected:
                reasons.add(rejected.reason)
    assert reasons == {"busy"}
    assert got == [199, 100, 100]  # the first has the burst
    assert door.metrics.joins_limited == 3000 - sum(got)


def test_who_is_turned_away_is_told_when_to_come_again_and_all_another_time() -> None:
    door = Door("admission.joins_per_second_max=100", "simulate.rooms_max=10000")
    for _ in range(100):
        door.enter(any_room("tally"), address="")
    told = [door.rejected(any_room("tally")).retry_after_s for _ in range(1000)]
    assert min(told) >= 0.5
    assert len(set(told)) > 300
    assert max(told) > 8  # the last of a thousand has to wait for ten seconds, on the whole
    for _ in range(100_000):
        assert door.rejected(any_room("tally")).retry_after_s <= 60


def test_the_same_seed_tells_the_same() -> None:
    def told() -> Sequence[float]:
        door = Door("admission.joins_per_second_max=1")
        door.enter(any_room("tally"))
        return [door.rejected(any_room("tally")).retry_after_s for _ in range(20)]

    assert told() == told()


@pytest.mark.parametrize(("user_id", "address"), [("ada", "127.0.0.1"), ("", FAR)])
def test_a_player_has_so_many_rooms_at_a_time(user_id: str, address: str) -> None:
    door = Door("simulate.room_empty_ttl_s=1")
    for _ in range(3):
        door.enter(a_new_room("tally"), user_id, address)
        door.tick()
    rejected = door.rejected(a_new_room("tally"), user_id, address)
    assert rejected.reason == "too_many_rooms_of_yours"
    door.enter(a_new_room("tally"), "bob", address)
    opened = next(iter(door.lobby))
    for seat in opened.ticker.seats:
        door.lobby.leave(seat)
    door.tick()
    door.tick(2)
    door.enter(a_new_room("tally"), user_id, address)


def test_who_may_make_no_more_rooms_may_join_those_of_others() -> None:
    door = Door("admission.rooms_per_player_max=1")
    door.enter(a_new_room("solo"), "ada")
    door.enter(any_room("tally"), "bob")
    door.tick()
    door.enter(any_room("tally"), "ada")
    assert len(door.lobby) == 2


def test_a_player_makes_so_many_rooms_in_a_minute() -> None:
    door = Door("simulate.room_empty_ttl_s=0")

    def make_and_leave() -> None:
        _, seat = door.enter(a_new_room("tally"), "ada")
        door.lobby.leave(seat)
        door.tick(0.01)
        door.tick(0.01)

    for _ in range(10):
        make_and_leave()
    assert len(door.lobby) == 0
    rejected = door.rejected(a_new_room("tally"), "ada")
    assert (rejected.reason, round(rejected.retry_after_s)) == ("too_many_rooms_of_yours", 60)
    door.tick(30)
    assert round(door.rejected(a_new_room("tally"), "ada").retry_after_s) == 30
    door.tick(30)
    make_and_leave()


def test_rooms_that_cannot_be_made_count_as_well() -> None:
    """Trying costs as much as making."""
    door = Door("simulate.room_faults_per_minute_max=1000")
    reasons = [door.rejected(a_new_room("still_born"), "ada").reason for _ in range(12)]
    assert reasons == ["room_error"] * 10 + ["too_many_rooms_of_yours"] * 2


def test_a_player_is_promised_so_many_seats_until_the_tick() -> None:
    door = Door()
    seats = [door.enter(any_room("tally"), "ada")[1] for _ in range(8)]
    rejected = door.rejected(any_room("tally"), "ada")
    assert (rejected.reason, 0 < rejected.retry_after_s < 1) == ("too_many_joins_of_yours", True)
    door.enter(any_room("tally"), "bob")
    door.lobby.leave(seats[0])
    door.enter(any_room("tally"), "ada")
    door.tick()
    door.enter(any_room("tally"), "ada")


def test_those_on_the_machine_itself_are_not_counted_one_by_one() -> None:
    door = Door()
    for _ in range(50):
        door.enter(a_new_room("tally"), address="")
    assert (len(door.lobby), len(door.admission)) == (50, 0)


def test_nothing_is_kept_of_ten_thousand_players_who_are_gone() -> None:
    door = Door("simulate.room_empty_ttl_s=0", "admission.joins_per_second_max=1000000", "simulate.rooms_max=10000")
    for number in range(10_000):
        _, seat = door.enter(a_new_room("tally"), f"user-{number}")
        door.lobby.leave(seat)
        if number % 100 == 0:
            door.tick(1)
    door.tick()
    door.tick(61)
    door.enter(a_new_room("tally"), "the last")
    assert len(door.lobby) <= 1
    assert len(door.admission) < 100


def test_of_too_many_the_quietest_is_forgotten() -> None:
    admission = Door().admission
    for number in range(KEYS_MAX + 500):
        player = Player(1, "s", {}, Identity(f"u{number}"), f"user u{number}")
        admission.create(player, now_ns=number)
    assert len(admission) <= KEYS_MAX + 1
    assert MINUTE_NS > KEYS_MAX + 500


# Storms.


def test_ten_thousand_joins_have_ten_thousand_ids_and_never_a_seat_too_many() -> None:
    door = Door("admission.joins_per_second_max=1000000", "simulate.rooms_max=16")
    random = Random(7)
    seats: list[Seat] = []
    refused: list[str] = []
    for number in range(10_000):
        try:
            seats.append(door.enter(any_room("tally"), f"user-{number}")[1])
        except JoinRejected as rejected:
            refused.append(rejected.reason)
        assert door.lobby.players <= 16 * Tally.seats
        if number % 50 == 0:
            door.tick()
            for seat in random.sample(seats, min(20, len(seats))):
                door.lobby.leave(seat)
                seats.remove(seat)
            assert all(opened.ticker.taken <= Tally.seats for opened in door.lobby)
    ids = [player.id for player in door.players]
    assert len(set(ids)) == len(ids) == 10_000
    assert len(refused) > 5000
    assert set(refused) == {"too_many_rooms"}
    for seat in seats:
        door.lobby.leave(seat)
    door.tick()
    door.tick(11)
    door.tick()
    assert (len(door.lobby), door.lobby.players) == (0, 0)


def test_a_flood_of_rooms_that_nobody_enters_goes_back_to_nothing() -> None:
    stage = Stage("simulate.room_empty_ttl_s=1", "simulate.rooms_max=100")
    for _ in range(1000):
        visitor = stage.connect()
        visitor.say(Hello("flood"), a_new_room("tally"))
        visitor.websocket.end(1006, "")  # before the tick
    assert len(stage.lobby) == 100
    stage.tick(40)
    assert (len(stage.lobby), stage.lobby.players, stage.metrics.seated, len(stage.beat._fanouts)) == (0, 0, 0, 0)


def test_a_squatter_has_his_promise_for_a_tick_and_no_longer() -> None:
    door = Door()
    opened, seat = door.enter(any_room("solo"), "squatter")
    assert door.lobby.drop(seat) is False
    assert (opened.ticker.taken, door.lobby.players) == (0, 0)
    session = seat.session
    assert isinstance(session, FakeSession)
    assert session.cards == []
