"""A table knows its rows by id and by slot, whatever comes and goes, and which values changed when."""

from __future__ import annotations

from random import Random
from typing import Any

import msgpack  # type: ignore[import-untyped]  # the package ships no types
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server import F32, I16, U8, Bool, Quant, Row, RowError, Str, Table
from pelton.server.deliver.delta import Delta
from tests.server.blocks import ids_of
from tests.server.simulate.state.tables import changed, new_table, settled, ticks, wire


class Ship(Row):
    x = Quant(0, 8, 0.5)
    hull = U8(10)
    name = Str(8)


# Rows.


def test_a_row_is_added_read_iterated_and_removed() -> None:
    ships = new_table(Ship)
    ada = ships.add(2, x=1.5, name="Ada")
    bob = ships.add(1, name="Bob")
    assert (ada.id, ada.x, ada.hull, ada.name) == (2, 1.5, 10, "Ada")
    assert [row.id for row in ships] == [2, 1]
    assert (len(ships), 1 in ships, 3 in ships) == (2, True, False)
    assert ships[1] is bob
    assert ships.get(1) is bob
    ships.remove(1)
    assert (len(ships), ships.get(1), 1 in ships) == (1, None, False)


def test_what_is_not_there_is_a_key_error() -> None:
    ships = new_table(Ship, 1)
    for ask in (ships.__getitem__, ships.remove, ships.touch):
        with pytest.raises(KeyError):
            ask(2)
    assert changed(ships, 2) == []


def test_an_id_is_taken_once() -> None:
    ships = new_table(Ship, 1)
    with pytest.raises(RowError, match=r"things\[1\]\.id: there is a row with this id already"):
        ships.add(1)


@pytest.mark.parametrize("row_id", [0, 1, 2**53 - 1])
def test_an_id_is_an_integer_that_every_language_holds(row_id: int) -> None:
    ships = new_table(Ship)
    assert ships.add(row_id).id == row_id
    assert ships.ids.tolist() == [row_id]


@pytest.mark.parametrize("row_id", [-1, 2**53, True, 1.0, "1", None, np.int64(1)], ids=repr)
def test_any_other_id_is_refused(row_id: Any) -> None:
    ships = new_table(Ship)
    with pytest.raises(RowError) as caught:
        ships.add(row_id)
    assert (caught.value.table, caught.value.field) == ("things", "id")
    assert len(ships) == 0


def test_an_unknown_column_is_refused_by_name() -> None:
    ships = new_table(Ship)
    with pytest.raises(RowError, match=r"things\[1\]\.hul: Ship has no such column"):
        ships.add(1, hul=3)
    assert (len(ships), changed(ships, 2)) == (0, [])


def test_a_value_that_does_not_fit_adds_nothing() -> None:
    ships = new_table(Ship)
    with pytest.raises(RowError, match=r"things\[1\]\.x: 9 is not between 0 and 8"):
        ships.add(1, hull=3, x=9)
    assert (len(ships), list(ships), ships.ids.tolist(), 1 in ships, changed(ships, 2)) == (0, [], [], False, [])


def test_an_emptied_table_of_the_same_kind_shares_nothing() -> None:
    ships = Table(Ship, rewind_ticks=3, table_name="ships")
    ships.add(1)
    other = ships.fresh()
    other.add(5)
    assert (other.table_name, other.row_type, [row.id for row in ships]) == ("ships", Ship, [1])
    assert (other.rewind_ticks, other.groups, ships.fresh("fleet").table_name) == (3, ships.groups, "fleet")


# Slots.


def values(row_id: int) -> dict[str, Any]:
    return {"x": row_id % 9 / 2, "hull": row_id % 256, "name": f"s{row_id}"}


def assert_whole(ships: Table[Any], ids: list[int]) -> None:
    """Every row has its own values, by id, by slot, in hand and in the columns."""
    assert [row.id for row in ships] == ids == ships.ids.tolist()
    assert [row.slot for row in ships] == list(range(len(ids)))
    for row in ships:
        expected = values(row.id)
        assert {name: getattr(row, name) for name in expected} == expected
        assert ships.row_at(row.slot) is row is ships[row.id]
    for name in ("x", "hull", "name"):
        assert list(ships.column(name)[...]) == [values(row_id)[name] for row_id in ids]


@pytest.mark.parametrize("count", [15, 16, 17, 31, 32, 33, 100])
def test_rows_in_hand_stay_right_when_the_table_grows(count: int) -> None:
    ships = new_table(Ship)
    hands = [ships.add(row_id, **values(row_id)) for row_id in range(1, count + 1)]
    assert_whole(ships, [row.id for row in hands])
    for row in hands:
        row.hull = 255
        row.name = "new"
    assert {(ship.hull, ship.name) for ship in ships} == {(255, "new")}
    assert changed(ships, 2) == list(range(1, count + 1))
    hands[0].x = 8
    assert (ships.x[...][0], changed(ships, 3), ticks(hands[0])) == (8, [1], [3, 2, 2])


def test_what_a_row_is_marked_with_survives_the_growth_of_its_table() -> None:
    ships = new_table(Ship, *range(1, 17))
    ships.commit(2)
    ships[3].hull = 1
    ships.add(17)
    assert ticks(ships[3]) == [0, 3, 0]
    assert changed(ships, 3) == [3, 17]
    assert ships.cells.row_ticks.view[ships[3].slot] == 3


def test_the_last_row_takes_the_slot_of_one_that_is_removed() -> None:
    ships = new_table(Ship)
    hands = {row_id: ships.add(row_id, **values(row_id)) for row_id in (1, 2, 3, 4)}
    ships.remove(2)
    assert_whole(ships, [1, 4, 3])
    ships.remove(3)  # the last itself
    assert_whole(ships, [1, 4])
    hands[4].name = "Dan"
    assert (ships[4].name, ships[1].name) == ("Dan", "s1")
    ships.remove(1)
    ships.remove(4)
    assert_whole(ships, [])


def test_a_mark_moves_with_its_row() -> None:
    ships = new_table(Ship, 1, 2, 3)
    ships.commit(2)
    ships[3].hull = 1
    ships.remove(1)
    assert ticks(ships[3]) == [0, 3, 0]
    assert changed(ships, 3) == [3]


def test_a_mark_of_a_removed_row_is_nobody_elses() -> None:
    ships = new_table(Ship, 1, 2, 3)
    ships[1].hull = 1
    ships[3].hull = 1
    ships.remove(1)
    ships.remove(3)
    assert changed(ships, 2) == []
    ships.add(4)
    assert changed(ships, 3) == [4]
    assert changed(ships, 4) == []


STEPS = st.lists(st.tuples(st.sampled_from(["add", "remove", "change"]), st.integers(0, 40)), max_size=120)


@given(STEPS, st.integers(0, 30))
def test_any_coming_and_going_leaves_every_row_with_its_own_values(steps: list[tuple[str, int]], first: int) -> None:
    ships = settled(Table(Ship, table_name="things"))
    hands = {row_id: ships.add(row_id, **values(row_id)) for row_id in range(first)}
    order = list(range(first))
    for kind, row_id in steps:
        if kind == "add" and row_id not in hands:
            hands[row_id] = ships.add(row_id, **values(row_id))
            order.append(row_id)
        elif kind == "remove" and row_id in hands:
            ships.remove(row_id)
            at = order.index(row_id)
            order[at] = order[-1]
            order.pop()
            assert hands.pop(row_id).name == values(row_id)["name"]
        elif kind == "change" and row_id in hands:
            hands[row_id].hull = (values(row_id)["hull"] + 1) % 256
            hands[row_id].hull = values(row_id)["hull"]
    assert_whole(ships, order)
    assert all(ships[row_id] is row for row_id, row in hands.items())


# What changed.


def test_nothing_changed_is_no_change() -> None:
    ships = new_table(Ship, 1)
    assert changed(ships, 2) == []
    ships[1].x = 0
    assert changed(ships, 3) == []


def test_each_value_has_the_tick_of_its_own_last_change() -> None:
    ships = new_table(Ship)
    row = ships.add(1)
    for tick, (field, value) in enumerate([("x", 1), ("hull", 1), ("name", "a"), ("x", 2), ("hull", 1)], 2):
        setattr(row, field, value)
        assert changed(ships, tick) == ([1] if tick < 6 else [])
    assert ticks(row) == [5, 3, 4]
    assert (ships.cells.row_ticks.view[0], ships.cells.born.view[0]) == (5, 2)


def test_a_row_that_is_added_changed_in_all_its_values() -> None:
    ships = new_table(Ship, 1)
    ships[1].hull = 7
    ships.remove(1)
    ships.commit(2)
    row = ships.add(1)
    assert ticks(row) == [3, 3, 3]
    assert changed(ships, 3) == [1]


def test_a_touched_row_is_looked_at_again_but_no_value_of_it_changed() -> None:
    ships = new_table(Ship, 1, 2)
    ships.touch(2)
    assert ticks(ships[2]) == [0, 0, 0]
    assert changed(ships, 2) == [2]
    delta = Delta(ships.layers[0], 1, 1, ships.changed)
    assert delta.all() == {}


def test_of_ten_thousand_rows_the_delta_names_the_three_that_changed() -> None:
    ships = new_table(Ship, *range(10_000))
    for row_id in (9_999, 5, 4_321):
        ships[row_id].hull = 3
    assert changed(ships, 2) == [5, 4_321, 9_999]
    for recent in (ships.changed, None):
        delta = Delta(ships.layers[0], 1, 1, recent)
        assert set(delta.all()) == {0}
        block = msgpack.unpackb(delta.of(0)[3:])
        assert (delta.of(0)[:3], block[0], ids_of(block)) == (b"\xc0" * 3, 3, [5, 4_321, 9_999])


# Columns by name.


class OddRow(Row):
    ids = U8(3)
    get = F32()


def test_a_column_that_a_table_has_an_attribute_of_is_reached_by_its_name() -> None:
    odd = new_table(OddRow, 1, 2)
    assert odd.column("ids")[...].tolist() == [3, 3]
    odd.column("ids")[1:] = 5
    odd.column("get")[...] = 0.5
    assert (odd[2].ids, odd[1].ids, odd[1].get, odd.ids.tolist()) == (5, 3, 0.5, [1, 2])
    assert odd.get(1) is odd[1]


@pytest.mark.parametrize("name", ["hul", "id", "Ship"])
def test_what_is_no_column_is_no_attribute_of_the_table(name: str) -> None:
    ships = new_table(Ship)
    for ask in (ships.column, ships.__getattr__):
        with pytest.raises(AttributeError, match=f"things has no column '{name}'"):
            ask(name)
    for inner in ("__deepcopy__", "_hidden"):  # asked of an object that is not made yet
        assert not hasattr(Table.__new__(Table), inner)


# The law: whatever is done to a table in a tick, what it says has changed is what has.


class Cell(Row):
    flag = Bool()
    level = I16()


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(-2, 2)), min_size=1, max_size=20))
def test_a_row_changed_if_anything_was_assigned_that_it_did_not_hold(writes: list[tuple[int, bool, int]]) -> None:
    cells = new_table(Cell, *range(6))
    expected: set[int] = set()
    for row_id, flag, level in writes:
        cell = cells[row_id]
        if (cell.flag, cell.level) != (flag, level):
            expected.add(row_id)
        cell.flag, cell.level = flag, level
    assert changed(cells, 2) == sorted(expected)


def test_slots_are_found_for_any_ids_in_the_order_asked_for() -> None:
    ships = new_table(Ship, 5, 3, 9)
    assert ships.slots_of([9, 5]).tolist() == [2, 0]
    assert ships.slots_of([]).tolist() == []
    dice = Random(1)
    ids = dice.sample(range(100), 40)
    for row_id in ids:
        if row_id not in ships:
            ships.add(row_id, hull=row_id)
    assert [wire(ships.row_at(slot))[1] for slot in ships.slots_of(ids[5:])] == [ships[each].hull for each in ids[5:]]
