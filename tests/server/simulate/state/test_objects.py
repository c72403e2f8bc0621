"""A column of text, bytes or structures holds copies of what fits, and refuses the rest by table, row and field."""

from __future__ import annotations

import math
from typing import Any

import msgpack  # type: ignore[import-untyped]  # the package ships no types
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server import Bytes, GameError, Json, Row, Str
from tests.server.simulate.state.tables import assert_refused, changed, new_row, new_table, ticks, wire


class Things(Row):
    text = Str(4)
    raw = Bytes(4)
    notes = Json(64)


def nested(depth: int, inside: Any = None) -> Any:
    """So many lists around it."""
    for _ in range(depth):
        inside = [inside]
    return inside


# Text.


@pytest.mark.parametrize("value", ["", "abcd", "éèêë", "\U0001f680" * 4, "\x00"], ids=ascii)
def test_a_text_column_counts_characters(value: str) -> None:
    row = new_row(Things)
    row.text = value
    assert (row.text, new_row(Things, text=value).text) == (value, value)


def test_a_text_that_is_too_long_is_refused_with_both_lengths() -> None:
    assert assert_refused(new_row(Things), "text", "abcde") == "5 characters, the column holds 4"
    assert assert_refused(new_row(Things), "text", "\U0001f680" * 5) == "5 characters, the column holds 4"


@pytest.mark.parametrize("value", [b"ab", 1, None, ["a"], np.str_("ab")], ids=ascii)
def test_a_text_column_takes_text_only(value: object) -> None:
    assert assert_refused(new_row(Things), "text", value) == f"expected a str, got {value!r}"


@pytest.mark.parametrize("value", ["\ud800", "a\udfff"], ids=ascii)
def test_a_text_that_cannot_be_encoded_is_refused(value: str) -> None:
    """It would raise later, in the encoder, where it is no longer the room's own fault."""
    assert_refused(new_row(Things), "text", value)
    assert_refused(new_row(Things), "notes", [value])
    assert_refused(new_row(Things), "notes", {value: 1})


# Bytes.


@pytest.mark.parametrize("value", [b"", b"abcd", b"\x00\xff"])
def test_a_column_of_bytes_holds_any_bytes(value: bytes) -> None:
    row = new_row(Things)
    row.raw = value
    assert (row.raw, new_row(Things, raw=value).raw) == (value, value)


def test_bytes_that_are_too_many_are_refused_with_both_lengths() -> None:
    assert assert_refused(new_row(Things), "raw", b"abcde") == "5 bytes, the column holds 4"


@pytest.mark.parametrize(
    "value", ["ab", 1, None, bytearray(b"ab"), memoryview(b"ab"), [1]], ids=lambda value: type(value).__name__
)
def test_a_column_of_bytes_takes_bytes_only(value: object) -> None:
    """A bytearray could change behind the column's back."""
    assert assert_refused(new_row(Things), "raw", value).startswith("expected bytes, got ")


# Structures.


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -(2**53) + 1, 2**53 - 1, 1.5, -0.0, "", "é", [], {}, [1, [2.0, {"a": None}]], {"b": 1, "a": [{}]}],
    ids=repr,
)
def test_a_structure_is_read_as_it_was_assigned(value: Any) -> None:
    row = new_row(Things, notes="other")
    row.notes = value
    assert repr(row.notes) == repr(value)
    assert wire(row)[2] == msgpack.packb(value)


def test_a_tuple_is_read_as_a_list() -> None:
    assert new_row(Things, notes=(1, (2,))).notes == [1, [2]]


def test_a_structure_is_copied_on_the_way_in_and_on_every_way_out() -> None:
    mine: dict[str, Any] = {"cards": [1]}
    table = new_table(Things, 7)
    row = table[7]
    row.notes = mine
    mine["cards"].append(2)
    row.notes["cards"].append(3)
    row.notes.clear()
    assert row.notes == {"cards": [1]}
    assert row.notes is not row.notes
    table.commit(2)
    row.notes = {"cards": [1]}
    assert changed(table, 3) == []
    row.notes = {"cards": [1, 2]}
    assert changed(table, 4) == [7]


def test_a_default_is_no_single_list_that_rows_share() -> None:
    class Pile(Row):
        cards = Json(64, default=[])

    table = new_table(Pile, 1, 2)
    table[1].cards.append(5)
    assert (table[1].cards, table[2].cards) == ([], [])


def test_maps_of_another_order_are_other_values() -> None:
    """A client keeps the bytes as they came, and its digest goes over them."""
    table = new_table(Things, 7, notes={"a": 1, "b": 2})
    table[7].notes = {"b": 2, "a": 1}
    assert changed(table, 2) == [7]
    assert list(table[7].notes) == ["b", "a"]


def test_a_structure_may_be_as_large_as_the_column_says_and_no_larger() -> None:
    row = new_row(Things)
    row.notes = "x" * 62  # two bytes of head
    assert assert_refused(row, "notes", "x" * 63) == "65 bytes packed, the column holds 64"


@pytest.mark.parametrize("value", [2**53, -(2**53), 2**64, 10**400, [[2**53]], {"a": 2**53}])
def test_an_integer_that_javascript_would_round_is_refused(value: Any) -> None:
    assert assert_refused(new_row(Things), "notes", value).endswith("is beyond 2^53, JavaScript would round it")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [math.nan], {"a": math.inf}])
def test_what_json_does_not_have_is_refused_in_a_structure(value: Any) -> None:
    assert assert_refused(new_row(Things), "notes", value).startswith("expected a finite number, got ")


@pytest.mark.parametrize("value", [b"ab", {1, 2}, 1j, object, [b""], {"a": {1}}, np.int64(1), np.float64(1)], ids=repr)
def test_a_value_of_another_type_is_refused_in_a_structure(value: Any) -> None:
    assert assert_refused(new_row(Things), "notes", value).startswith("expected None, bool, int, float, str, list")


@pytest.mark.parametrize("key", [1, None, b"a", (1,), True], ids=repr)
def test_a_key_that_is_no_text_is_refused(key: Any) -> None:
    assert assert_refused(new_row(Things), "notes", {"a": {key: 1}}) == f"expected a str as key, got {key!r}"


def test_a_structure_may_be_nested_sixteen_deep_and_no_deeper() -> None:
    row = new_row(Things)
    for value in (nested(16), nested(16, 1), nested(15, {"a": 1})):
        row.notes = value
        assert row.notes == value
    for value in (nested(17), nested(16, {"a": 1})):
        assert assert_refused(row, "notes", value) == "nested more than 16 deep"


def test_a_structure_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert assert_refused(new_row(Things), "notes", endless) == "nested more than 16 deep"


STRUCTURES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("aé\U0001f680", max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(STRUCTURES)
def test_any_small_structure_comes_back_as_it_was(value: Any) -> None:
    class Large(Row):
        notes = Json(1024)

    assert repr(new_row(Large, notes=value).notes) == repr(value)


# All of them.


@pytest.mark.parametrize(
    "column",
    [Str(2, "abc"), Bytes(2, b"abc"), Json(2, "abc"), Json(8, default={1: 2})],
    ids=["Str", "Bytes", "Json", "key"],
)
def test_a_default_that_the_column_cannot_hold_is_refused_when_the_class_is_read(column: object) -> None:
    with pytest.raises(GameError, match=r"Wrong\.value: its default: "):
        type("Wrong", (Row,), {"value": column})


def test_a_column_that_is_not_named_has_its_default() -> None:
    class Given(Row):
        text = Str(4, "abc")
        raw = Bytes(4, b"\x00")
        notes = Json(64, default={"a": [1]})

    row = new_row(Given)
    assert (row.text, row.raw, row.notes) == ("abc", b"\x00", {"a": [1]})
    assert (new_row(Things).text, new_row(Things).raw, new_row(Things).notes) == ("", b"", None)


def test_a_column_is_described_as_clients_must_read_it() -> None:
    assert [column.spec() for column in Things.columns] == [["text", "str"], ["raw", "bytes"], ["notes", "json"]]
    assert [column.stored for column in Things.columns] == [None] * 3


@pytest.mark.parametrize(("field", "value"), [("text", "a"), ("raw", b"a"), ("notes", [1])])
def test_a_value_that_is_assigned_marks_its_row_and_its_tick_and_one_that_was_there_does_not(
    field: str, value: Any
) -> None:
    table = new_table(Things, 1, 2)
    row = table[2]
    setattr(row, field, value)
    place = ["text", "raw", "notes"].index(field)
    assert ticks(row) == [2 if at == place else 0 for at in range(3)]
    assert changed(table, 2) == [2]
    setattr(row, field, value)
    assert ticks(row)[place] == 2
    assert changed(table, 3) == []
