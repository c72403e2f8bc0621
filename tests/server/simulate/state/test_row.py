"""What a row's class may declare, what is refused when it is read, and what a row in hand is."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.server import U8, GameError, Json, Quant, Row, Str, Table
from pelton.server.simulate.state.row import ROW_NAMES
from tests.server.simulate.state.tables import changed, new_table


class Ship(Row):
    x = Quant(0, 8, 0.5)
    hull = U8(10)
    name = Str(8)

    fuel = 5  # not a column: stays on the server


def test_an_attribute_that_is_no_column_is_the_servers_own() -> None:
    ships = new_table(Ship, 1)
    ships[1].fuel = 4
    assert (ships[1].fuel, Ship.fuel) == (4, 5)
    assert changed(ships, 2) == []


def test_a_row_shows_its_columns() -> None:
    assert repr(new_table(Ship).add(1, x=0.5)) == "Ship(id=1, x=0.5, hull=10, name='')"


# Declarations.


def test_a_row_needs_a_column() -> None:
    class Empty(Row):
        pass

    with pytest.raises(GameError, match="Empty has no columns"):
        Table(Empty)


@pytest.mark.parametrize("name", sorted(ROW_NAMES | {"id", "columns", "detach"}))
def test_a_column_cannot_take_the_name_of_something_that_rows_have(name: str) -> None:
    with pytest.raises(GameError, match=rf"Wrong\.{name}: rows have an attribute of that name already"):
        type("Wrong", (Row,), {name: U8()})


def test_everything_that_rows_have_is_a_name_that_columns_cannot_take() -> None:
    own = {name for name in vars(Row) if not name.startswith("_")}
    assert own <= ROW_NAMES


def test_columns_are_inherited() -> None:
    class Tug(Ship):
        load = U8()

    tug = Table(Tug).add(1, x=2, load=3)
    assert [column.name for column in Tug.columns] == ["x", "hull", "name", "load"]
    assert [column.index for column in Tug.columns] == [0, 1, 2, 3]
    assert (tug.x, tug.load) == (2, 3)
    assert [column.name for column in Ship.columns] == ["x", "hull", "name"]


def test_a_base_without_columns_is_no_obstacle() -> None:
    class Base(Row):
        def twice(self) -> int:
            return 2 * self.id

    class Dot(Base):
        x = U8()

    assert Table(Dot).add(4, x=1).twice() == 8


def test_a_column_that_is_declared_again_is_refused() -> None:
    with pytest.raises(GameError, match=r"Tug\.hull: rows have an attribute of that name already"):
        type("Tug", (Ship,), {"hull": U8(99)})


def test_columns_of_several_bases_are_refused() -> None:
    class Armed(Row):
        shots = U8()

    with pytest.raises(GameError, match="Both: only one of its bases may have columns"):
        type("Both", (Ship, Armed), {"crew": U8()})


def test_one_column_object_under_two_names_is_refused() -> None:
    column = U8()
    with pytest.raises(GameError, match=r"Twice\.a: a column object that is in use already"):
        type("Twice", (Row,), {"a": column, "b": column})


def test_one_column_object_in_two_rows_is_refused() -> None:
    """To write `POSITION = Quant(0, 4096, 1 / 8)` once and use it twice suggests itself."""
    column = U8()
    first: Any = type("First", (Row,), {"hull": U8(), "x": column})
    with pytest.raises(GameError, match=r"Second\.x: a column object that is in use already"):
        type("Second", (Row,), {"x": column})
    row = Table(first).add(1, hull=10, x=20)
    assert (row.hull, row.x) == (10, 20)


def test_columns_of_a_base_that_is_no_row_are_refused() -> None:
    mixin: Any = type("Moving", (), {"x": U8()})
    with pytest.raises(GameError, match="Mixed: a base that is no Row has columns"):
        type("Mixed", (mixin, Row), {"hull": U8()})


# Rows in hand.


class Note(Row):
    x = U8()
    notes = Json(64)


def test_a_removed_row_in_hand_keeps_its_values_and_can_be_written_without_harm() -> None:
    table = new_table(Note, 1, 2, 3)
    old = table[1]
    old.x, old.notes = 5, ["a"]
    table.remove(1)
    assert (old.id, old.x, old.notes) == (1, 5, ["a"])
    old.x, old.notes = 6, ["b"]
    assert (old.x, old.notes) == (6, ["b"])
    assert [(row.id, row.x, row.notes) for row in table] == [(3, 0, None), (2, 0, None)]
    assert repr(old) == "Note(id=1, x=6, notes=['b'])"
    with pytest.raises(ValueError, match=r"things\[1\]\.x: 256 is not"):
        old.x = 256


def test_a_removed_row_that_game_code_still_holds_is_told_to_nobody() -> None:
    table = new_table(Note, 1)
    old = table[1]
    table.remove(1)
    old.x = 3
    assert changed(table, 2) == []
    old.x = 4
    assert changed(table, 3) == []


def test_a_removed_row_does_not_write_into_the_one_that_took_its_id_and_its_slot() -> None:
    table = new_table(Note, 1)
    old = table[1]
    table.remove(1)
    new = table.add(1, x=1)
    old.x = 7
    assert (new.x, new.slot, table[1]) == (1, 0, new)
    assert changed(table, 2) == [1]
    old.x = 8
    assert changed(table, 3) == []
