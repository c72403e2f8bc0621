"""Each entry is one object of JSON, or one line that a terminal only shows; no text of a client changes that."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace

import pytest

from pelton.server.logs.entry import Entry
from pelton.server.logs.formats import coloured_text, console_text, json_line
from pelton.server.logs.install import chosen_format
from tests.server.logs.logged import entry
from tests.server.logs.payloads import PAYLOADS

CREATED_S = 1_767_225_600.0625
OVERRUN = Entry(CREATED_S, "warning", "pelton.server.beat", "room abc: slow", {"room_id": "abc", "tick": 3})
FAILED = replace(OVERRUN, level="error", trace=("Traceback (most recent call last):", "ValueError: wrong"))
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def hostile(payload: str) -> Entry:
    """A payload in every place where a client's words may come."""
    error = KeyError(payload)
    error.add_note(payload)
    return entry(f"%s %r {payload.replace('%', '%%')}", payload, payload, error=error, extra={"name_": payload})


def test_json_has_time_level_logger_message_and_fields() -> None:
    assert json.loads(json_line(FAILED)) == {
        "time": "2026-01-01T00:00:00.062Z",
        "level": "error",
        "logger": "pelton.server.beat",
        "message": "room abc: slow",
        "room_id": "abc",
        "tick": 3,
        "exception": "Traceback (most recent call last):\nValueError: wrong",
    }
    assert "exception" not in json.loads(json_line(OVERRUN))


def test_a_line_for_people_has_the_same_in_words() -> None:
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"
    assert re.fullmatch(rf"{when} WARNING pelton\.server\.beat: room abc: slow", console_text(OVERRUN))
    assert console_text(FAILED).split("\n")[1:] == [f"    {line}" for line in FAILED.trace]


@pytest.mark.parametrize("level", [*map(str.lower, logging.getLevelNamesMapping()), "level 7"])
def test_colours_change_nothing_but_colours(level: str) -> None:
    coloured = coloured_text(replace(FAILED, level=level))
    assert COLOUR.sub("", coloured) == console_text(replace(FAILED, level=level))
    assert coloured != console_text(replace(FAILED, level=level))


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_no_text_of_a_client_breaks_a_line(payload: str) -> None:
    logged = hostile(payload)
    line = json_line(logged)
    assert line.splitlines() == [line]
    found = json.loads(line.encode())  # also: it can be encoded
    assert found["level"] == "warning"
    assert all(character.isprintable() or character == "\n" for character in found["exception"])
    assert all(character.isprintable() for character in found["message"] + found["name_"])
    assert len(found["name_"].encode()) <= 256


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_no_text_of_a_client_reaches_a_terminal_as_it_is(payload: str) -> None:
    logged = hostile(payload)
    for text in (console_text(logged), COLOUR.sub("", coloured_text(logged))):
        first, *others = text.split("\n")
        assert first.isprintable()
        assert all(line.isprintable() and line.startswith("    ") for line in others)


@pytest.mark.parametrize(
    ("name", "terminal", "environ", "expected"),
    [
        ("auto", True, {}, coloured_text),
        ("auto", False, {}, json_line),
        ("json", True, {}, json_line),
        ("console", True, {}, coloured_text),
        ("console", False, {}, console_text),
        ("console", True, {"NO_COLOR": "1"}, console_text),
        ("auto", True, {"NO_COLOR": ""}, coloured_text),
        ("auto", True, {"TERM": "dumb"}, console_text),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    name: str, terminal: bool, environ: dict[str, str], expected: object
) -> None:
    assert chosen_format(name, environ, terminal=terminal) is expected
