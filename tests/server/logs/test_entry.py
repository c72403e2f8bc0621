"""A record becomes plain and bounded values, whatever was put into it."""

from __future__ import annotations

import math

import pytest

from pelton.server.logs.trace import LINES_MAX, trace
from tests.server.logs.logged import entry


class Mute:
    """Has no text."""

    def __repr__(self) -> str:
        raise ZeroDivisionError


class MuteError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause  # noqa: TRY301 - to have a traceback
    except Exception as caught:  # noqa: BLE001 - whatever it is
        return caught


def test_numbers_go_through_templates_as_they_are() -> None:
    assert entry("tick %d took %.1f ms, %r", 3, 61.26, 5).message == "tick 3 took 61.3 ms, 5"


def test_texts_are_cleaned_and_cut_one_by_one() -> None:
    message = entry("%s said %s", "eve\n", "x" * 1000).message
    assert message.startswith(r"eve\n said xxx")
    assert len(message) < 300


def test_names_of_arguments_work_too() -> None:
    assert entry("%(who)s!", {"who": "a\nb"}).message == r"a\nb!"


def test_a_message_that_was_put_together_before_is_cleaned_and_cut_as_a_whole() -> None:
    assert entry("eve\x1b[2J" + "x" * 10_000).message.startswith(r"eve\x1b[2Jxxx")
    assert len(entry("x" * 10_000).message.encode()) <= 2048


@pytest.mark.parametrize(("template", "args"), [("%d", ("x",)), ("%s %s", ("x",)), ("%d", (Mute(),)), ("%q", (1,))])
def test_a_call_that_is_wrong_keeps_its_line(template: str, args: tuple[object, ...]) -> None:
    assert entry(template, *args).message.startswith(f"{template} (its arguments do not fit: ")


def test_an_argument_without_a_text_is_told_by_its_type() -> None:
    assert entry("%s", Mute()).message == "<Mute, whose text cannot be had: ZeroDivisionError>"


def test_fields_are_values_of_json() -> None:
    fields = {"room_id": "a\nb", "tick": 3, "share": 0.5, "ok": True, "none": None, "games": ["a", "b\r"]}
    assert entry("x", extra=fields).fields == {**fields, "room_id": r"a\nb", "games": ["a", r"b\r"]}


OTHERS = [math.inf, math.nan, 2**63, 10**5000, b"\n", {"a": 1}, {1}, Mute(), [["a"]]]


@pytest.mark.parametrize("value", OTHERS, ids=range(len(OTHERS)))
def test_other_values_are_told_as_text(value: object) -> None:
    found = entry("x", extra={"value": value}).fields["value"]
    if isinstance(found, list):
        (found,) = found
    assert isinstance(found, str)
    assert len(found.encode()) <= 256


def test_fields_cannot_take_the_place_of_ours_and_are_not_many() -> None:
    assert entry("x", extra={"time": 1, "level": 2}).fields == {"time_": 1, "level_": 2}
    assert len(entry("x", extra={f"field_{number}": number for number in range(1000)}).fields) == 24
    assert entry("x", extra={"items": list(range(1000))}).fields["items"] == [*range(32), "and 968 more"]


def test_a_traceback_tells_where_what_and_why() -> None:
    lines = trace(raised(ValueError("wrong"), raised(KeyError("a"))))
    assert lines[0] == "Traceback (most recent call last):"
    assert any("in raised" in line for line in lines)
    assert "KeyError: 'a'" in lines
    assert "The above exception was the direct cause of the following exception:" in lines
    assert lines[-1] == "ValueError: wrong"


def test_what_an_exception_says_is_cleaned_and_cut() -> None:
    assert trace(ValueError("eve\n2026 ERROR forged"))[-1] == r"ValueError: eve\n2026 ERROR forged"
    assert len(trace(ValueError("x" * 10_000))[-1].encode()) <= 256
    noted = ValueError("wrong")
    noted.add_note("a\nnote")
    assert trace(noted) == ["ValueError: wrong", r"a\nnote"]
    assert trace(MuteError())[0].endswith("MuteError: <its text cannot be had: ZeroDivisionError>")
    assert trace(ValueError()) == ["ValueError"]


def test_groups_are_told_with_their_members() -> None:
    lines = trace(ExceptionGroup("both", [ValueError("one"), KeyError("two")]))
    assert lines[0] == "ExceptionGroup: both (2 sub-exceptions)"
    assert "  | ValueError: one" in lines
    assert "  | KeyError: 'two'" in lines


def test_a_traceback_has_an_end() -> None:
    deep: Exception = ValueError("0")
    for number in range(100):
        deep = raised(ValueError(str(number)), deep)
    wide = ExceptionGroup("many", [raised(ValueError(str(number))) for number in range(1000)])

    def endless() -> None:
        endless()

    with pytest.raises(RecursionError) as caught:
        endless()
    assert len(trace(deep)) < 100
    assert trace(wide)[-1] == "  and 995 more"
    assert len(trace(caught.value)) < 100
    assert len(trace(ExceptionGroup("all", [wide, caught.value, deep]))) <= LINES_MAX
