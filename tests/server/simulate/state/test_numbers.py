"""A column of numbers holds what it promises and refuses the rest by table, row and field."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server import F32, F64, I8, I16, I32, U8, U16, U32, Bool, GameError, Quant, Row, RowError
from tests.protocol.golden import rows, unmarked
from tests.server.simulate.state.tables import assert_refused, changed, new_row, new_table, ticks, wire

RANGES = [
    ("u8", 0, 255),
    ("u16", 0, 65_535),
    ("u32", 0, 4_294_967_295),
    ("i8", -128, 127),
    ("i16", -32_768, 32_767),
    ("i32", -2_147_483_648, 2_147_483_647),
]
INTS = [name for name, _, _ in RANGES]
FLOATS = ["f32", "f64", "quant"]
F32_MAX = float(np.finfo(np.float32).max)


class Numbers(Row):
    u8 = U8()
    u16 = U16()
    u32 = U32()
    i8 = I8()
    i16 = I16()
    i32 = I32()
    f32 = F32()
    f64 = F64()
    quant = Quant(-10, 10, 0.5)
    flag = Bool()


# Whole numbers.


@pytest.mark.parametrize(("field", "low", "high"), RANGES)
def test_an_integer_column_holds_both_of_its_ends(field: str, low: int, high: int) -> None:
    row = new_row(Numbers)
    for value in (low, high, 1):
        setattr(row, field, value)
        read = getattr(row, field)
        assert (type(read), read) == (int, value)
    assert getattr(new_row(Numbers, **{field: low}), field) == low


@pytest.mark.parametrize(("field", "low", "high"), RANGES)
def test_an_integer_column_refuses_what_is_past_its_ends(field: str, low: int, high: int) -> None:
    for value in (low - 1, high + 1, 2**70, -(2**70)):
        assert assert_refused(new_row(Numbers), field, value) == f"{value} is not between {low} and {high}"
    with pytest.raises(ValueError, match="is not between"):
        new_row(Numbers, **{field: high + 1})


@pytest.mark.parametrize("field", INTS)
@pytest.mark.parametrize("value", [True, np.True_, 1.0, np.float64(1), "1", b"1", None, [1], Decimal(1)], ids=repr)
def test_an_integer_column_takes_integers_only(field: str, value: object) -> None:
    assert assert_refused(new_row(Numbers), field, value).startswith("expected an int, got ")


@pytest.mark.parametrize("number", [np.uint8(7), np.int16(7), np.int64(7), np.uint64(7)], ids=repr)
@pytest.mark.parametrize("field", INTS)
def test_an_integer_column_takes_the_integers_of_numpy(field: str, number: Any) -> None:
    row = new_row(Numbers)
    setattr(row, field, number)
    assert (type(getattr(row, field)), getattr(row, field)) == (int, 7)
    assert assert_refused(new_row(Numbers), "u8", np.int64(256)) == "256 is not between 0 and 255"


# Floats.


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_column_keeps_every_finite_number_exactly(value: float) -> None:
    assert new_row(Numbers, f64=value).f64 == value


@given(st.floats(-F32_MAX, F32_MAX))
def test_a_column_of_four_bytes_rounds_as_soon_as_it_is_assigned(value: float) -> None:
    """The game reads what clients read."""
    row = new_row(Numbers)
    row.f32 = value
    (rounded,) = struct.unpack("<f", struct.pack("<f", value))
    assert (type(row.f32), row.f32) == (float, rounded)
    row.cells.now = 9
    row.f32 = value
    assert ticks(row)[6] != 9, "assigned again it is the same"


@pytest.mark.parametrize("value", [F32_MAX, -F32_MAX])
def test_a_column_of_four_bytes_holds_its_ends_and_nothing_past_them(value: float) -> None:
    assert new_row(Numbers, f32=value).f32 == value
    for past in (math.nextafter(value, value * 2), value * 2, 1e308):
        problem = assert_refused(new_row(Numbers), "f32", past)
        assert problem == f"expected a finite number of at most 3.403e+38, got {past!r}"


@pytest.mark.parametrize("number", [3, np.int32(3), np.float32(3), np.float64(3), np.uint8(3)], ids=repr)
@pytest.mark.parametrize("field", FLOATS)
def test_a_float_column_makes_a_float_of_every_number(field: str, number: Any) -> None:
    row = new_row(Numbers)
    setattr(row, field, number)
    value = getattr(row, field)
    assert (type(value), value) == (float, 3.0)


@pytest.mark.parametrize("field", FLOATS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32(math.nan), 10**400], ids=repr)
def test_what_is_no_finite_number_is_refused(field: str, value: float) -> None:
    assert_refused(new_row(Numbers), field, value)


@pytest.mark.parametrize("value", ["1", b"1", None, [1.0], 1j, np.complex128(1j), Decimal(1)], ids=repr)
@pytest.mark.parametrize("field", FLOATS)
def test_what_is_no_number_is_refused_by_table_row_and_field(field: str, value: object) -> None:
    assert assert_refused(new_row(Numbers), field, value).startswith("expected a number, got ")


# Quant.


@pytest.mark.parametrize(
    ("value", "read"), [(0.5, 0), (1.5, 2), (2.5, 2), (3.5, 4), (2.4999, 2), (2.5001, 3), (9.5, 10)]
)
def test_a_quant_rounds_to_the_nearest_step_and_half_to_even(value: float, read: float) -> None:
    class Whole(Row):
        x = Quant(0, 10, 1)

    row, table = new_row(Whole, x=value), new_table(Whole, 1)
    assert row.x == read
    row.x = 5
    row.x = value
    table.x[...] = value
    assert (row.x, table[1].x) == (read, read)


@pytest.mark.parametrize("value", [-10, 10, -10.0, 10.0])
def test_a_quant_holds_both_of_its_ends(value: float) -> None:
    row = new_row(Numbers)
    row.quant = value
    assert row.quant == value


@pytest.mark.parametrize("value", [-10.0001, 10.0001, math.nextafter(10, 11), math.nextafter(-10, -11), 11, -11, 1e308])
def test_a_quant_refuses_what_is_past_its_ends(value: float) -> None:
    assert assert_refused(new_row(Numbers), "quant", value) == f"{value!r} is not between -10 and 10"


@given(st.data(), st.integers(-(10**6), 10**6), st.integers(1, 10**4), st.sampled_from([1, 2, 4, 8, 64, 3, 10, 100]))
def test_a_quant_is_never_more_than_half_a_step_off_and_never_past_its_ends(
    data: st.DataObject, low: int, units: int, per_unit: int
) -> None:
    column = Quant(low, low + units, 1 / per_unit)
    value = data.draw(st.floats(low, low + units))
    k = column.to_wire(value)
    assert type(k) is int
    assert 0 <= k <= units * per_unit < 1 << 8 * column.width
    assert abs(column.from_wire(k) - value) <= 0.5 / per_unit + 1e-9 * max(1, abs(value))


@given(st.data(), st.integers(-(10**6), 10**6), st.integers(1, 10**4), st.sampled_from([1, 2, 8, 64, 3, 10, 100]))
def test_what_a_quant_reads_is_its_own_rounding(data: st.DataObject, low: int, units: int, per_unit: int) -> None:
    column = Quant(low, low + units, 1 / per_unit)
    k = data.draw(st.integers(0, units * per_unit))
    assert column.to_wire(column.from_wire(k)) == k


@pytest.mark.parametrize(("low", "high", "step"), [(0, 0.7, 0.1), (0, 1.1, 0.1), (-0.3, 0.3, 0.1), (1, 1.7, 0.1)])
def test_the_upper_end_of_a_quant_can_be_read_and_assigned_again(low: float, high: float, step: float) -> None:
    """`ship.x = ship.x` must be no error: floats make 7 * 0.1 a little more than 0.7."""
    column: Any = Quant(low, high, step)
    row_type: Any = type("Single", (Row,), {"x": column})
    row, table = new_row(row_type, x=high), new_table(row_type, 1, x=high)
    row.x = row.x
    table.x[...] = table.x[...]
    assert wire(row) == wire(table[1]) == [column.to_wire(high)]


@pytest.mark.parametrize(
    ("steps", "width"),
    [(1, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 4), (2**32 - 1, 4)],
)
def test_a_quant_travels_in_as_few_bytes_as_its_steps_need(steps: int, width: int) -> None:
    column = Quant(-1, steps - 1, 1)
    assert (column.width, column.stored) == (width, f"u{width}")
    row_type: Any = type("Single", (Row,), {"x": column})
    row = new_row(row_type, x=steps - 1)
    assert (row.x, wire(row)) == (steps - 1, [steps])


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
        (-math.inf, 0, 1),
        (math.nan, 1, 1),
        (0, 1, math.nan),
    ],
)
def test_a_quant_that_cannot_work_is_refused_at_its_declaration(low: float, high: float, step: float) -> None:
    with pytest.raises((ValueError, GameError), match="Quant needs"):
        Quant(low, high, step)


@pytest.mark.parametrize("steps", [2.0**32, 2.0**53, 2.0**70, 1e300])
def test_a_quant_of_more_steps_than_four_bytes_hold_is_refused(steps: float) -> None:
    with pytest.raises(ValueError, match="fewer than 2\\^32 steps"):
        Quant(0, steps, 1)


def test_a_quant_starts_at_its_low_end_or_where_it_is_told() -> None:
    class Two(Row):
        low = Quant(-1, 1, 0.5)
        told = Quant(-1, 1, 0.5, default=0.5)

    row = new_row(Two)
    assert (row.low, row.told) == (-1, 0.5)


# Truth.


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_], ids=repr)
def test_a_bool_column_holds_true_and_false(value: Any) -> None:
    row = new_row(Numbers, flag=not value)
    row.flag = value
    assert row.flag is bool(value)


@pytest.mark.parametrize("value", [0, 1, None, "", "true", 0.0, np.int64(1)], ids=repr)
def test_a_bool_column_takes_bools_only(value: object) -> None:
    assert assert_refused(new_row(Numbers), "flag", value) == f"expected a bool, got {value!r}"


# All of them.


def test_a_column_that_is_not_named_has_its_default() -> None:
    class Given(Row):
        count = U8(7)
        share = F64(0.5)
        small = F32(0.25)
        flag = Bool(default=True)

    row = new_row(Given)
    assert (row.count, row.share, row.small, row.flag) == (7, 0.5, 0.25, True)


DEFAULTS: list[Callable[[], object]] = [
    lambda: U8(300),
    lambda: I8(-200),
    lambda: Quant(0, 1, 0.5, default=2),
    lambda: F32(1e39),
    lambda: F64(math.nan),
    lambda: Bool(1),  # type: ignore[arg-type]  # wrong on purpose
]


@pytest.mark.parametrize("make", DEFAULTS, ids=["U8", "I8", "Quant", "F32", "F64", "Bool"])
def test_a_default_that_the_column_cannot_hold_is_refused_when_the_class_is_read(make: Callable[[], object]) -> None:
    with pytest.raises(GameError, match=r"Wrong\.value: its default: "):
        type("Wrong", (Row,), {"value": make()})


def test_a_column_is_described_as_clients_must_read_it() -> None:
    specs = [column.spec() for column in Numbers.columns]
    assert specs[:8] == [[name, name] for name in [*INTS, "f32", "f64"]]
    assert specs[8:] == [["quant", "quant", -10, 0.5, 1], ["flag", "bool"]]


def test_the_class_gives_the_column_itself() -> None:
    assert isinstance(Numbers.quant, Quant)
    assert isinstance(Numbers.u8, U8)
    assert [column.index for column in Numbers.columns] == list(range(10))
    assert (Numbers.columns[8], Numbers.columns[0]) == (Numbers.quant, Numbers.u8)


OTHERS = {
    "u8": 1, "u16": 1, "u32": 1, "i8": 1, "i16": 1, "i32": 1, "f32": 0.5, "f64": 0.5, "quant": 1.2, "flag": True,
}  # fmt: skip


@pytest.mark.parametrize("field", OTHERS)
def test_a_value_that_is_assigned_marks_its_row_and_its_tick_and_one_that_was_there_does_not(field: str) -> None:
    table = new_table(Numbers, 1, 2)
    row, value = table[2], OTHERS[field]
    setattr(row, field, value)
    place = [column.name for column in Numbers.columns].index(field)
    assert ticks(row) == [2 if at == place else 0 for at in range(10)]
    assert changed(table, 2) == [2]
    setattr(row, field, value)
    setattr(row, field, getattr(row, field))
    assert ticks(row)[place] == 2
    assert changed(table, 3) == []


# The vectors of the protocol.

VECTORS = [{key: unmarked(value) for key, value in row.items()} for row in rows("quant.json")]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_quant_takes_rounds_reads_and_refuses_as_the_vectors_say(vector: dict[str, Any]) -> None:
    """One by one and many at once."""
    value = vector["value"]
    column: Any = Quant(vector["low"], vector["high"], vector["step"])
    assert column.width == vector["width"]
    row_type: Any = type("Single", (Row,), {"x": column})
    table = new_table(row_type, 7, 8)
    if vector["k"] is None:
        assert_refused(table[7], "x", value)
        with pytest.raises(RowError):
            table.x[...] = value
        assert wire(table[7]) == wire(table[8]) == [0]
        return
    table[7].x = value
    table.x[1:] = value
    assert wire(table[7]) == wire(table[8]) == [vector["k"]]
    assert table[7].x == table.x[...][1] == vector["read"]
