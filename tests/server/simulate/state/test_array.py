"""A column of all rows at once: all of it is checked, only what differs is marked, and an error changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server import F32, F64, I8, U8, U32, Bool, Bytes, Json, Quant, Row, RowError, Str, Table
from tests.server.simulate.state.tables import changed, new_table, settled, ticks, wire


class Dot(Row):
    x = Quant(0, 100, 0.5)
    hits = U8()
    big = U32()
    low = I8()
    heat = F32()
    mass = F64()
    alive = Bool()
    name = Str(4)
    raw = Bytes(4)
    notes = Json(32)


NAMES = [column.name for column in Dot.columns]


@pytest.fixture
def dots() -> Table[Any]:
    """Five rows, of ids 10 to 14; tick 2 is being made."""
    return new_table(Dot, 10, 11, 12, 13, 14)


def state(dots: Table[Any]) -> list[Any]:
    return [(wire(row), ticks(row), dots.cells.dirty_view[row.slot]) for row in dots]


# Reading.


def test_a_column_is_read_in_the_order_of_iteration_and_of_the_ids(dots: Table[Any]) -> None:
    for row in dots:
        row.hits, row.name = row.id, f"{row.id}"
    dots.remove(11)
    assert dots.ids.tolist() == dots.hits[...].tolist() == [row.id for row in dots] == [10, 14, 12, 13]
    assert dots.name[...] == ["10", "14", "12", "13"]


@pytest.mark.parametrize(
    ("field", "value", "dtype"),
    [("x", 1.5, "f8"), ("hits", 3, "u1"), ("big", 2**32 - 1, "u4"), ("heat", 0.5, "f8"), ("mass", 0.1, "f8")],
)
def test_numbers_are_read_as_an_array(dots: Table[Any], field: str, value: float, dtype: str) -> None:
    dots.column(field)[...] = value
    array = dots.column(field)[...]
    assert (array.dtype, array.tolist()) == (np.dtype(dtype), [value] * 5)
    assert np.asarray(dots.column(field)).tolist() == [value] * 5
    assert len(dots.column(field)) == 5


def test_what_is_read_is_a_copy(dots: Table[Any]) -> None:
    for name in NAMES[:7]:
        dots.column(name)[...][:] = 1
    dots.ids[:] = 0
    dots.name[...].clear()
    assert [wire(row)[:7] for row in dots] == [[0, 0, 0, 0, 0.0, 0.0, False]] * 5
    assert (dots.ids.tolist(), changed(dots, 2)) == ([10, 11, 12, 13, 14], [])


KEYS: dict[str, tuple[Any, list[int]]] = {
    "all": (..., [0, 1, 2, 3, 4]),
    "a slice": (slice(1, 4, 2), [1, 3]),
    "a slice from behind": (slice(None, None, -1), [4, 3, 2, 1, 0]),
    "a mask": (np.array([True, False, False, True, False]), [0, 3]),
    "a list of positions": ([4, 0], [4, 0]),
    "an array of positions": (np.array([2, -1]), [2, 4]),
    "a mask of none": (np.zeros(5, "?"), []),
    "no positions": (slice(0), []),
}


@pytest.mark.parametrize("key", KEYS)
def test_rows_are_picked_as_numpy_picks_them(dots: Table[Any], key: str) -> None:
    index, slots = KEYS[key]
    dots.hits[...] = [0, 1, 2, 3, 4]
    dots.name[...] = ["0", "1", "2", "3", "4"]
    assert dots.hits[index].tolist() == slots
    assert dots.name[index] == [str(slot) for slot in slots]
    dots.commit(2)
    dots.hits[index] = 9
    dots.name[index] = "9"
    assert [row.slot for row in dots if row.hits == 9] == sorted(slots)
    assert [row.slot for row in dots if row.name == "9"] == sorted(slots)
    assert changed(dots, 3) == sorted(10 + slot for slot in slots)


def test_values_go_to_the_rows_that_were_picked_in_that_order(dots: Table[Any]) -> None:
    dots.x[[3, 1]] = [7, 8]
    dots.raw[[3, 1]] = [b"7", b"8"]
    assert [(row.x, row.raw) for row in dots] == [(0, b""), (8, b"8"), (0, b""), (7, b"7"), (0, b"")]


def test_a_single_position_is_a_single_value(dots: Table[Any]) -> None:
    dots.x[2] = 4.5
    dots.name[2] = "c"
    assert (dots.x[2], dots[12].x, dots[12].name) == (4.5, 4.5, "c")
    assert changed(dots, 2) == [12]


# Writing.


VALUES: dict[str, tuple[Any, Any]] = {
    "x": (7.25, 7.0), "hits": (7, 7), "big": (7, 7), "low": (-7, -7), "heat": (0.1, float(np.float32(0.1))),
    "mass": (0.1, 0.1), "alive": (True, True), "name": ("ab", "ab"), "raw": (b"ab", b"ab"),
}  # fmt: skip


@pytest.mark.parametrize("field", VALUES)
def test_one_value_is_given_to_all(dots: Table[Any], field: str) -> None:
    given, read = VALUES[field]
    dots.column(field)[...] = given
    assert [getattr(row, field) for row in dots] == [read] * 5
    place = NAMES.index(field)
    assert [ticks(row) for row in dots] == [[2 if at == place else 0 for at in range(len(NAMES))]] * 5


@pytest.mark.parametrize("field", VALUES)
def test_only_what_differs_is_marked(dots: Table[Any], field: str) -> None:
    given = VALUES[field][0]
    setattr(dots[11], field, given)
    dots.commit(2)
    dots.column(field)[...] = given
    place = NAMES.index(field)
    assert [ticks(row)[place] for row in dots] == [3, 2, 3, 3, 3]
    assert changed(dots, 3) == [10, 12, 13, 14]
    dots.column(field)[...] = [given] * 5
    dots.column(field)[...] = dots.column(field)[...]
    assert changed(dots, 4) == []


def test_structures_are_given_one_for_each_row(dots: Table[Any]) -> None:
    dots.notes[...] = [{"n": 1}, [2], None, [], {}]
    assert dots.notes[...] == [{"n": 1}, [2], None, [], {}]
    assert changed(dots, 2) == [10, 11, 13, 14]


def test_an_array_of_another_type_of_numbers_fits_if_its_values_do(dots: Table[Any]) -> None:
    dots.hits[...] = np.arange(5, dtype="i8")
    dots.low[...] = np.arange(5, dtype="u8")
    dots.x[...] = np.arange(5, dtype="f4")
    dots.mass[...] = np.arange(5)
    dots.alive[...] = np.arange(5) > 2
    assert [(row.hits, row.low, row.x, row.mass, row.alive) for row in dots] == [(n, n, n, n, n > 2) for n in range(5)]


def test_values_that_name_a_row_twice_leave_the_last_as_numpy_does(dots: Table[Any]) -> None:
    dots.hits[[0, 0]] = [1, 0]
    dots.name[[0, 0]] = ["a", ""]
    assert (dots[10].hits, dots[10].name) == (0, "")
    dots.hits[[1, 1]] = [0, 1]
    assert dots[11].hits == 1


def test_a_column_of_an_empty_table_takes_nothing_for_nobody() -> None:
    """As a game writes it that goes through all rows, of which there are none."""
    empty = new_table(Dot)
    for name in NAMES:
        empty.column(name)[...] = []
        empty.column(name)[...] = [getattr(row, name) for row in empty]
        assert list(empty.column(name)[...]) == []
    assert changed(empty, 2) == []


# Refused.


WRONG: list[tuple[str, Any, int, str]] = [
    ("x", [1, 2, 100.5, 4, 200], 12, "100.5 is not between 0 and 100"),
    ("x", [1, 2, 3, -0.1, 5], 13, "-0.1 is not between 0 and 100"),
    ("x", [1, np.nan, 3, 4, 5], 11, "nan is not between 0 and 100"),
    ("x", ["1"] * 5, 10, "expected numbers, got <U1"),
    ("x", [True] * 5, 10, "expected numbers, got bool"),
    ("x", 101, 10, "101.0 is not between 0 and 100"),
    ("hits", [1, 2, 3, 4, 256], 14, "256 is not between 0 and 255"),
    ("hits", np.array([1, 2, 3, -1, 300]), 13, "-1 is not between 0 and 255"),
    ("hits", [1.0] * 5, 10, "expected integers, got float64"),
    ("hits", [True] * 5, 10, "expected integers, got bool"),
    ("hits", [2**70] * 5, 10, "expected integers, got object"),
    ("low", np.array([1, 2, 3, 4, 2**64 - 1], "u8"), 14, "18446744073709551615 is not between -128 and 127"),
    ("big", [1, 2, -1, 4, 5], 12, "-1 is not between 0 and 4294967295"),
    ("heat", [1, 2, 3, 1e39, 5], 13, "expected a finite number of at most 3.403e+38, got 1e+39"),
    ("heat", [1, -np.inf, 3, 4, 5], 11, "expected a finite number of at most 3.403e+38, got -inf"),
    ("mass", [1, np.inf, 3, 4, 5], 11, "expected a finite number, got inf"),
    ("mass", [1, 2, 3, 4, np.nan], 14, "expected a finite number, got nan"),
    ("mass", [1j] * 5, 10, "expected numbers, got complex128"),
    ("alive", [0, 1, 0, 1, 0], 10, "expected bools, got int64"),
    ("name", ["a", "b", "c", "abcde", ""], 13, "5 characters, the column holds 4"),
    ("name", ["a", 7, "c", "d", "e"], 11, "expected a str, got 7"),
    ("name", "abcde", 10, "5 characters, the column holds 4"),
    ("raw", [b"a", b"b", b"c", b"d", "e"], 14, "expected bytes, got 'e'"),
    ("notes", [[1, 2], [3, np.inf], [5, 6], [7, 8], [9, 9]], 11, "expected a finite number, got inf"),
    ("notes", [[], [1], {1: 2}, None, "a"], 12, "expected a str as key, got 1"),
]


@pytest.mark.parametrize(("field", "values", "row_id", "problem"), WRONG, ids=lambda value: str(value)[:20])
def test_the_first_that_does_not_fit_is_named_and_nothing_is_changed(
    dots: Table[Any], field: str, values: Any, row_id: int, problem: str
) -> None:
    before = state(dots)
    with pytest.raises(RowError) as caught:
        dots.column(field)[...] = values
    assert str(caught.value) == f"things[{row_id}].{field}: {problem}"
    assert state(dots) == before
    assert changed(dots, 2) == []


@pytest.mark.parametrize("field", ["hits", "name"])
def test_the_row_that_is_named_is_the_one_that_was_picked(dots: Table[Any], field: str) -> None:
    dots.remove(10)  # the order is now 14, 11, 12, 13
    bad: Any = 300 if field == "hits" else "abcde"
    good: Any = 3 if field == "hits" else "abc"
    mask = np.array([False, False, True, True])
    for key, values, row_id in (
        ([3, 0, 1], [good, bad, bad], 14),
        (slice(1, None), [good, bad, good], 12),
        (mask, [good, bad], 13),
        (mask, bad, 12),
        (2, bad, 12),
    ):
        with pytest.raises(RowError, match=rf"things\[{row_id}\]\.{field}: "):
            dots.column(field)[key] = values
    assert [getattr(row, field) for row in dots] == [0 if field == "hits" else ""] * 4


@pytest.mark.parametrize("field", ["x", "hits", "alive", "name", "notes"])
def test_a_number_of_values_that_does_not_fit_is_refused(dots: Table[Any], field: str) -> None:
    one = getattr(dots[10], field)
    for key, count in ((..., 4), (..., 6), (slice(2), 3)):
        with pytest.raises(ValueError, match=r"values for|broadcast|mismatch"):
            dots.column(field)[key] = [one] * count
    assert changed(dots, 2) == []


def test_a_position_that_is_not_there_is_an_index_error(dots: Table[Any]) -> None:
    """Also one within the capacity that is not in use."""
    for index in (5, -6, 15, [0, 5]):
        with pytest.raises(IndexError):
            dots.hits[index] = 1
        with pytest.raises(IndexError):
            dots.name[index] = "a"
        with pytest.raises(IndexError):
            dots.hits[index]
    assert changed(dots, 2) == []


def test_a_value_for_nobody_is_checked_all_the_same(dots: Table[Any]) -> None:
    with pytest.raises(RowError, match=r"hits: 256 is not between 0 and 255"):
        dots.hits[dots.hits[...] > 200] = 256


# The law: all at once is the same as one by one.


@given(st.data(), st.lists(st.floats(-10, 110), min_size=1, max_size=40))
def test_to_assign_all_at_once_is_to_assign_one_by_one(data: st.DataObject, numbers: list[float]) -> None:
    class Point(Row):
        x = Quant(0, 100, 0.3 + 0.2)
        y = F32()

    here, there = (settled(Table(Point, table_name="things")) for _ in range(2))
    for row_id in range(len(numbers)):
        here.add(row_id, x=50)
        there.add(row_id, x=50)
    for table in (here, there):
        table.commit(2)
    picked = data.draw(st.lists(st.booleans(), min_size=len(numbers), max_size=len(numbers)))
    mask = np.array(picked)
    fits = all(0 <= value <= 100 for value, is_picked in zip(numbers, picked, strict=True) if is_picked)
    try:
        here.x[mask] = np.array(numbers)[mask]
        here.y[mask] = np.array(numbers)[mask]
    except RowError:
        assert not fits
        return
    assert fits
    for row, value, is_picked in zip(there, numbers, picked, strict=True):
        if is_picked:
            row.x = value
            row.y = value
    assert [(wire(row), ticks(row)) for row in here] == [(wire(row), ticks(row)) for row in there]
    assert changed(here, 3) == changed(there, 3)


class Boat(Row):
    x = U8()


def test_a_column_cannot_be_assigned_without_saying_of_which_rows() -> None:
    boats: Any = new_table(Boat, 1, 2)
    with pytest.raises(AttributeError, match=r"x\[\.\.\.\] = values"):
        boats.x = 5
    with pytest.raises(TypeError):
        boats.x += 1
