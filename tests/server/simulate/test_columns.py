"""A column holds what it promises and refuses the rest by table, row and field; a refused value changes nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server import F64, I8, I16, I32, U8, U16, U32, Bool, GameError, Quant, Row, RowError, Str, Table

RANGES = [
    ("u8", 0, 255),
    ("u16", 0, 65_535),
    ("u32", 0, 4_294_967_295),
    ("i8", -128, 127),
    ("i16", -32_768, 32_767),
    ("i32", -2_147_483_648, 2_147_483_647),
]
INTS = [name for name, _, _ in RANGES]


class Everything(Row):
    u8 = U8()
    u16 = U16()
    u32 = U32()
    i8 = I8()
    i16 = I16()
    i32 = I32()
    f64 = F64()
    quant = Quant(-10, 10, 0.5)
    flag = Bool()
    text = Str(4)


def new_row(row_type: type[Row] = Everything, **values: Any) -> Any:
    """A row of id 7 in a table that has told of it already."""
    table = Table(row_type, "things")
    row = table.add(7, **values)
    table.take_delta()
    return row


def assert_refused(field: str, value: object) -> None:
    row = new_row()
    before = list(row.wire_values)
    with pytest.raises(RowError) as caught:
        setattr(row, field, value)
    error = caught.value
    assert (error.table, error.row, error.field) == ("things", 7, field)
    assert str(error).startswith(f"things[7].{field}: ")
    assert row.wire_values == before


# Whole numbers.


@pytest.mark.parametrize(("field", "low", "high"), RANGES)
def test_an_integer_column_holds_both_of_its_ends(field: str, low: int, high: int) -> None:
    row = new_row()
    for value in (low, high, 1):
        setattr(row, field, value)
        assert getattr(row, field) == value


@pytest.mark.parametrize(("field", "low", "high"), RANGES)
def test_an_integer_column_refuses_what_is_past_its_ends(field: str, low: int, high: int) -> None:
    for value in (low - 1, high + 1, 2**70, -(2**70)):
        assert_refused(field, value)


@pytest.mark.parametrize("field", INTS)
@pytest.mark.parametrize("value", [True, False, 1.0, "1", b"1", None, [1]], ids=repr)
def test_an_integer_column_takes_integers_only(field: str, value: object) -> None:
    assert_refused(field, value)


# Floats.


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_column_keeps_every_finite_number_exactly(value: float) -> None:
    assert new_row(f64=value).f64 == value


def test_a_float_column_makes_a_float_of_an_integer() -> None:
    value = new_row(f64=3).f64
    assert (type(value), value) == (float, 3.0)


@pytest.mark.parametrize("field", ["f64", "quant"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=repr)
def test_what_is_no_finite_number_is_refused(field: str, value: float) -> None:
    assert_refused(field, value)


@pytest.mark.parametrize("value", ["1", b"1", None, [1.0], 1j], ids=repr)
@pytest.mark.parametrize("field", ["f64", "quant"])
def test_what_is_no_number_is_refused_by_table_row_and_field(field: str, value: object) -> None:
    assert_refused(field, value)


@pytest.mark.parametrize("field", ["f64", "quant"])
def test_an_integer_that_no_float_can_hold_is_refused(field: str) -> None:
    assert_refused(field, 10**400)


# Quant.


@pytest.mark.parametrize(
    ("value", "read"), [(0.5, 0), (1.5, 2), (2.5, 2), (3.5, 4), (2.4999, 2), (2.5001, 3), (9.5, 10)]
)
def test_a_quant_rounds_to_the_nearest_step_and_half_to_even(value: float, read: float) -> None:
    class Whole(Row):
        x = Quant(0, 10, 1)

    assert new_row(Whole, x=value).x == read


def test_a_quant_holds_both_of_its_ends_and_nothing_past_them() -> None:
    row = new_row()
    for value in (-10, 10, -10.0, 10.0):
        row.quant = value
        assert row.quant == value
    for value in (-10.0001, 10.0001, math.nextafter(10, 11), 1e308):
        assert_refused("quant", value)


@given(st.data(), st.integers(-(10**6), 10**6), st.integers(1, 10**4), st.sampled_from([1, 2, 4, 8, 64, 3, 10, 100]))
def test_a_quant_is_never_more_than_half_a_step_off_and_never_past_its_ends(
    data: st.DataObject, low: int, units: int, per_unit: int
) -> None:
    column = Quant(low, low + units, 1 / per_unit)
    value = data.draw(st.floats(low, low + units))
    wire = column.to_wire(value)
    assert type(wire) is int
    assert 0 <= wire <= units * per_unit
    assert abs(column.from_wire(wire) - value) <= 0.5 / per_unit + 1e-9 * max(1, abs(value))


@given(st.data(), st.integers(-(10**6), 10**6), st.integers(1, 10**4), st.sampled_from([1, 2, 8, 64, 3, 10, 100]))
def test_what_a_quant_reads_is_its_own_rounding(data: st.DataObject, low: int, units: int, per_unit: int) -> None:
    """Up to the step before the last; the last one has a test of its own."""
    column = Quant(low, low + units, 1 / per_unit)
    wire = data.draw(st.integers(0, units * per_unit - 1))
    assert column.to_wire(column.from_wire(wire)) == wire


@pytest.mark.parametrize(("low", "high", "step"), [(0, 0.7, 0.1), (0, 1.1, 0.1), (-0.3, 0.3, 0.1), (1, 1.7, 0.1)])
def test_the_upper_end_of_a_quant_can_be_read_and_assigned_again(low: float, high: float, step: float) -> None:
    """`ship.x = ship.x` must be no error: floats make 7 * 0.1 a little more than 0.7."""
    column = Quant(low, high, step)
    wire = column.to_wire(high)
    assert column.to_wire(column.from_wire(wire)) == wire


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [
        (1, 1, 1),
        (2, 1, 1),
        (0, 1, 0),
        (0, 1, -1),
        (0, 1, 2),
        (0, 1, 0.3),
        (0, math.inf, 1),
        (math.nan, 1, 1),
        (0, 1, math.nan),
    ],
)
def test_a_quant_that_cannot_work_is_refused_at_its_declaration(low: float, high: float, step: float) -> None:
    with pytest.raises((ValueError, GameError), match="Quant needs"):
        Quant(low, high, step)


@pytest.mark.parametrize("steps", [2.0**53, 2.0**70, 1e300])
def test_a_quant_of_more_steps_than_integers_travel_exactly_is_refused(steps: float) -> None:
    """Past 2^53 JavaScript rounds them; past 2^64 the encoder raises, outside of what ends the room alone."""
    with pytest.raises((ValueError, GameError)):
        Quant(0, steps, 1)


def test_a_quant_starts_at_its_low_end_or_where_it_is_told() -> None:
    class Two(Row):
        low = Quant(-1, 1, 0.5)
        told = Quant(-1, 1, 0.5, default=0.5)

    row = new_row(Two)
    assert (row.low, row.told) == (-1, 0.5)


# Truth and text.


def test_a_bool_column_holds_true_and_false() -> None:
    row = new_row()
    for value in (True, False):
        row.flag = value
        assert row.flag is value


@pytest.mark.parametrize("value", [0, 1, None, "", "true", 0.0], ids=repr)
def test_a_bool_column_takes_bools_only(value: object) -> None:
    assert_refused("flag", value)


@pytest.mark.parametrize("value", ["", "abcd", "éèêë", "\U0001f680" * 4, "\x00"], ids=ascii)
def test_a_text_column_counts_characters(value: str) -> None:
    assert new_row(text=value).text == value


@pytest.mark.parametrize("value", ["abcde", b"ab", 1, None, ["a"], "\U0001f680" * 5], ids=ascii)
def test_a_text_column_refuses_what_is_too_long_or_no_text(value: object) -> None:
    assert_refused("text", value)


def test_a_text_column_refuses_what_cannot_be_encoded() -> None:
    """A lone surrogate would raise later, in the encoder, where it is no longer the room's own fault."""
    assert_refused("text", "\ud800")


# All of them.


def test_defaults_fill_what_is_not_named() -> None:
    class Given(Row):
        count = U8(7)
        share = F64(0.5)
        flag = Bool(default=True)
        text = Str(4, "abc")

    row = new_row(Given)
    assert (row.count, row.share, row.flag, row.text) == (7, 0.5, True, "abc")


DEFAULTS: list[Callable[[], object]] = [
    lambda: U8(300),
    lambda: I8(-200),
    lambda: Quant(0, 1, 0.5, default=2),
    lambda: Str(2, "abc"),
    lambda: F64(math.nan),
]


@pytest.mark.parametrize("make", DEFAULTS, ids=["U8", "I8", "Quant", "Str", "F64"])
def test_a_default_that_the_column_cannot_hold_is_refused_when_the_class_is_read(make: Callable[[], object]) -> None:
    with pytest.raises((ValueError, GameError)):
        type("Wrong", (Row,), {"value": make()})


def test_a_column_is_described_as_clients_must_read_it() -> None:
    specs = [column.spec() for column in Everything.columns]
    assert specs[:6] == [[name, "int"] for name in INTS]
    assert specs[6:] == [["f64", "float"], ["quant", "quant", -10, 0.5], ["flag", "bool"], ["text", "str"]]


def test_the_class_gives_the_column_itself() -> None:
    assert isinstance(Everything.quant, Quant)
    assert Everything.columns[7] is Everything.quant


def test_setting_a_value_marks_the_row_and_setting_it_to_itself_does_not() -> None:
    table = Table(Everything, "things")
    row = table.add(1, quant=1.0)
    table.take_delta()
    row.quant, row.u8, row.text, row.flag, row.f64 = 1.2, 0, "", False, 0.0  # 1.2 rounds to 1.0
    assert table.take_delta() is None
    row.quant = 1.3
    delta = table.take_delta()
    assert delta is not None
    assert delta[1] == [1]
