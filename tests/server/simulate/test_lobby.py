"""Who may enter which room, which rooms are made, and which go away."""

from __future__ import annotations

import logging

import pytest

from pelton.protocol import Join
from pelton.server import Player
from pelton.server.clock import NS_PER_S
from pelton.server.simulate.errors import JoinRejected
from pelton.server.simulate.lobby import Lobby, OpenRoom
from pelton.server.simulate.seat import Seat
from tests.server.fakes import a_new_room, any_room, new_lobby, new_seat, session_of, the_room
from tests.server.games import GAMES, Tally

EMPTY_TTL_S = 10


@pytest.fixture
def lobby() -> Lobby:
    return new_lobby(GAMES, "simulate.rooms_max=4", f"simulate.room_empty_ttl_s={EMPTY_TTL_S}")


def enter(lobby: Lobby, join: Join) -> tuple[Seat, OpenRoom]:
    seat = new_seat(lobby.new_player("session", {}).id)
    return seat, lobby.enter(join, seat, 0)


def game_of(opened: OpenRoom) -> Tally:
    room = opened.ticker.room
    assert isinstance(room, Tally)
    return room


def rejected(lobby: Lobby, join: Join) -> str:
    """The reason why the join is turned away; nothing may be left of it."""
    before = (len(lobby), lobby.players)
    with pytest.raises(JoinRejected) as caught:
        enter(lobby, join)
    assert (len(lobby), lobby.players) == before
    assert caught.value.detail
    return caught.value.reason


# Into which room.


def test_join_or_create_fills_rooms_in_the_order_of_their_making(lobby: Lobby) -> None:
    rooms = [enter(lobby, any_room("tally"))[1] for _ in range(9)]
    assert rooms == [rooms[0]] * 4 + [rooms[4]] * 4 + [rooms[8]]
    assert [opened.ticker.taken for opened in lobby] == [4, 4, 1]


def test_join_or_create_takes_the_first_seat_that_is_free_again(lobby: Lobby) -> None:
    seats = [enter(lobby, any_room("tally")) for _ in range(6)]
    lobby.leave(seats[1][0])
    assert enter(lobby, any_room("tally"))[1] is seats[0][1]


def test_join_or_create_stays_in_its_game(lobby: Lobby) -> None:
    _, tally = enter(lobby, any_room("tally"))
    _, fast = enter(lobby, any_room("fast"))
    assert (tally.ticker.game, fast.ticker.game, len(lobby)) == ("tally", "fast", 2)


def test_create_makes_a_room_though_others_have_seats(lobby: Lobby) -> None:
    _, one = enter(lobby, any_room("tally"))
    _, two = enter(lobby, a_new_room("tally"))
    assert one is not two
    assert [opened for opened in lobby] == [one, two]  # noqa: C416 - a lobby is no list


def test_a_room_is_found_by_its_id(lobby: Lobby) -> None:
    _, one = enter(lobby, a_new_room("tally"))
    _, two = enter(lobby, a_new_room("tally"))
    assert enter(lobby, the_room(two.room_id))[1] is two
    assert enter(lobby, the_room(one.room_id))[1] is one


def test_a_locked_room_is_entered_by_its_id_only(lobby: Lobby) -> None:
    _, opened = enter(lobby, any_room("tally"))
    opened.ticker.room.locked = True
    assert enter(lobby, any_room("tally"))[1] is not opened
    assert enter(lobby, the_room(opened.room_id))[1] is opened


def test_a_room_that_has_ended_is_not_filled(lobby: Lobby) -> None:
    _, opened = enter(lobby, any_room("tally"))
    opened.ticker.room.end()
    assert enter(lobby, any_room("tally"))[1] is not opened


def test_a_room_is_told_the_options_of_the_join_that_made_it(lobby: Lobby) -> None:
    _, opened = enter(lobby, a_new_room("tally", map="desert"))
    assert opened.ticker.room.options == {"map": "desert"}
    assert game_of(opened).told == ["create"]


# Rejections.


def test_a_game_that_is_not_here_is_rejected_with_those_that_are(lobby: Lobby) -> None:
    for join in (any_room("chess"), a_new_room("chess"), any_room("")):
        assert rejected(lobby, join) == "unknown_game"
    with pytest.raises(JoinRejected, match="fast, fragile, one_shot"):
        enter(lobby, any_room("chess"))


def test_a_room_that_is_not_there_is_rejected(lobby: Lobby) -> None:
    enter(lobby, any_room("tally"))
    for room_id in ("abcdefgh", "tally", ""):
        assert rejected(lobby, the_room(room_id)) == "no_such_room"


def test_a_full_room_is_rejected_by_its_id(lobby: Lobby) -> None:
    _, opened = enter(lobby, a_new_room("solo"))
    assert rejected(lobby, the_room(opened.room_id)) == "room_full"


def test_more_rooms_than_allowed_are_rejected(lobby: Lobby) -> None:
    for _ in range(4):
        enter(lobby, a_new_room("solo"))
    assert rejected(lobby, a_new_room("solo")) == "too_many_rooms"
    assert rejected(lobby, any_room("solo")) == "too_many_rooms"
    assert rejected(lobby, any_room("tally")) == "too_many_rooms"


def test_a_closing_lobby_rejects_everybody(lobby: Lobby) -> None:
    _, opened = enter(lobby, any_room("tally"))
    lobby.closing = True
    for join in (any_room("tally"), a_new_room("tally"), the_room(opened.room_id), any_room("chess")):
        assert rejected(lobby, join) == "shutting_down"


def test_a_room_that_cannot_be_made_is_rejected_and_logged(lobby: Lobby, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert rejected(lobby, any_room("still_born")) == "room_error"
    (record,) = caplog.records
    assert "on_create raised in tick 0" in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], RuntimeError)


def test_what_a_game_raises_is_not_told_to_the_player(lobby: Lobby) -> None:
    with pytest.raises(JoinRejected) as caught:
        enter(lobby, any_room("still_born"))
    assert "not today" not in caught.value.detail


# Leaving and closing.


def test_a_seat_is_given_back_once(lobby: Lobby) -> None:
    seat, opened = enter(lobby, any_room("tally"))
    other, _ = enter(lobby, any_room("tally"))
    opened.ticker.step()
    for _ in range(3):
        lobby.leave(seat)
    assert lobby.players == 1
    assert opened.ticker.step().left == [seat]
    assert opened.ticker.seats == [other]
    lobby.leave(new_seat(9))
    assert lobby.players == 1


def test_closing_a_room_tells_its_players_and_its_game(lobby: Lobby) -> None:
    seats = [enter(lobby, any_room("tally")) for _ in range(2)]
    outsider, other = enter(lobby, a_new_room("tally"))
    opened = seats[0][1]
    lobby.close(opened, "room_closed")
    for seat, _ in seats:
        assert (session_of(seat).left_reasons, seat.live) == (["room_closed"], False)
    assert (session_of(outsider).left_reasons, outsider.live) == ([], True)
    assert (list(lobby), lobby.players) == ([other], 1)
    assert game_of(opened).told[-1] == "dispose"
    lobby.leave(seats[0][0])
    assert lobby.players == 1


def test_who_left_before_a_room_closes_is_not_told_again(lobby: Lobby) -> None:
    seat, opened = enter(lobby, any_room("tally"))
    lobby.leave(seat)
    lobby.close(opened, "room_closed")
    assert session_of(seat).left_reasons == []


def test_a_game_that_raises_on_its_way_out_is_logged_and_gone(caplog: pytest.LogCaptureFixture) -> None:
    class Clinging(Tally):
        def on_dispose(self) -> None:
            raise RuntimeError("stay")

    lobby = new_lobby({"clinging": Clinging})
    _, opened = enter(lobby, any_room("clinging"))
    lobby.close(opened, "room_closed")
    assert len(lobby) == 0
    assert "on_dispose raised" in caplog.text


def seconds(s: float) -> int:
    return round(s * NS_PER_S)


def test_an_empty_room_goes_after_its_time_and_not_before(lobby: Lobby) -> None:
    seat, opened = enter(lobby, any_room("tally"))
    assert not lobby.close_empty(opened, seconds(1000))
    lobby.leave(seat)
    assert not lobby.close_empty(opened, seconds(1000))  # the leaver is still seated until the tick
    opened.ticker.step()
    assert not lobby.close_empty(opened, seconds(1000))
    assert not lobby.close_empty(opened, seconds(1000 + EMPTY_TTL_S) - 1)
    assert lobby.close_empty(opened, seconds(1000 + EMPTY_TTL_S))
    assert len(lobby) == 0
    assert game_of(opened).told[-1] == "dispose"


def test_somebody_who_comes_in_time_keeps_the_room(lobby: Lobby) -> None:
    seat, opened = enter(lobby, any_room("tally"))
    lobby.leave(seat)
    opened.ticker.step()
    lobby.close_empty(opened, 0)
    late, _ = enter(lobby, the_room(opened.room_id))
    assert not lobby.close_empty(opened, seconds(EMPTY_TTL_S * 2))
    lobby.leave(late)
    opened.ticker.step()
    assert not lobby.close_empty(opened, seconds(EMPTY_TTL_S * 3))  # its time starts anew
    assert lobby.close_empty(opened, seconds(EMPTY_TTL_S * 4))


def test_an_empty_room_with_no_time_goes_at_once() -> None:
    lobby = new_lobby(GAMES, "simulate.room_empty_ttl_s=0")
    seat, opened = enter(lobby, any_room("tally"))
    lobby.leave(seat)
    opened.ticker.step()
    lobby.close_empty(opened, 5)
    assert lobby.close_empty(opened, 5)


def test_a_room_that_ends_itself_is_closed_though_it_is_full(lobby: Lobby) -> None:
    seat, opened = enter(lobby, any_room("tally"))
    opened.ticker.step()
    opened.ticker.room.end()
    assert lobby.close_empty(opened, 0)
    assert session_of(seat).left_reasons == ["room_closed"]
    assert (len(lobby), lobby.players) == (0, 0)


def test_closing_rooms_while_going_through_them_is_safe(lobby: Lobby) -> None:
    for _ in range(4):
        enter(lobby, a_new_room("solo"))
    for opened in lobby:
        lobby.close(opened, "room_closed")
    assert (len(lobby), lobby.players) == (0, 0)


# Names and numbers.


def test_players_have_numbers_of_their_own(lobby: Lobby) -> None:
    players: list[Player] = [lobby.new_player("s", {}) for _ in range(5)]
    assert [player.id for player in players] == [1, 2, 3, 4, 5]


def test_the_same_seed_makes_the_same_rooms() -> None:
    def rooms(seed: int) -> list[tuple[str, float]]:
        lobby = new_lobby(GAMES, seed=seed)
        opened = [enter(lobby, a_new_room("solo"))[1] for _ in range(3)]
        return [(each.room_id, each.ticker.room.random.random()) for each in opened]

    assert rooms(5) == rooms(5)
    assert not set(rooms(5)) & set(rooms(6))
    assert len({room_id for room_id, _ in rooms(5)}) == 3
