"""Who left which group when: exactly what one must hear who knew the groups as of some tick, and for no longer."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.server import By, Row, Str, Table
from pelton.server.simulate.state import layer as layer_module
from pelton.server.simulate.state.layer import NOWHERE, Departure
from tests.server.simulate.state.tables import new_player


class Clue(Row):
    code = Str(8)


class Clues:
    """Rows in groups by their code, no code is no group; a tick for each call of `tick`."""

    def __init__(self) -> None:
        spec = By(lambda row: row.code or None, lambda player: [player.options["code"]])
        self.table: Table[Any] = Table(Clue, spec, table_name="clues")
        self.table.bind({})
        self.layer = self.table.layers[0]
        self.now = 0

    def tick(self, **codes: str | None) -> int:
        """Bring each row `_id` to its code, or take it out; answers the tick."""
        for name, code in codes.items():
            row_id = int(name[1:])
            if code is None:
                self.table.remove(row_id)
            elif row_id in self.table:
                self.table[row_id].code = code
            else:
                self.table.add(row_id, code=code)
        self.now += 1
        self.table.commit(self.now)
        return self.now

    def group(self, code: str) -> int:
        return self.layer._numbers[code]

    def left(self, since: int) -> list[tuple[int, str, bool]]:
        """Who left after that tick, the latest first: id, code, whether it is gone."""
        codes = {number: str(code) for code, number in self.layer._numbers.items()}
        return [(each.row_id, codes[each.group], each.is_gone) for each in self.layer.departures(since)]

    def members(self, code: str) -> set[int]:
        return self.layer.members[self.group(code)]


@pytest.fixture
def clues() -> Clues:
    return Clues()


def test_a_row_is_in_its_group_since_the_tick_in_which_it_came(clues: Clues) -> None:
    clues.tick(_1="a")
    clues.tick(_2="a", _3="b")
    clues.tick(_1="b")
    assert (clues.members("a"), clues.members("b")) == ({2}, {1, 3})
    assert [clues.layer.entered.view[row.slot] for row in clues.table] == [3, 2, 2]
    assert [clues.layer.groups.view[row.slot] for row in clues.table] == [clues.group(code) for code in ("b", "a", "b")]


def test_a_row_that_moved_and_one_that_was_removed_are_told_apart(clues: Clues) -> None:
    clues.tick(_1="a", _2="a", _3="a")
    clues.tick(_1="b", _2=None)
    assert sorted(clues.left(1)) == [(1, "a", False), (2, "a", True)]
    assert next(clues.layer.departures(1)) == Departure(2, clues.group("a"), 1, True)
    assert clues.left(2) == []


def test_a_row_that_is_hidden_is_moved_and_not_removed(clues: Clues) -> None:
    clues.tick(_1="a")
    clues.tick(_1="")
    assert clues.left(1) == [(1, "a", False)]
    clues.tick(_1=None)
    assert clues.left(1) == [(1, "a", False)], "gone out of sight: nobody is told"


def test_a_row_that_nobody_was_told_of_is_not_told_to_be_gone(clues: Clues) -> None:
    clues.tick(_1="a")
    clues.tick(_2="a")
    clues.tick(_2=None)
    assert clues.left(1) == []
    assert clues.left(2) == [(2, "a", True)]


def test_a_row_that_came_and_went_within_a_tick_leaves_no_trace(clues: Clues) -> None:
    clues.tick(_1="a")
    clues.table.add(2, code="a")
    clues.table.remove(2)
    clues.table[1].code = "b"
    clues.table[1].code = "a"
    clues.tick()
    assert (clues.left(1), clues.left(0), clues.members("a")) == ([], [], {1})


def test_a_row_that_moved_away_and_came_back_has_left_and_entered(clues: Clues) -> None:
    clues.tick(_1="a")
    clues.tick(_1="b")
    clues.tick(_1="a")
    assert clues.left(1) == [(1, "a", False)]
    assert (clues.members("a"), clues.layer.entered.view[0]) == ({1}, 3)
    assert clues.left(2) == [(1, "b", False)]


def test_a_row_made_anew_in_one_tick_is_gone_and_entered(clues: Clues) -> None:
    clues.tick(_1="a", _2="b")
    clues.table.remove(1)
    clues.tick(_1="a")
    assert (clues.left(1), clues.members("a")) == ([(1, "a", True)], {1})
    assert clues.layer.entered.view[clues.table[1].slot] == 2


def test_departures_are_forgotten_when_nobody_can_ask_for_them_any_more(clues: Clues) -> None:
    clues.tick(_1="a", _2="a", _3="a")
    for row_id in ("_1", "_2", "_3"):
        clues.tick(**{row_id: "b"})
    assert len(clues.left(1)) == 3
    clues.layer.forget(3)
    assert [row_id for row_id, *_ in clues.left(2)] == [3, 2], "asked as of tick 2: ticks 3 and 4"
    assert [row_id for row_id, *_ in clues.left(1)] == [3, 2]
    clues.layer.forget(99)
    assert clues.left(1) == []


def test_a_group_has_its_rows_in_the_order_of_their_ids_wherever_they_stand(clues: Clues) -> None:
    clues.tick(_9="a", _3="b", _7="a", _1="b", _5="a")

    def ids(code: str) -> list[int]:
        return [clues.table.row_at(slot).id for slot in clues.layer.slots_in(clues.group(code))]

    def all_ids() -> list[int]:
        return [clues.table.row_at(slot).id for slot in clues.layer.slots_by_group()]

    assert (ids("a"), ids("b"), all_ids()) == ([5, 7, 9], [1, 3], [5, 7, 9, 1, 3])
    clues.tick(_9=None)  # the last row takes its slot
    assert (ids("a"), ids("b"), all_ids()) == ([5, 7], [1, 3], [5, 7, 1, 3])
    clues.tick(_7="b", _2="a", _4="")
    assert (ids("a"), ids("b"), all_ids()) == ([2, 5], [1, 3, 7], [2, 5, 1, 3, 7])
    clues.tick(_5="", _2="")
    assert (ids("a"), all_ids()) == ([], [1, 3, 7])
    assert clues.layer.slots_in(12345).tolist() == []


def test_a_row_that_follows_into_a_group_takes_no_notice_of_growth(clues: Clues) -> None:
    clues.tick(**{f"_{row_id}": "a" if row_id % 3 else "" for row_id in range(1, 41)})
    assert clues.members("a") == {row_id for row_id in range(1, 41) if row_id % 3}
    clues.tick(**{f"_{row_id}": "b" for row_id in range(1, 41, 2)})
    assert clues.members("b") == set(range(1, 41, 2))
    assert len(clues.left(1)) == sum(row_id % 3 > 0 for row_id in range(1, 41, 2))


def test_views_are_remembered_up_to_a_bound(clues: Clues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_module, "VIEWS_MAX", 3)
    player = new_player(1)
    views = []
    for number in range(8):
        player.options = {"code": f"c{number}"}
        views.append(clues.layer.view_of(player, NOWHERE))
        assert len(clues.layer._views) <= 3
    assert clues.layer.view_of(player, NOWHERE) is views[-1]
    assert len({view.near for view in views}) == 8
    player.options = {"code": "c0"}
    assert clues.layer.view_of(player, NOWHERE).near == views[0].near, "another object, the same groups"
