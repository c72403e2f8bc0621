"""Who sees which rows by each rule, as told by the ids of the rows in the groups that a player sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pelton.server import (
    F32,
    I32,
    U8,
    U32,
    Bool,
    By,
    Everyone,
    GameError,
    Grid,
    Groups,
    OwnerOnly,
    Room,
    Row,
    Str,
    Table,
    Team,
)
from pelton.server.simulate.state.layer import NOWHERE
from tests.server.fakes import new_room
from tests.server.simulate.state.tables import changed, ids_in, new_player, seen


class Piece(Row):
    owner = U32()
    team = U8()
    clan = Str(8)
    hot = Bool()
    heat = F32()

    hidden = False


def new_pieces(groups: Groups | tuple[Groups, ...]) -> Table[Any]:
    table: Table[Any] = Table(Piece, groups, table_name="pieces")
    table.bind({"pieces": table})
    return table


# Everyone.


def test_everybody_sees_every_row_unless_told_otherwise() -> None:
    for groups in ((), Everyone()):
        pieces = new_pieces(groups)
        for row_id in (1, 2, 300):
            pieces.add(row_id)
        pieces.commit(1)
        assert [seen(pieces, new_player(number)) for number in (1, 99)] == [{1, 2, 300}] * 2
        pieces.remove(2)
        pieces.commit(2)
        assert seen(pieces, new_player(7)) == {1, 300}


# Owners.


def test_a_row_is_seen_by_its_owner_alone() -> None:
    pieces = new_pieces(OwnerOnly("owner"))
    for row_id, owner in ((1, 7), (2, 8), (3, 7), (4, 0), (5, 2**32 - 1)):
        pieces.add(row_id, owner=owner)
    pieces.commit(1)
    assert [seen(pieces, new_player(number)) for number in (7, 8, 9)] == [{1, 3}, {2}, set()]
    assert seen(pieces, new_player(2**32 - 1)) == {5}
    assert seen(pieces, new_player(2**32 + 7)) == set()


def test_to_look_through_anothers_eyes_is_not_to_own() -> None:
    pieces = new_pieces(OwnerOnly("owner"))
    pieces.add(1, owner=7)
    pieces.commit(1)
    assert seen(pieces, new_player(8, focus=7)) == set()


def test_a_row_that_changes_hands_is_seen_by_the_new_owner_when_the_tick_is_over() -> None:
    pieces = new_pieces(OwnerOnly("owner"))
    row = pieces.add(1, owner=7)
    pieces.commit(1)
    row.owner = 8
    assert (seen(pieces, new_player(7)), seen(pieces, new_player(8))) == ({1}, set())
    pieces.commit(2)
    assert (seen(pieces, new_player(7)), seen(pieces, new_player(8))) == (set(), {1})
    pieces.owner[...] = 9
    pieces.commit(3)
    assert (seen(pieces, new_player(8)), seen(pieces, new_player(9))) == (set(), {1})


# Teams.


@pytest.mark.parametrize(("field", "red", "blue"), [("team", 1, 2), ("clan", "red", "blue"), ("hot", True, False)])
def test_a_row_is_seen_by_those_of_the_same_team(field: str, red: Any, blue: Any) -> None:
    pieces = new_pieces(Team(field))
    for row_id, team in ((1, red), (2, blue), (3, red)):
        pieces.add(row_id, **{field: team})
    pieces.commit(1)
    assert [seen(pieces, new_player(number)) for number in (1, 2, 3)] == [{1, 3}, {2}, {1, 3}]
    setattr(pieces[1], field, blue)
    pieces.commit(2)
    assert [seen(pieces, new_player(number)) for number in (1, 2, 3)] == [{1, 2}, {1, 2}, {3}]


def test_who_has_no_row_of_his_own_sees_no_team_until_he_has_one() -> None:
    pieces = new_pieces(Team("team"))
    pieces.add(1, team=0)
    pieces.commit(1)
    assert seen(pieces, new_player(5)) == set()
    assert pieces.layers[0].view_of(new_player(5), NOWHERE) is NOWHERE
    pieces.add(5, team=0)
    pieces.commit(2)
    assert seen(pieces, new_player(5)) == {1, 5}


def test_whose_own_row_is_gone_goes_on_seeing_his_team() -> None:
    pieces = new_pieces(Team("clan"))
    pieces.add(1, clan="red")
    pieces.add(2, clan="red")
    pieces.commit(1)
    before = pieces.layers[0].view_of(new_player(1), NOWHERE)
    pieces.remove(1)
    pieces.add(3, clan="red")
    pieces.commit(2)
    assert pieces.layers[0].view_of(new_player(1), before) is before
    assert seen(pieces, new_player(1), before) == {2, 3}


def test_a_player_may_look_through_the_eyes_of_another_row() -> None:
    pieces = new_pieces(Team("team"))
    for row_id in (1, 2):
        pieces.add(row_id, team=row_id)
    pieces.commit(1)
    player = new_player(1)
    assert player.focus == 1
    player.focus = 2
    assert seen(pieces, player) == {2}
    player.focus = 77
    assert seen(pieces, player) == set()


class Follow(Room):
    pieces = Table(Piece)
    orders = Table(Piece, groups=Team("clan", follow="pieces"))
    shots = Table(Piece, groups=(Team("team", follow="pieces"), OwnerOnly("owner")))


def test_a_team_may_be_that_of_ones_row_in_another_table() -> None:
    room = new_room(Follow)
    room.pieces.add(1, clan="red")
    room.orders.add(1, clan="blue")
    room.orders.add(9, clan="red")
    for table in room.tables.values():
        table.commit(1)
    assert seen(room.orders, new_player(1)) == {9}
    assert seen(room.orders, new_player(9)) == set()


def test_a_row_of_several_rules_is_seen_by_those_who_see_it_by_any() -> None:
    room = new_room(Follow)
    room.pieces.add(1, team=1)
    room.pieces.add(2, team=2)
    room.shots.add(50, team=1, owner=2)
    room.shots.add(51, team=2, owner=2)
    room.shots.add(52, team=9, owner=1)
    for table in room.tables.values():
        table.commit(1)
    found = {number: [seen(room.shots, new_player(number), layer=layer) for layer in (0, 1)] for number in (1, 2)}
    assert found == {1: [{50}, {52}], 2: [{51}, {50, 51}]}
    groups = [group for layer in room.shots.layers for group in layer.members]
    assert len(set(groups)) == len(groups), "no two rules share a group's number"
    assert room.shots.groups_known == len(groups) == max(groups) + 1


def test_a_table_that_is_to_be_followed_but_is_not_there_is_named() -> None:
    class Lost(Room):
        orders = Table(Piece, groups=Team("team", follow="peaces"))

    with pytest.raises(GameError, match="orders: its groups follow 'peaces', but the room has no such table"):
        new_room(Lost)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (Team("clan", follow="others"), "Other has no column 'clan' for its groups"),
        (Grid("heat", "heat", cell=1, follow="others"), r"Other\.heat: groups need a column of "),
    ],
    ids=["team", "grid"],
)
def test_a_table_that_is_to_be_followed_needs_the_columns_of_the_rule(rule: Groups, problem: str) -> None:
    """Told when the room is made, and not by the first player who joins it."""

    class Other(Row):
        heat = Str(4)

    class Lost(Room):
        others = Table(Other)
        orders = Table(Piece, groups=rule)

    with pytest.raises(GameError, match=problem):
        new_room(Lost)


# Rules of a game.


def test_a_rule_of_the_games_own_decides_by_the_whole_row_and_the_whole_player() -> None:
    pieces = new_pieces(By(lambda row: (row.clan, row.id % 2), lambda player: [("a", player.id % 2), ("b", 0)]))
    for row_id, clan in ((1, "a"), (2, "a"), (3, "b"), (4, "b")):
        pieces.add(row_id, clan=clan)
    pieces.commit(1)
    assert seen(pieces, new_player(5)) == {1, 4}
    assert seen(pieces, new_player(6)) == {2, 4}


def test_a_row_without_a_key_is_hidden_from_all() -> None:
    pieces = new_pieces(By(lambda row: row.clan or None, lambda _: ["a", None]))
    pieces.add(1, clan="a")
    pieces.add(2)
    pieces.commit(1)
    assert seen(pieces, new_player(1)) == {1}
    pieces[2].clan = "a"
    pieces[1].clan = ""
    pieces.commit(2)
    assert seen(pieces, new_player(1)) == {2}
    assert min(pieces.layers[0].groups.array[:2].tolist()) == -1
    pieces.remove(1)
    pieces.remove(2)
    pieces.commit(3)
    assert seen(pieces, new_player(1)) == set()


def test_what_is_no_column_is_heard_of_after_a_touch() -> None:
    pieces = new_pieces(By(lambda row: "hidden" if row.hidden else "shown", lambda _: ["shown"]))
    pieces.add(1)
    pieces.add(2)
    pieces.commit(1)
    pieces[1].hidden = True
    assert (changed(pieces, 2), seen(pieces, new_player(1))) == ([], {1, 2})
    pieces.touch(1)
    assert (changed(pieces, 3), seen(pieces, new_player(1))) == ([1], {2})


def test_a_rule_is_asked_of_rows_that_changed_and_of_no_others() -> None:
    asked: list[int] = []

    def group(row: Piece) -> str:
        asked.append(row.id)
        return row.clan

    pieces = new_pieces(By(group, lambda _: []))
    for row_id in range(1, 51):
        pieces.add(row_id)
    pieces.commit(1)
    assert asked == list(range(1, 51))
    asked.clear()
    pieces[7].heat = 1
    pieces.commit(2)
    pieces.commit(3)
    assert asked == [7]


def test_a_player_sees_what_the_rule_says_at_this_moment_and_each_key_once() -> None:
    keys = ["a", "a", "b"]
    pieces = new_pieces(By(lambda row: row.clan, lambda _: keys))
    for row_id, clan in ((1, "a"), (2, "b"), (3, "c")):
        pieces.add(row_id, clan=clan)
    pieces.commit(1)
    layer = pieces.layers[0]
    first = layer.view_of(new_player(1), NOWHERE)
    assert (len(first.near), first.far, ids_in(layer, first.near)) == (2, (), {1, 2})
    assert layer.view_of(new_player(9), first) is first, "who sees the same has the same view"
    keys[:] = ["c"]
    assert ids_in(layer, layer.view_of(new_player(1), first).near) == {3}
    keys.clear()
    assert layer.view_of(new_player(1), first).near == ()


def test_keys_that_no_row_has_had_yet_are_waited_for() -> None:
    pieces = new_pieces(By(lambda row: row.clan, lambda _: ["late"]))
    pieces.commit(1)
    view = pieces.layers[0].view_of(new_player(1), NOWHERE)
    pieces.add(1, clan="late")
    pieces.commit(2)
    assert pieces.layers[0].view_of(new_player(1), view) is view
    assert ids_in(pieces.layers[0], view.near) == {1}


def test_a_group_has_a_name_for_people() -> None:
    pieces = new_pieces(By(lambda row: row.clan, lambda _: []))
    pieces.add(1, clan="red")
    pieces.commit(1)
    assert [pieces.layers[0].name_of(group) for group in (0, 1)] == ["'red'", "?"]


# Declarations.


DECLARED: list[tuple[Callable[[], Groups], str]] = [
    (lambda: OwnerOnly("ownr"), "Piece has no column 'ownr' for its groups"),
    (lambda: OwnerOnly("clan"), r"Piece\.clan: groups need a column of whole numbers here"),
    (lambda: OwnerOnly("heat"), r"Piece\.heat: groups need a column of whole numbers here"),
    (lambda: OwnerOnly("hot"), r"Piece\.hot: groups need a column of whole numbers here"),
    (lambda: Team("hidden"), "Piece has no column 'hidden' for its groups"),
    (lambda: Grid("heat", "y", cell=1), "Piece has no column 'y' for its groups"),
    (lambda: Grid("clan", "heat", cell=1), r"Piece\.clan: groups need a column of "),
]


@pytest.mark.parametrize(("make", "problem"), DECLARED)
def test_a_rule_that_does_not_fit_its_rows_is_refused_at_the_declaration(
    make: Callable[[], Groups], problem: str
) -> None:
    with pytest.raises(GameError, match=problem):
        Table(Piece, groups=make())
    with pytest.raises(GameError, match=problem):
        Table(Piece, groups=(Everyone(), make()))


def test_owners_may_stand_in_any_column_of_whole_numbers() -> None:
    class Signed(Row):
        owner = I32()

    table: Table[Any] = Table(Signed, OwnerOnly("owner"), table_name="signed")
    table.bind({})
    table.add(1, owner=-1)
    table.add(2, owner=3)
    table.commit(1)
    assert seen(table, new_player(3)) == {2}
