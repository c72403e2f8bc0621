"""A table knows its rows, and what it tells of their changes always adds up to what it holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.client import Replica
from pelton.server import I16, U8, Bool, GameError, Quant, Row, RowError, Str, Table


class Ship(Row):
    x = Quant(0, 8, 0.5)
    hull = U8(10)
    name = Str(8)

    fuel = 5  # not a column: stays on the server


def new_table(*ids: int) -> Table[Ship]:
    """A table that has told of these rows already."""
    ships = Table(Ship, "ships")
    for row_id in ids:
        ships.add(row_id)
    ships.take_delta()
    return ships


# Rows.


def test_a_row_is_added_read_iterated_and_removed() -> None:
    ships = new_table()
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
    ships = new_table(1)
    with pytest.raises(KeyError):
        ships[2]
    with pytest.raises(KeyError):
        ships.remove(2)
    assert ships.take_delta() is None


def test_an_id_is_taken_once() -> None:
    ships = new_table(1)
    with pytest.raises(RowError, match=r"ships\[1\]\.id: there is a row with this id already"):
        ships.add(1)


@pytest.mark.parametrize("row_id", [0, 1, 2**53 - 1])
def test_an_id_is_an_integer_that_every_language_holds(row_id: int) -> None:
    assert new_table().add(row_id).id == row_id


@pytest.mark.parametrize("row_id", [-1, 2**53, True, 1.0, "1", None], ids=repr)
def test_any_other_id_is_refused(row_id: Any) -> None:
    ships = new_table()
    with pytest.raises(RowError) as caught:
        ships.add(row_id)
    assert (caught.value.table, caught.value.field) == ("ships", "id")
    assert len(ships) == 0


def test_an_unknown_column_is_refused_by_name() -> None:
    ships = new_table()
    with pytest.raises(RowError, match=r"ships\[1\]\.hul: Ship has no such column"):
        ships.add(1, hul=3)
    assert ships.take_delta() is None


def test_a_value_that_does_not_fit_adds_nothing() -> None:
    ships = new_table()
    with pytest.raises(RowError, match=r"ships\[1\]\.x: "):
        ships.add(1, hull=3, x=9)
    assert len(ships) == 0
    assert ships.take_delta() is None


def test_an_attribute_that_is_no_column_is_the_servers_own() -> None:
    ships = new_table(1)
    ships[1].fuel = 4
    assert (ships[1].fuel, Ship.fuel) == (4, 5)
    assert ships.take_delta() is None


def test_a_row_shows_its_columns() -> None:
    assert repr(new_table().add(1, x=0.5)) == "Ship(id=1, x=0.5, hull=10, name='')"


# Declarations.


def test_a_row_needs_a_column() -> None:
    class Empty(Row):
        pass

    with pytest.raises(GameError, match="Empty has no columns"):
        Table(Empty)


@pytest.mark.parametrize("name", ["id", "changed", "columns", "table_name", "wire_values"])
def test_a_column_cannot_take_the_name_of_something_that_rows_have(name: str) -> None:
    with pytest.raises(GameError, match=name):
        type("Wrong", (Row,), {name: U8()})


def test_columns_are_inherited() -> None:
    class Tug(Ship):
        load = U8()

    tug = Table(Tug, "tugs").add(1, x=2, load=3)
    assert [column.name for column in Tug.columns] == ["x", "hull", "name", "load"]
    assert (tug.x, tug.load) == (2, 3)
    assert [column.name for column in Ship.columns] == ["x", "hull", "name"]


def test_a_column_that_is_declared_again_replaces_the_inherited_one_or_is_refused() -> None:
    try:
        tug: Any = type("Tug", (Ship,), {"hull": U8(99)})
    except GameError:
        return
    row = Table(tug, "tugs").add(1, hull=3)
    assert getattr(row, "hull") == 3  # noqa: B009 - the class was made from values
    assert [column.name for column in tug.columns].count("hull") == 1


def test_columns_of_several_bases_have_places_of_their_own_or_are_refused() -> None:
    class Armed(Row):
        shots = U8()

    try:
        both: Any = type("Both", (Ship, Armed), {"crew": U8()})
    except GameError:
        return
    row: Any = Table(both, "both").add(1, x=1, shots=2, crew=3)
    assert (row.x, row.shots, row.crew) == (1, 2, 3)


def test_one_column_object_under_two_names_is_two_columns_or_is_refused() -> None:
    column = U8()
    try:
        twice: Any = type("Twice", (Row,), {"a": column, "b": column})
    except GameError:
        return
    row: Any = Table(twice, "twice").add(1, a=1, b=2)
    assert (row.a, row.b) == (1, 2)


def test_one_column_object_in_two_rows_is_a_column_of_each_or_is_refused() -> None:
    """To write `POSITION = Quant(0, 4096, 1 / 8)` once and use it twice suggests itself."""
    column = U8()
    try:
        first: Any = type("First", (Row,), {"hull": U8(), "x": column})
        second: Any = type("Second", (Row,), {"x": column})
    except GameError:
        return
    assert second is not first
    row: Any = Table(first, "firsts").add(1, hull=10, x=20)
    assert (row.hull, row.x) == (10, 20)


def test_columns_of_a_base_that_is_no_row_are_columns_or_are_refused() -> None:
    mixin: Any = type("Moving", (), {"x": U8()})
    try:
        mixed: Any = type("Mixed", (mixin, Row), {"hull": U8()})
    except GameError:
        return
    row: Any = Table(mixed, "mixed").add(1, x=1, hull=2)
    assert (row.x, row.hull) == (1, 2)


# Deltas.


def test_nothing_changed_is_no_delta() -> None:
    ships = new_table(1)
    assert ships.take_delta() is None
    ships[1].x = 0
    assert ships.take_delta() is None


def test_a_delta_holds_the_changed_columns_of_changed_rows() -> None:
    ships = new_table(1, 2, 3)
    ships[3].x = 1
    ships[1].name = "Ada"
    ships.remove(2)
    assert ships.take_delta() == [[2], [1, 3], [0, 2], None, ["Ada", ""]]
    assert ships.take_delta() is None


def test_the_whole_is_in_the_order_of_ids() -> None:
    ships = new_table(3, 1, 2)
    assert ships.whole()[:2] == [[], [1, 2, 3]]
    assert Table(Ship, "none").whole() == [[], [], [], [], []]


def test_taking_the_whole_forgets_nothing() -> None:
    ships = new_table()
    ships.add(1)
    ships.whole()
    delta = ships.take_delta()
    assert delta is not None
    assert delta[1] == [1]


def test_added_and_removed_in_one_tick_is_no_delta() -> None:
    ships = new_table()
    ships.add(1)
    ships.remove(1)
    assert ships.take_delta() is None


def test_removed_and_added_again_in_one_tick_is_both() -> None:
    ships = new_table(1)
    ships.remove(1)
    ships.add(1, x=4)
    assert ships.take_delta() == [[1], [1], [8], [10], [""]]


def test_removed_added_and_removed_again_in_one_tick_is_one_removal() -> None:
    ships = new_table(1)
    ships.remove(1)
    ships.add(1)
    ships.remove(1)
    assert ships.take_delta() == [[1], [], [], [], []]
    ships.add(1)
    ships.remove(1)
    assert ships.take_delta() is None


def test_a_removed_row_that_game_code_still_holds_is_told_to_nobody() -> None:
    ships = new_table(1)
    old = ships[1]
    ships.remove(1)
    old.x = 3
    assert ships.take_delta() == [[1], [], [], [], []]
    old.x = 4
    assert ships.take_delta() is None


def test_a_removed_row_does_not_write_into_the_one_that_took_its_id() -> None:
    ships = new_table(1)
    old = ships[1]
    ships.remove(1)
    ships.add(1, x=1)
    old.x = 7
    assert ships[1].x == 1
    assert ships.take_delta() == [[1], [1], [2], [10], [""]]


def test_an_emptied_table_of_the_same_kind_shares_nothing() -> None:
    ships = new_table(1)
    other = ships.fresh()
    other.add(5)
    assert (other.name, other.row, [row.id for row in ships]) == ("ships", Ship, [1])


# The law: whatever happened, the deltas add up to the whole.

IDS = st.integers(0, 5)
OPERATIONS = st.one_of(
    st.tuples(st.just("add"), IDS, st.integers(0, 3)),
    st.tuples(st.just("remove"), IDS, st.none()),
    st.tuples(st.just("x"), IDS, st.sampled_from([0, 0.5, 7.9, 8])),
    st.tuples(st.just("name"), IDS, st.sampled_from(["", "Ada", "\u00e9"])),
    st.tuples(st.just("stale"), IDS, st.sampled_from([1, 2])),
    st.tuples(st.just("tick"), st.just(0), st.none()),
)


class Model:
    """A client written by somebody else: rows by id, values as on the wire."""

    def __init__(self) -> None:
        self.rows: dict[int, list[Any]] = {}

    def apply(self, delta: list[list[Any] | None] | None) -> None:
        if delta is None:
            return
        removed, ids, *columns = delta
        assert removed is not None
        assert ids is not None
        for row_id in removed:
            del self.rows[row_id]  # a KeyError would be a removal of what the client never had
        for index, row_id in enumerate(ids):
            self.rows[row_id] = [
                self.rows[row_id][place] if column is None else column[index] for place, column in enumerate(columns)
            ]

    def whole(self) -> list[list[Any]]:
        ids = sorted(self.rows)
        return [[], ids, *([self.rows[row_id][column] for row_id in ids] for column in range(3))]


def change(ships: Table[Ship], graveyard: dict[int, Ship], kind: str, row_id: int, value: Any) -> None:
    row = ships.get(row_id)
    if kind == "add" and row is None:
        ships.add(row_id, hull=value)
    elif kind == "stale" and row_id in graveyard:
        graveyard[row_id].hull = value
    elif row is not None and kind == "remove":
        graveyard[row_id] = row
        ships.remove(row_id)
    elif row is not None and kind in ("x", "name"):
        setattr(row, kind, value)


@given(st.lists(OPERATIONS, max_size=60))
def test_deltas_of_random_changes_always_add_up_to_the_whole(operations: list[tuple[str, int, Any]]) -> None:
    ships, graveyard, model = new_table(), dict[int, Ship](), Model()
    replica = Replica([["ships", [column.spec() for column in Ship.columns]]])
    tick = 0
    for kind, row_id, value in [*operations, ("tick", 0, None)]:
        if kind != "tick":
            change(ships, graveyard, kind, row_id, value)
            continue
        tick += 1
        delta = ships.take_delta()
        assert delta is None or delta[0] or delta[1], "an empty delta is None"
        model.apply(delta)
        replica.apply(tick, tick - 1, [delta])
        assert model.whole() == ships.whole() == replica.ships.canonical()
        assert {row.id: (row.x, row.hull, row.name) for row in replica.ships} == {
            row.id: (row.x, row.hull, row.name) for row in ships
        }


@given(st.lists(st.tuples(IDS, st.booleans(), st.integers(-5, 5)), min_size=1, max_size=20))
def test_a_delta_is_in_the_order_of_ids(writes: list[tuple[int, bool, int]]) -> None:
    """Never in the order of hashes: a replay must make the same bytes."""

    class Cell(Row):
        flag = Bool()
        level = I16()

    cells = Table(Cell, "cells")
    for row_id in range(6):
        cells.add(row_id)
    cells.take_delta()
    changed: dict[int, None] = {}
    for row_id, flag, level in writes:
        cell = cells[row_id]
        if (cell.flag, cell.level) != (flag, level):
            changed[row_id] = None
        cell.flag, cell.level = flag, level
    delta = cells.take_delta()
    assert (delta[1] if delta else []) == sorted(changed)
