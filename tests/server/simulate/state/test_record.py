"""A record is one row that is always there, and a table like all others to those who send it."""

from __future__ import annotations

import pytest

from pelton.server import U8, By, Everyone, Json, Record, Room, Row, RowError, Table
from tests.server.fakes import new_room
from tests.server.simulate.state.tables import changed, new_player, seen


class Match(Row):
    turn = U8(3)
    pot = Json(64, default=[])


class Game(Room):
    match = Record(Match)
    secret = Record(Match, groups=By(lambda _: "vault", lambda player: ["vault"] if player.id == 1 else []))


def test_a_record_is_there_from_the_beginning_with_its_defaults() -> None:
    room = new_room(Game)
    assert (room.match.id, room.match.turn, room.match.pot) == (0, 3, [])
    assert isinstance(room.match, Match)


def test_a_rooms_record_is_its_own_and_read_and_written_as_an_attribute() -> None:
    one, other = new_room(Game), new_room(Game)
    one.match.turn = 7
    one.match.pot = [*one.match.pot, "hearts"]
    assert (one.match.turn, one.match.pot, other.match.turn, other.match.pot) == (7, ["hearts"], 3, [])
    with pytest.raises(RowError, match=r"match\[0\]\.turn: 256 is not between 0 and 255"):
        one.match.turn = 256


def test_a_record_is_a_table_of_one_row_to_those_who_send_it() -> None:
    room = new_room(Game)
    table = room.tables["match"]
    assert (table.shape, len(table), table.ids.tolist(), table[0]) == ("record", 1, [0], room.match)
    assert (Table(Match).shape, list(room.tables)) == ("table", ["match", "secret"])
    assert changed(table, 1) == [0]
    assert changed(table, 2) == []
    room.match.turn = 4
    assert changed(table, 3) == [0]
    assert isinstance(table.groups[0], Everyone)


def test_everybody_sees_a_record_unless_told_otherwise() -> None:
    room = new_room(Game)
    for table in room.tables.values():
        table.commit(1)
    assert [seen(room.tables["match"], new_player(number)) for number in (1, 2)] == [{0}, {0}]
    assert [seen(room.tables["secret"], new_player(number)) for number in (1, 2)] == [{0}, set()]
    assert room.tables["match"].layers[0].members.keys() == {0}, "in group 0, as the SPEC says of records"


def test_a_record_keeps_a_past_if_it_is_told_to() -> None:
    class Remembering(Room):
        match = Record(Match, rewind_ticks=2)

    room = new_room(Remembering)
    for tick in (1, 2, 3):
        room.match.turn = tick
        room.tables["match"].commit(tick)
    assert [room.tables["match"].rewind(tick)[0].turn for tick in (1, 2, 3)] == [2, 2, 3]
