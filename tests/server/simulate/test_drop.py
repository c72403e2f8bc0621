"""Players whose connection is lost, as their room sees it: dropped and back, or gone; and those who are shown out."""

from __future__ import annotations

import pytest

from pelton.server import Event, GameError, Player
from pelton.server.simulate.errors import RoomFault
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.seating import Standing
from pelton.server.simulate.ticker import Ticker
from tests.server.fakes import FakeSession, new_room, new_seat, offer, session_of
from tests.server.games import Add, Tally

GRACE_TICKS = 10


class Hit(Event):
    by: int


class Spark(Event):
    cosmetic = True


class Kept(Tally):
    """Tells of drops, too."""

    events = Hit | Spark

    def on_drop(self, player: Player) -> None:
        self.told.append(f"drop {player.id}")

    def on_resume(self, player: Player) -> None:
        self.told.append(f"resume {player.id}")


@pytest.fixture
def ada() -> Seat:
    return new_seat(1)


@pytest.fixture
def ticker(ada: Seat) -> Ticker:
    ticker = Ticker("kept", new_room(Kept), 4, 4000, grace_s=GRACE_TICKS / Kept.tick_hz)
    ticker.request(ada)
    ticker.step()
    return ticker


def told(ticker: Ticker) -> list[str]:
    room = ticker.room
    assert isinstance(room, Kept)
    return [word for word in room.told if not word.startswith("tick")][2:]


def test_who_is_lost_keeps_his_seat_and_is_told_of_once(ticker: Ticker, ada: Seat) -> None:
    assert ticker.drop(ada)
    for _ in range(3):
        ticker.step()
    assert (told(ticker), ada.standing, ticker.taken, ada.player.connected) == (["drop 1"], Standing.DROPPED, 1, False)
    assert 1 in ticker.room.players


def test_who_does_not_come_back_leaves_when_his_time_is_over(ticker: Ticker, ada: Seat) -> None:
    ticker.drop(ada)
    outcomes = [ticker.step() for _ in range(GRACE_TICKS + 2)]
    assert told(ticker) == ["drop 1", "leave 1"]
    assert [len(outcome.left) for outcome in outcomes].index(1) == GRACE_TICKS
    assert (ticker.taken, ticker.seat_of(1), ada.live) == (0, None, False)


def test_who_comes_back_is_told_of_and_stays(ticker: Ticker, ada: Seat) -> None:
    ticker.drop(ada)
    ticker.step()
    back = FakeSession()
    ticker.resume(ada, back, 1)
    outcome = ticker.step()
    assert outcome.resumed == [(ada, 1)]
    for _ in range(2 * GRACE_TICKS):
        ticker.step()
    assert (told(ticker), ada.session, ada.player.connected) == (["drop 1", "resume 1"], back, True)


def test_who_is_back_before_the_tick_was_never_away(ticker: Ticker, ada: Seat) -> None:
    ticker.drop(ada)
    ticker.resume(ada, FakeSession(), 1)
    assert [seat for seat, _ in ticker.step().resumed] == [ada]
    assert told(ticker) == []


def test_who_is_back_before_anybody_noticed_takes_the_place_of_his_old_connection(ticker: Ticker, ada: Seat) -> None:
    old = session_of(ada)
    ticker.resume(ada, FakeSession(), 1)
    ticker.step()
    assert (old.story[-1], told(ticker)) == ("replaced", [])


def test_who_is_lost_again_on_his_way_back_has_no_new_time(ticker: Ticker, ada: Seat) -> None:
    ticker.drop(ada)
    for _ in range(GRACE_TICKS):
        ticker.step()
        if ada.away:
            ticker.resume(ada, FakeSession(), 1)
            ticker.drop(ada)
    ticker.step()
    assert told(ticker) == ["drop 1", "leave 1"]


def test_what_a_lost_player_did_before_still_counts(ticker: Ticker, ada: Seat) -> None:
    offer(ada, 1, Add(5))
    ticker.drop(ada)
    ticker.step()
    room = ticker.room
    assert isinstance(room, Kept)
    assert (room.scores[1].total, ada.acked) == (5, 1)


def test_a_seat_that_was_only_promised_is_not_kept(ticker: Ticker) -> None:
    bob = new_seat(2)
    ticker.request(bob)
    assert not ticker.drop(bob)
    ticker.step()
    assert (told(ticker), bob.live, ticker.taken) == ([], False, 1)


def test_without_a_grace_a_lost_connection_is_the_end() -> None:
    seat, ticker = new_seat(1), Ticker("kept", new_room(Kept), 4, 4000)
    ticker.request(seat)
    ticker.step()
    assert not ticker.drop(seat)
    ticker.step()
    assert told(ticker) == ["leave 1"]


def test_a_game_sets_its_own_grace() -> None:
    class Patient(Kept):
        grace_s = 2.0

    assert Ticker("patient", new_room(Patient), 4, 4000, grace_s=30).grace_s == 2.0


@pytest.mark.parametrize("grace_s", [-1, 3601, "long"])
def test_a_grace_that_is_none_is_refused(grace_s: object) -> None:
    with pytest.raises(GameError, match="grace_s: expected 0 to 3600 seconds or None"):
        type("Wrong", (Tally,), {"grace_s": grace_s})


def test_who_leaves_while_he_is_away_is_gone_with_the_next_tick(ticker: Ticker, ada: Seat) -> None:
    ticker.drop(ada)
    ticker.step()
    ticker.release(ada)
    ticker.step()
    assert told(ticker) == ["drop 1", "leave 1"]
    for _ in range(GRACE_TICKS + 1):
        assert not ticker.step().left


def test_who_is_kicked_hears_so_and_leaves_after_the_tick(ticker: Ticker, ada: Seat) -> None:
    ticker.room.kick(ada.player)
    assert ticker.step().left == [ada]
    assert (session_of(ada).left_reasons, told(ticker), ticker.taken) == (["kicked"], ["leave 1"], 0)
    ticker.step()
    assert told(ticker) == ["leave 1"]


def test_who_is_kicked_while_he_is_away_leaves_too(ticker: Ticker, ada: Seat) -> None:
    ticker.drop(ada)
    ticker.step()
    ticker.room.kick(ada.player)
    assert ticker.step().left == [ada]


def test_events_come_with_the_tick_they_were_made_in(ticker: Ticker, ada: Seat) -> None:
    ticker.room.emit(Hit(3))
    ticker.room.emit(Hit(4), to=ada.player)
    ticker.room.emit(Spark(), to=[ada.player])
    assert ticker.step().emitted == [(Hit(3), None), (Hit(4), (1,)), (Spark(), (1,))]
    assert ticker.step().emitted == []


def test_an_event_that_the_room_has_not_declared_is_a_mistake(ticker: Ticker) -> None:
    class Stray(Event):
        pass

    with pytest.raises(GameError, match=r"Kept.emit: Stray is not in Kept.events"):
        ticker.room.emit(Stray())


def test_a_room_that_makes_events_without_end_is_stopped(ticker: Ticker) -> None:
    for _ in range(10_000):
        ticker.room.emit(Spark())
    with pytest.raises(GameError, match="more than 10000 events in one tick"):
        ticker.room.emit(Spark())


@pytest.mark.parametrize(
    ("events", "problem"),
    [(Hit | int, "is not an Event class"), (Add, "is not an Event class")],
)
def test_events_that_are_none_are_refused(events: object, problem: str) -> None:
    with pytest.raises(GameError, match=problem):
        type("Wrong", (Tally,), {"events": events})


def test_two_events_of_the_same_name_are_refused() -> None:
    other = type("Hit", (Event,), {})
    with pytest.raises(GameError, match=r"two events have the same name on the wire: \['hit', 'hit'\]"):
        type("Wrong", (Tally,), {"events": Hit | other})


def test_an_exception_in_on_drop_is_the_rooms_fault(ada: Seat) -> None:
    class Broken(Kept):
        def on_drop(self, player: Player) -> None:
            raise ValueError("no")

    ticker = Ticker("broken", new_room(Broken), 4, 4000, grace_s=1)
    ticker.request(ada)
    ticker.step()
    ticker.drop(ada)
    with pytest.raises(RoomFault, match="on_drop raised in tick 2"):
        ticker.step()
