"""Declaring actions: what a hostile client could make as large as it likes is found and named before anybody plays."""

from __future__ import annotations

import datetime
import decimal
import enum
import math
from typing import Annotated, Any, Literal, TypeAlias, cast

import msgspec
import pytest

from pelton.protocol import BadMessage, SchemaError
from pelton.protocol.schema import INT_MAX, Action, Bounds, Size, action_fields, action_name, check_actions
from pelton.protocol.typed import TypedDecoder, encode_value


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Point(msgspec.Struct):
    x: Annotated[int, Bounds(0, 9)]


Digit: TypeAlias = Annotated[int, Bounds(0, 9)]
Safe: TypeAlias = Annotated[int, Bounds(-INT_MAX, INT_MAX)]
Unit: TypeAlias = Annotated[float, Bounds(-1, 1)]
Word: TypeAlias = Annotated[str, Size(4)]
Maybe: TypeAlias = Digit | None
Anything: TypeAlias = Digit | Word | bool | None

BOUNDED: list[Any] = [
    Digit,
    Unit,
    Word,
    Safe,
    Annotated[float, msgspec.Meta(gt=0, lt=1)],
    Annotated[bytes, Size(4)],
    Annotated[list[Digit], Size(4)],
    Annotated[list[Annotated[list[Word], Size(2)]], Size(2)],
    Annotated[tuple[Unit, ...], Size(4)],
    tuple[Digit, Unit, Word],
    Maybe,
    Anything,
    Annotated[Digit, msgspec.Meta(description="documented")],
    bool,
    None,
    Color,
    Level,
    Literal["n", "e", "s", "w"],
    Literal[1, 2],
]

UNBOUNDED: list[tuple[Any, str]] = [
    (int, "number needs Bounds"),
    (float, "number needs Bounds"),
    (Annotated[int, msgspec.Meta(ge=0)], "number needs Bounds"),
    (Annotated[float, msgspec.Meta(lt=1)], "number needs Bounds"),
    (Annotated[int, Bounds(0, INT_MAX + 1)], "2^53"),
    (Annotated[int, Bounds(-INT_MAX - 1, 0)], "2^53"),
    (str, "needs a Size"),
    (Annotated[str, msgspec.Meta(min_length=1)], "needs a Size"),
    (Annotated[str, msgspec.Meta(pattern="^a*$")], "needs a Size"),
    (bytes, "needs a Size"),
    (list[Digit], "needs a Size"),
    (tuple[Digit, ...], "needs a Size"),
    (Annotated[set[Digit], Size(4)], "cannot be bounded"),
    (Annotated[frozenset[Word], Size(4)], "cannot be bounded"),
    (Annotated[list[int], Size(4)], "number needs Bounds"),
    (Annotated[list[str], Size(4)], "needs a Size"),
    (Annotated[list[list[Digit]], Size(4)], "needs a Size"),
    (Annotated[tuple[float, ...], Size(4)], "number needs Bounds"),
    (tuple[Digit, int], "number needs Bounds"),
    (tuple[Digit, tuple[bool, str]], "needs a Size"),
    (Digit | str, "needs a Size"),
    (float | None, "number needs Bounds"),
    (Annotated[list[Digit | str], Size(4)], "needs a Size"),
    (Annotated[dict[Word, Digit], Size(4)], "cannot be bounded"),
    (Any, "cannot be bounded"),
    (object, "cannot be bounded"),
    (Point, "cannot be bounded"),
    (msgspec.Raw, "cannot be bounded"),
    (bytearray, "cannot be bounded"),
    (datetime.datetime, "cannot be bounded"),
    (decimal.Decimal, "cannot be bounded"),
]


def declared(kind: Any, name: str = "Sample") -> type[Action]:
    """An action with a sound field before this one."""
    struct = msgspec.defstruct(name, [("sound", Digit), ("field", kind)], bases=(Action,))
    return cast("type[Action]", struct)


@pytest.mark.parametrize("kind", BOUNDED, ids=str)
def test_a_bounded_field_is_accepted(kind: Any) -> None:
    check_actions([declared(kind)])


@pytest.mark.parametrize(("kind", "problem"), UNBOUNDED, ids=str)
def test_an_unbounded_field_is_found_and_named(kind: Any, problem: str) -> None:
    with pytest.raises(SchemaError) as caught:
        check_actions([declared(Digit, "Sound"), declared(kind, "Unsound")])
    assert (caught.value.owner, caught.value.field) == ("Unsound", "field")
    assert problem in caught.value.problem
    assert str(caught.value) == f"Unsound.field: {caught.value.problem}"


def test_fields_of_a_base_class_are_looked_at_too() -> None:
    class Loose(Action):
        amount: int

    class Heal(Loose):
        pass

    with pytest.raises(SchemaError, match=r"^Heal\.amount: "):
        check_actions([Heal])


@pytest.mark.parametrize(
    ("name", "wire"),
    [("Steer", "steer"), ("SetTarget", "set_target"), ("Go2Base", "go2_base"), ("HTTPGet", "httpget"), ("A", "a")],
)
def test_an_action_is_called_by_its_class_in_snake_case(name: str, wire: str) -> None:
    action = declared(Digit, name)
    assert action_name(action) == wire
    assert action_fields(action) == ("sound", "field")
    read: Any = TypedDecoder([action]).decode(encode_value([4, 1, [wire, 1, 2]]))
    assert (type(read.action), read.action.sound, read.action.field) == (action, 1, 2)


def test_a_subclass_has_its_own_name_and_the_fields_of_its_base_first() -> None:
    class Move(Action):
        dx: Unit

    class MoveFast(Move):
        boost: Unit

    assert [action_name(Move), action_name(MoveFast)] == ["move", "move_fast"]
    assert action_fields(MoveFast) == ("dx", "boost")


@pytest.mark.parametrize("bounds", [Bounds(-1, 1), msgspec.Meta(gt=-1, lt=1), Bounds(-1e308, 1e308)], ids=str)
@pytest.mark.parametrize("number", [math.nan, -math.nan, math.inf, -math.inf])
def test_bounds_refuse_what_is_no_finite_number(bounds: msgspec.Meta, number: float) -> None:
    assert not accepts(Annotated[float, bounds], number)


@pytest.mark.parametrize("bound", [math.inf, -math.inf, math.nan])
def test_bounds_are_finite_themselves(bound: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Bounds(bound, 1)
    with pytest.raises(ValueError, match="finite"):
        Bounds(0, bound)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Digit, [0, 9], [-1, 10, 1.0, True, None, "1"]),
        (Safe, [-INT_MAX, INT_MAX], [-INT_MAX - 1, INT_MAX + 1, 2**64 - 1, -(2**63)]),
        (Unit, [-1.0, 1.0, -0.0, 1], [math.nextafter(1, 2), math.nextafter(-1, -2), 2, False, None]),
        (Word, ["", "abcd", "\U0001f600" * 4], ["abcde", "\U0001f600" * 5, b"abcd", 1, None]),
        (Annotated[str, Size(4, low=1)], ["a"], [""]),
        (Annotated[bytes, Size(4)], [b"", b"abcd"], [b"abcde", "abcd"]),
        (Annotated[list[Digit], Size(2)], [[], [9, 9]], [[1, 2, 3], [10], [None], {}, None]),
        (tuple[Digit, bool], [[1, True]], [[1], [1, True, True], [True, 1]]),
        (Maybe, [None, 9], [10, "1", []]),
        (Color, ["red"], ["green", 1, None]),
        (Literal["n", "s"], ["n"], ["e", "N", 0]),
    ],
    ids=str,
)
def test_bounds_include_both_ends_and_nothing_else(kind: Any, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if not accepts(kind, value)] == []
    assert [value for value in bad if accepts(kind, value)] == []


def accepts(kind: Any, value: Any) -> bool:
    """Whether a server with an action of such a field takes the value."""
    action = declared(kind)
    check_actions([action])
    try:
        TypedDecoder([action]).decode(encode_value([4, 1, ["sample", 0, value]]))
    except BadMessage:
        return False
    return True


def test_an_action_keeps_its_tag_and_its_refusal_of_unknown_fields() -> None:
    class Open(Action, forbid_unknown_fields=False):
        pass

    class Numbered(Action, tag=7):
        pass

    for kind in (Open, Numbered):
        with pytest.raises(SchemaError, match=kind.__name__):
            check_actions([kind])
