"""SPEC.md against the code: its fields, its limits, its words, and the conversation that it tells, byte by byte."""

from __future__ import annotations

import json
import re
import tomllib
import zlib
from typing import Any

import pytest

from pelton.protocol import SUBPROTOCOL, BadMessage, Event, Frame, Joined, Reason, State, plain, step, typed
from pelton.protocol.schema import Message
from pelton.protocol.typed import TypedDecoder
from pelton.wire import handshake, websocket
from tests.protocol.golden import BY_NUMBER, PROTOCOL, SPEC, marked, message, table_after, unmarked

FIELDS = "| field | type | bounds | meaning |"
EXAMPLE = re.compile(
    r"```json\n(.*)\n```\n\nwhich is, in canonical form, these (\d+) bytes\n\n"
    r"```text\n([0-9a-f \n]+)```\n\nand its CRC-32 is `(\w{8})`, that is (\d+),"
)
LINE = re.compile(r"^([CS])  (\[.*\])\n((?:   [0-9a-f ]+\n)+)", re.MULTILINE)
CONVERSATION = [
    (sender, unmarked(json.loads(value)), bytes.fromhex(digits)) for sender, value, digits in LINE.findall(SPEC)
]
EVENTS = {number: event for number, kind in BY_NUMBER.items() for event in Event if event.name == kind.__name__.upper()}


def test_the_spec_is_about_this_version() -> None:
    assert SPEC.startswith(f"# The wire protocol {SUBPROTOCOL}\n")
    assert f"`Sec-WebSocket-Protocol: {SUBPROTOCOL}`" in SPEC


def test_the_spec_has_every_message() -> None:
    headings = re.findall(r"^### `(\w+)`, (\d+)$", SPEC, re.MULTILINE)
    assert headings == [(kind.__name__.lower(), str(number)) for number, kind in BY_NUMBER.items()]


@pytest.mark.parametrize("kind", BY_NUMBER.values(), ids=lambda kind: kind.__name__)
def test_the_spec_has_the_fields_of_a_message_in_their_order(kind: type[Message]) -> None:
    heading = f"### `{kind.__name__.lower()}`, {kind.__struct_config__.tag}"
    fields = [f"`{field}`" for field in kind.__struct_fields__]
    if fields:
        assert [row[0] for row in table_after(heading, FIELDS)] == fields
    else:
        assert "It has no fields." in " ".join(SPEC.split(heading)[1].split("###")[0].split())


def test_the_spec_has_the_reasons_of_refusals() -> None:
    written = [row[0] for row in table_after("## 7. Acks and refusals", "| reason | meaning | what to do |")]
    assert written == [f"`{reason}`" for name, reason in vars(Reason).items() if name.isupper()]


def test_the_limits_are_those_of_the_code_and_the_settings() -> None:
    settings = tomllib.loads((PROTOCOL.parent / "config.toml").read_text(encoding="utf-8"))
    limits = table_after("## 10. Limits", "| what | limit | setting | beyond it |")
    written = {setting or what: limit for what, limit, setting, _ in limits}
    for what, limit in written.items():
        if match := re.fullmatch(r"`(\w+)\.(\w+)`", what):
            assert float(limit.partition(",")[0]) == settings[match[1]][match[2]], what
    assert written["bytes of the request's head"] == str(handshake.HEAD_BYTES_MAX)
    assert written["fragments of a client's message"] == str(websocket.FRAGMENTS_MAX)


@pytest.mark.parametrize(
    ("what", "just_right", "too_much"),
    [
        ("characters of `client`", lambda limit: [1, "x" * limit], lambda limit: [1, "x" * (limit + 1)]),
        ("options", lambda limit: _join(keys=limit), lambda limit: _join(keys=limit + 1)),
        ("characters of an option's name", lambda limit: _join(key=limit), lambda limit: _join(key=limit + 1)),
        ("characters of an option's text", lambda limit: _join(text=limit), lambda limit: _join(text=limit + 1)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_limit_is_where_the_decoder_draws_it(what: str, just_right: Any, too_much: Any) -> None:
    limits = {row[0]: row[1] for row in table_after("## 10. Limits", "| what | limit | setting | beyond it |")}
    decoder = TypedDecoder()
    decoder.decode(typed.encode_value(just_right(int(limits[what]))))
    with pytest.raises(BadMessage):
        decoder.decode(typed.encode_value(too_much(int(limits[what]))))


def _join(keys: int = 1, key: int = 4, text: int = 0) -> list[Any]:
    return [2, 0, "dots", {f"{index:0{key}}": "x" * text for index in range(keys)}]


def test_the_conversation_has_every_message() -> None:
    assert {value[0] for _, value, _ in CONVERSATION} == set(BY_NUMBER)


NAMES = [BY_NUMBER[value[0]].__name__.lower() for _, value, _ in CONVERSATION]


@pytest.mark.parametrize(("sender", "value", "data"), CONVERSATION, ids=NAMES)
def test_a_message_of_the_conversation_has_these_bytes(sender: str, value: list[Any], data: bytes) -> None:
    assert typed.encode(message(value)) == plain.encode(message(value)) == data
    assert (value[0] < 16) is (sender == "C")
    if sender == "C":
        TypedDecoder().decode(data)
    else:
        assert marked(plain.decode_server(data)) == marked(value)


def test_the_conversation_follows_the_session_table() -> None:
    state: State | None = State.FRESH
    for _, value, _ in CONVERSATION:
        if event := EVENTS.get(value[0]):
            assert state is not None
            state = step(state, event)
    assert state is State.UNSEATED


def test_the_state_of_the_example_has_this_digest() -> None:
    found = EXAMPLE.search(SPEC)
    assert found is not None
    value, length, digits, crc, number = found.groups()
    data = bytes.fromhex(digits)
    assert typed.encode_value(unmarked(json.loads(value))) == data
    assert (len(data), zlib.crc32(data)) == (int(length), int(crc, 16))
    assert int(crc, 16) == int(number)


def test_a_replica_that_follows_the_spec_arrives_at_the_digest() -> None:
    """The pseudo-code of section 5 and the canonical form of section 6, on the conversation's frames."""
    tables: list[dict[int, list[Any]]] = []
    widths: list[int] = []
    compared = 0
    for _, value, _ in CONVERSATION:
        record = message(value)
        if isinstance(record, Joined):
            widths = [len(columns) for _, columns in record.tables]
            tables = [{} for _ in widths]
        elif isinstance(record, Frame):
            _apply(tables, record)
            if record.digest is not None:
                compared += 1
                state = [_canonical(rows, width) for rows, width in zip(tables, widths, strict=True)]
                assert zlib.crc32(plain.encode_value(state)) == record.digest
    assert compared == 1
    assert [sorted(rows) for rows in tables] == [[3], []]


def _apply(tables: list[dict[int, list[Any]]], frame: Frame) -> None:
    for rows, entry in zip(tables, frame.tables, strict=True):
        if frame.base == 0:
            rows.clear()
        if entry is None:
            continue
        removed, ids, *columns = entry
        for row_id in removed:
            del rows[row_id]
        for index, row_id in enumerate(ids):
            rows[row_id] = [column[index] for column in columns]


def _canonical(rows: dict[int, list[Any]], width: int) -> list[Any]:
    ids = sorted(rows)
    return [[], ids, *([rows[row_id][index] for row_id in ids] for index in range(width))]
