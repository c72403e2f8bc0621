"""A player sees the cells around his own row: which these are at edges, left of zero, and far away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server import F32, F64, I16, U8, GameError, Grid, Quant, Room, Row, Table
from pelton.server.simulate.state.layer import NOWHERE, View
from tests.server.fakes import new_room
from tests.server.simulate.state.tables import ids_in, new_player, seen


class Dot(Row):
    x = F32()
    y = F32()


class Whole(Row):
    x = I16()
    y = U8()


class Step(Row):
    x = Quant(-64, 64, 0.25)
    y = Quant(-64, 64, 0.25)


def new_dots(grid: Grid, row_type: type[Row] = Dot, **places: Any) -> Table[Any]:
    """Rows by their id, `_7=(x, y)`."""
    dots: Table[Any] = Table(row_type, grid, table_name="dots")
    dots.bind({"dots": dots})
    for name, (x, y) in places.items():
        dots.add(int(name[1:]), x=x, y=y)
    dots.commit(1)
    return dots


def view(dots: Table[Any], player_id: int, before: View = NOWHERE) -> tuple[set[int], set[int]]:
    """The ids of what he sees near, and far."""
    layer = dots.layers[0]
    found = layer.view_of(new_player(player_id), before)
    return ids_in(layer, found.near), ids_in(layer, found.far)


ROW_TYPES = [Dot, Whole, Step]


@pytest.mark.parametrize("row_type", ROW_TYPES)
def test_a_player_sees_his_own_cell_and_those_around_it(row_type: type[Row]) -> None:
    dots = new_dots(
        Grid("x", "y", cell=10), row_type, _1=(15, 15), _2=(0, 0), _3=(29, 29), _4=(30, 15), _5=(15, 30), _6=(9, 9)
    )
    assert view(dots, 1) == ({1, 2, 3, 6}, set())
    assert view(dots, 2) == ({1, 2, 6}, set())
    dots[1].x = 45
    dots.commit(2)
    assert view(dots, 1) == ({1, 4}, set())


def test_with_a_reach_of_none_a_player_sees_his_own_cell_alone() -> None:
    dots = new_dots(Grid("x", "y", cell=10, reach=0), _1=(15, 15), _2=(19, 10), _3=(20, 15), _4=(9, 15))
    assert view(dots, 1) == ({1, 2}, set())


@pytest.mark.parametrize("row_type", [Dot, Step])
def test_cells_left_of_and_below_zero_are_cells_like_all_others(row_type: type[Row]) -> None:
    """None of them is twice as large, as it would be if one cut off what is behind the point."""
    dots = new_dots(
        Grid("x", "y", cell=10, reach=0), row_type, _1=(-1, -1), _2=(1, 1), _3=(-10, -10), _4=(-11, -1), _5=(-1, 1)
    )
    assert [view(dots, number)[0] for number in (1, 2, 3, 4, 5)] == [{1, 3}, {2}, {1, 3}, {4}, {5}]
    dots = new_dots(Grid("x", "y", cell=10), row_type, _1=(-1, -1), _2=(1, 1), _3=(-11, -11))
    assert [view(dots, number)[0] for number in (1, 2)] == [{1, 2, 3}, {1, 2}]


def test_a_column_with_whole_numbers_may_be_smaller_than_a_cell() -> None:
    dots = new_dots(Grid("x", "y", cell=70_000), Whole, _1=(0, 0), _2=(-1, 255), _3=(32_767, 200))
    assert view(dots, 1) == ({1, 2, 3}, set())
    dots = new_dots(Grid("x", "y", cell=256, reach=0), Whole, _1=(0, 0), _2=(-1, 255), _3=(255, 255))
    assert view(dots, 1) == ({1, 3}, set())


# Worlds whose edges are joined.


def test_in_a_world_that_wraps_left_and_right_are_neighbours() -> None:
    dots = new_dots(
        Grid("x", "y", cell=10, wrap=(60, 40)), _1=(5, 5), _2=(55, 35), _3=(15, 5), _4=(25, 5), _5=(5, 25), _6=(45, 5)
    )
    assert view(dots, 1) == ({1, 2, 3}, set())
    assert view(dots, 2) == ({1, 2, 5, 6}, set())


def test_in_a_world_that_wraps_a_place_beyond_the_edge_is_one_within() -> None:
    dots = new_dots(Grid("x", "y", cell=10, reach=0, wrap=(60, 40)), _1=(5, 5), _2=(65, 45), _3=(-55, -35), _4=(60, 0))
    assert view(dots, 1) == ({1, 2, 3, 4}, set())


@pytest.mark.parametrize(("reach", "far"), [(1, 0), (2, 0), (5, 0), (0, 1), (1, 3)])
def test_in_a_world_of_few_cells_each_is_seen_once(reach: int, far: int) -> None:
    dots = new_dots(Grid("x", "y", cell=10, reach=reach, far=far, wrap=(20, 20)), _1=(5, 5), _2=(15, 15), _3=(5, 15))
    found = dots.layers[0].view_of(new_player(1), NOWHERE)
    assert len({*found.near, *found.far}) == len(found.near) + len(found.far) == 4


# Far cells.


def test_far_cells_are_those_beyond_the_near_ones() -> None:
    dots = new_dots(
        Grid("x", "y", cell=10, reach=1, far=3),
        _1=(5, 5),
        _2=(15, 5),
        _3=(25, 5),
        _4=(35, -25),
        _5=(45, 5),
        _6=(5, -30),
    )
    assert view(dots, 1) == ({1, 2}, {3, 4, 6})
    found = dots.layers[0].view_of(new_player(1), NOWHERE)
    assert (len(found.near), len(found.far)) == (9, 49 - 9)


def test_far_cells_are_told_of_every_so_many_ticks() -> None:
    assert Grid("x", "y", cell=1, far=2, every=7).every == 7
    assert Grid("x", "y", cell=1, far=2).every == 4
    assert Grid("x", "y", cell=1, far=2, every=1).every == 1
    assert Grid("x", "y", cell=1, every=7).every == 1, "without far ones there is nothing to be late with"


# The row that he looks from.


def test_who_never_had_a_row_sees_nothing() -> None:
    dots = new_dots(Grid("x", "y", cell=10), _1=(5, 5))
    assert dots.layers[0].view_of(new_player(9), NOWHERE) is NOWHERE


def test_whose_row_is_gone_goes_on_looking_where_it_was() -> None:
    dots = new_dots(Grid("x", "y", cell=10), _1=(5, 5), _2=(6, 6))
    before = dots.layers[0].view_of(new_player(1), NOWHERE)
    dots.remove(1)
    dots.add(3, x=7, y=7)
    dots.commit(2)
    assert dots.layers[0].view_of(new_player(1), before) is before
    assert view(dots, 1, before) == ({2, 3}, set())


def test_whose_row_is_made_anew_looks_from_there() -> None:
    """Its slot still holds the cell of another row."""
    dots = new_dots(Grid("x", "y", cell=10, reach=0), _1=(5, 5), _2=(95, 95), _3=(55, 55))
    before = dots.layers[0].view_of(new_player(1), NOWHERE)
    dots.remove(1)
    dots.add(1, x=55, y=55)
    dots.commit(2)
    assert view(dots, 1, before) == ({1, 3}, set())


def test_a_player_may_look_from_another_row() -> None:
    dots = new_dots(Grid("x", "y", cell=10, reach=0), _1=(5, 5), _2=(95, 95))
    assert seen(dots, new_player(1, focus=2)) == {2}
    assert seen(dots, new_player(7, focus=1)) == {1}
    assert seen(dots, new_player(1, focus=9)) == set()


class Range(Room):
    ships = Table(Step, groups=Grid("x", "y", cell=10, reach=0))
    shots = Table(Dot, groups=Grid("x", "y", cell=4, reach=1, follow="ships"))
    wrapped = Table(Dot, groups=Grid("x", "y", cell=10, reach=0, wrap=(60, 60), follow="ships"))


def test_a_grid_may_follow_the_row_of_another_table() -> None:
    room = new_room(Range)
    room.ships.add(1, x=-6, y=6)
    room.shots.add(1, x=50, y=50)
    for row_id, (x, y) in enumerate([(-6, 6), (-9, 3), (-13, 6), (-1, 1), (1, 6)], 10):
        room.shots.add(row_id, x=x, y=y)
    room.wrapped.add(1, x=54, y=6)
    for table in room.tables.values():
        table.commit(1)
    assert seen(room.shots, new_player(1)) == {10, 11, 13}
    assert seen(room.shots, new_player(10)) == set()
    assert seen(room.wrapped, new_player(1)) == {1}, "the ship is beyond the edge, in the same cell"


@given(st.floats(-64, 64), st.floats(-64, 64), st.sampled_from([0.3, 1, 7, 10, 16.5]), st.booleans())
def test_one_and_the_same_place_is_in_one_and_the_same_cell_followed_or_not(
    x: float, y: float, cell: float, wraps: bool
) -> None:
    """A player's cell is found by one way for a row of this table, by another for one of the table that it follows."""
    wrap = (cell * 5, cell * 3) if wraps else None
    ships: Table[Any] = Table(Step, Grid("x", "y", cell=cell, reach=0, wrap=wrap), table_name="ships")
    others = Table(Step, Grid("x", "y", cell=cell, reach=0, wrap=wrap, follow="ships"), table_name="others")
    for table in (ships, others):
        table.add(1, x=x, y=y)
        table.bind({"ships": ships, "others": others})
        table.commit(1)
        assert seen(table, new_player(1)) == {1}


# Places that no map has.


@pytest.mark.parametrize("place", [(1e300, 5.0), (5.0, 1e300), (-1e300, 5.0), (5.0, -1e300), (5.0, 5 + 2.0**32 * 10)])
@pytest.mark.parametrize("follows", [False, True])
def test_a_row_beyond_all_cells_is_seen_by_nobody_within_them(place: tuple[float, float], follows: bool) -> None:
    """Nor is its own player shown what is there: numbers of cells must not wrap around."""

    class Wide(Row):
        x = F64()
        y = F64()

    eyes: Table[Any] = Table(Wide, Grid("x", "y", cell=10), table_name="eyes")
    dots: Table[Any] = Table(Wide, Grid("x", "y", cell=10, follow="eyes" if follows else ""), table_name="dots")
    for table in (eyes, dots):
        for row_id, (x, y) in ((1, (5.0, 5.0)), (2, place)):
            table.add(row_id, x=x, y=y)
        table.bind({"eyes": eyes, "dots": dots})
        table.commit(1)
    assert [seen(dots, new_player(number)) for number in (1, 2)] == [{1}, {2}]


# Declarations.


@pytest.mark.parametrize("cell", [0, -1, float("nan")])
def test_a_cell_has_a_size(cell: float) -> None:
    with pytest.raises(GameError, match="Grid: cell is a size in units, above 0"):
        Grid("x", "y", cell=cell)


@pytest.mark.parametrize(("reach", "far"), [(-1, 0), (1, 1), (2, 1), (1, -1), (-1, 2)])
def test_far_is_farther_than_near(reach: int, far: int) -> None:
    with pytest.raises(GameError, match="Grid: reach is 0 or more, and far is more than that"):
        Grid("x", "y", cell=1, reach=reach, far=far)


@pytest.mark.parametrize("every", [0, -1])
def test_far_cells_are_told_of_at_some_time(every: int) -> None:
    with pytest.raises(GameError, match="Grid: every is a number of ticks, 1 or more"):
        Grid("x", "y", cell=1, far=3, every=every)


@pytest.mark.parametrize("wrap", [(25, 20), (20, 25), (20.001, 20), (4, 20)])
def test_a_world_that_wraps_is_a_whole_number_of_cells(wrap: tuple[float, float]) -> None:
    with pytest.raises(GameError, match="is not a whole number of cells of 10"):
        Grid("x", "y", cell=10, wrap=wrap)
    assert Grid("x", "y", cell=0.1, wrap=(0.7, 0.3)).across == (7, 3)


# The law: cells are squares.


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=1, max_size=8), st.integers(0, 2))
def test_who_is_in_a_near_cell_is_seen_and_who_is_not_is_not(places: list[tuple[float, float]], reach: int) -> None:
    dots = new_dots(Grid("x", "y", cell=8, reach=reach))
    for row_id, (x, y) in enumerate(places):
        dots.add(row_id, x=x, y=y)
    dots.commit(2)
    cells = {row.id: (np.floor(row.x / 8), np.floor(row.y / 8)) for row in dots}
    for row_id, (column, line) in cells.items():
        expected = {other for other, (x, y) in cells.items() if abs(x - column) <= reach and abs(y - line) <= reach}
        assert view(dots, row_id)[0] == expected
