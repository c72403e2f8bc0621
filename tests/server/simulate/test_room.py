"""What a game may declare, what is refused when its class is read, and what a room has without its author's doing."""

from __future__ import annotations

import math
from random import Random
from typing import Annotated, Any

import pytest

from pelton.protocol import Act
from pelton.server import U8, Action, GameError, Room, Row, Size, Table, Tick
from tests.server.fakes import new_room, new_seat, new_ticker, offer
from tests.server.games import Add, Score, Shout, Tally


class Unbounded(Action):
    text: str


class UnboundedInside(Action):
    numbers: Annotated[list[int], Size(4)]


class Dot(Row):
    x = U8()


def declare(**attributes: Any) -> Any:
    """A class `Game(Room)` with these attributes."""
    return type("Game", (Room,), attributes)


# Actions.


@pytest.mark.parametrize(
    ("declared", "expected"),
    [((), ()), (Add, (Add,)), (Add | Shout, (Add, Shout)), (Shout | Add, (Shout, Add))],
    ids=["none", "one", "two", "two in another order"],
)
def test_actions_are_declared_as_one_or_several_classes(declared: Any, expected: tuple[type[Action], ...]) -> None:
    assert declare(actions=declared).action_types == expected


@pytest.mark.parametrize("declared", [int, Add | int, "add", None, Add(1), Row], ids=repr)
def test_what_is_no_action_class_is_refused(declared: Any) -> None:
    with pytest.raises(GameError, match=r"Game\.actions: .* is not an Action class"):
        declare(actions=declared)


@pytest.mark.parametrize(("action", "field"), [(Unbounded, "text"), (UnboundedInside, "numbers")])
def test_an_action_that_a_client_could_make_as_large_as_it_likes_is_refused(action: type[Action], field: str) -> None:
    with pytest.raises(GameError, match=rf"Game\.actions: {action.__name__}\.{field}: .* needs"):
        declare(actions=Add | action)


def test_two_actions_of_one_name_are_refused() -> None:
    other: Any = type("Add", (Action,), {})
    with pytest.raises(GameError, match=r"Game\.actions: two actions have the same name on the wire: \['add', 'add'\]"):
        declare(actions=Add | other)


# Numbers.


@pytest.mark.parametrize("tick_hz", [0, -1, 240.1, 1000, math.inf, math.nan])
def test_a_rate_that_cannot_be_kept_is_refused(tick_hz: float) -> None:
    with pytest.raises(GameError, match=r"Game\.tick_hz: "):
        declare(tick_hz=tick_hz)


@pytest.mark.parametrize("tick_hz", [0.1, 1, 29.97, 240])
def test_a_rate_may_be_a_fraction(tick_hz: float) -> None:
    assert declare(tick_hz=tick_hz).tick_hz == tick_hz


@pytest.mark.parametrize("seats", [0, -1])
def test_a_room_needs_a_seat(seats: int) -> None:
    with pytest.raises(GameError, match=r"Game\.seats: expected 1 or more"):
        declare(seats=seats)


@pytest.mark.parametrize(("name", "value"), [("tick_hz", "20"), ("tick_hz", None), ("seats", "4"), ("seats", math.nan)])
def test_a_rate_or_number_of_seats_that_is_none_is_a_game_error(name: str, value: Any) -> None:
    """NaN compares false with everything: a room with so many seats would never be full."""
    with pytest.raises(GameError, match=rf"Game\.{name}: "):
        declare(**{name: value})


# Tables.


def test_each_room_has_its_own_tables() -> None:
    one, other = new_room(Tally), new_room(Tally)
    one.scores.add(1)
    assert (len(one.scores), len(other.scores), len(Tally.scores)) == (1, 0, 0)
    assert one.scores.table_name == other.scores.table_name == "scores"


def test_tables_and_actions_are_inherited() -> None:
    class Sequel(Tally):
        dots = Table(Dot)

    assert (Sequel.table_names, Tally.table_names) == (("dots", "scores"), ("scores",))
    assert Sequel.action_types == Tally.action_types
    room = new_room(Sequel)
    room.dots.add(1)
    room.scores.add(1)


@pytest.mark.parametrize("name", ["players", "options", "random", "room_id", "locked", "ended", "tables"])
def test_a_table_cannot_take_the_name_of_something_that_rooms_have(name: str) -> None:
    """As with rows. A table `players` would raise in the middle of a tick, outside of what ends the room alone."""
    with pytest.raises(GameError, match=name):
        declare(**{name: Table(Dot)})


def test_one_table_under_two_names_is_two_tables_or_is_refused() -> None:
    """Two tables of one name cannot be told apart by a client."""
    table = Table(Dot)
    try:
        twice = declare(here=table, there=table)
    except GameError:
        return
    ticker = new_ticker(new_room(twice))
    assert [name for name, *_ in ticker.card(new_seat()).tables] == ["here", "there"]


# What a room has.


def test_a_new_room_is_open_and_empty() -> None:
    room = Tally("abc", Random(3), {"map": "desert"})
    assert (room.room_id, room.options, room.players, room.locked, room.ended) == (
        "abc",
        {"map": "desert"},
        {},
        False,
        False,
    )
    assert room.random.random() == Random(3).random()


def test_a_room_that_ends_itself_says_so() -> None:
    room = new_room(Tally)
    room.end()
    assert room.ended


def test_a_tick_knows_its_time() -> None:
    assert Tick(30, 0.05).time == 30 * 0.05
    assert (Tick(1, 0.05).number, Tick(1, 0.05).dt) == (1, 0.05)


def test_a_game_without_rules_takes_every_action() -> None:
    room = new_room(declare(actions=Add))
    seat = new_seat()
    ticker = new_ticker(room, seat)
    offer(seat, 1, Add(1), Add(2))
    ticker.step()
    assert (seat.acked, seat.refused, len(seat.inbox)) == (2, [], 0)


def test_a_player_has_the_name_he_asked_for_or_one_made_of_his_number() -> None:
    assert new_seat(7, name="Ada").player.name == "Ada"
    assert new_seat(7).player.name == "player-7"
    assert repr(new_seat(7).player) == "Player(7, 'player-7')"


@pytest.mark.parametrize("name", [3, None, True, 1.5, ""], ids=repr)
def test_a_name_that_is_no_text_is_ignored(name: Any) -> None:
    seat = new_seat(7)
    seat.player.options = {"name": name}
    assert seat.player.name == "player-7"


def test_an_action_reaches_the_game_as_it_was_decoded() -> None:
    room = new_room(Tally)
    seat = new_seat(5)
    ticker = new_ticker(room, seat)
    ticker.step()
    action = Add(3)
    seat.inbox.offer(Act(1, action))
    ticker.step()
    assert room.taken == [(5, action)]
    assert room.taken[0][1] is action
    assert isinstance(room.scores[5], Score)
