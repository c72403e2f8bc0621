"""What a table was after a tick: bounded, never changed, and a game that keeps none is told how to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pelton.server import U8, GameError, Json, Quant, Row, Str, Table
from tests.server.simulate.state.tables import new_table


class Ship(Row):
    x = Quant(0, 100, 0.5)
    hull = U8()
    name = Str(8)
    notes = Json(64)

    def twice(self) -> float:
        return 2 * self.x

    fuel = 7


@pytest.fixture
def ships() -> Table[Any]:
    """After tick 10, with the last four; ship 1 was at its tick, ship 2 came in tick 9, ship 3 was gone in tick 8."""
    ships: Table[Any] = Table(Ship, rewind_ticks=4, table_name="ships")
    ships.bind({})
    ships.add(3, name="gone")
    row = ships.add(1)
    for tick in range(1, 11):
        row.x, row.name, row.notes = tick + 0.5, f"t{tick}", [tick]
        if tick == 8:
            ships.remove(3)
        if tick == 9:
            ships.add(2, x=50)
        ships.commit(tick)
    return ships


def test_a_past_is_what_the_table_was_after_that_tick(ships: Table[Any]) -> None:
    for tick in (7, 8, 9, 10):
        past = ships.rewind(tick)
        assert (past.tick, past[1].x, past[1].name, past[1].notes) == (tick, tick + 0.5, f"t{tick}", [tick])
    assert [sorted(row.id for row in ships.rewind(tick)) for tick in (7, 8, 9, 10)] == [[1, 3], [1], [1, 2], [1, 2]]


def test_what_is_done_after_the_tick_does_not_change_it(ships: Table[Any]) -> None:
    past = ships.rewind(10)
    untouched = ships.rewind(9)
    ships[1].x = 99
    ships.hull[...] = 9
    ships.remove(2)
    for row_id in range(10, 60):
        ships.add(row_id, name="new")
    assert [(row.id, row.x, row.hull, row.name) for row in past] == [(1, 10.5, 0, "t10"), (2, 50, 0, "")]
    assert [(row.id, row.x, row.hull) for row in untouched] == [(1, 9.5, 0), (2, 50, 0)]


@pytest.mark.parametrize(("asked", "given"), [(6, 7), (0, 7), (-5, 7), (11, 10), (2**53 - 1, 10), (8, 8)])
def test_a_tick_that_is_not_kept_is_the_nearest_that_is(ships: Table[Any], asked: int, given: int) -> None:
    assert ships.rewind(asked).tick == given


def test_a_past_is_as_long_as_it_was_declared_and_no_longer(ships: Table[Any]) -> None:
    assert len(ships._past) == 4
    assert [ships.fresh().rewind_ticks, len(ships.fresh()._past)] == [4, 0]


def test_before_the_first_tick_there_is_the_present() -> None:
    ships: Table[Any] = Table(Ship, rewind_ticks=4, table_name="ships")
    ships.add(1, x=3)
    past = ships.rewind(5)
    ships[1].x = 4
    assert (past.tick, past[1].x) == (0, 3)


def test_a_past_is_asked_as_a_table_is(ships: Table[Any]) -> None:
    past = ships.rewind(9)
    assert (len(past), 1 in past, 3 in past, past.get(3), past.get(2).x) == (2, True, False, None, 50)
    assert past.ids.tolist() == [1, 2]
    assert past.column("x").tolist() == [9.5, 50]
    assert (past.column("name"), past.column("notes")) == (["t9", ""], [[9], None])
    with pytest.raises(KeyError):
        past[3]
    with pytest.raises(AttributeError, match="Ship has no column 'y'"):
        past.column("y")


def test_a_row_of_the_past_has_the_methods_of_its_class_and_nothing_that_is_no_column(ships: Table[Any]) -> None:
    ships[1].fuel = 3
    row = ships.rewind(10)[1]
    assert (type(row), row.twice(), row.fuel) == (Ship, 21, 7)
    assert repr(row) == "Ship(id=1, x=10.5, hull=0, name='t10', notes=[10])"


@pytest.mark.parametrize(("field", "value"), [("x", 1.0), ("x", 1), ("hull", 3), ("name", "new"), ("notes", {})])
def test_the_past_cannot_be_changed(ships: Table[Any], field: str, value: Any) -> None:
    past = ships.rewind(9)
    with pytest.raises(TypeError):
        setattr(past[1], field, value)
    past[1].notes.append(5)
    past.column("x")[:] = 0
    past.column("notes").clear()
    assert (past[1].x, past[1].hull, past[1].name, past[1].notes) == (9.5, 0, "t9", [9])
    assert ships[1].x == 10.5


def test_a_past_of_an_empty_table_is_empty() -> None:
    ships: Table[Any] = Table(Ship, rewind_ticks=1, table_name="ships")
    ships.bind({})
    ships.commit(1)
    past = ships.rewind(1)
    assert (len(past), list(past), past.column("x").tolist(), past.column("name")) == (0, [], [], [])
    assert np.asarray(past.ids).size == 0


def test_a_table_that_keeps_no_past_says_how_to_keep_it() -> None:
    with pytest.raises(GameError, match=r"things keeps no past: Table\(Ship, rewind_ticks=20\)"):
        new_table(Ship, 1).rewind(1)
