"""SPEC.md against the code: its fields, its limits, its words, and the conversation that it tells, byte by byte."""

from __future__ import annotations

import json
import re
import tomllib
import zlib
from itertools import pairwise
from typing import Any

import pytest

from pelton.protocol import SUBPROTOCOL, BadMessage, Event, EventFrame, Frame, Joined, Reason, State, plain, step, typed
from pelton.protocol.schema import Message, snake_case
from pelton.protocol.typed import TypedDecoder
from pelton.wire import handshake, websocket
from tests.protocol.golden import BY_NUMBER, PROTOCOL, SPEC, marked, message, rows, table_after, unmarked
from tests.protocol.replica import Replica, width_of

HELLO = 1
FIELDS = "| field | type | bounds | meaning |"
EXAMPLE = re.compile(
    r"group (\d+) of `(\w+)` is at tick (\d+)\n\n```text\n((?:\w+ +[0-9a-f ]+\n)+)```\n\n"
    r"and the CRC-32 of these (\d+) bytes is `(\w{8})`, that is (\d+),"
)
DRAWING = re.compile(r"^ (9[0-9a-f .]+\|[0-9a-f .|]+)\n", re.MULTILINE)
LINE = re.compile(r"^([CS])  (\[.*\])\n((?:   [0-9a-f ]+\n)+)", re.MULTILINE)
CONVERSATION = [
    (sender, unmarked(json.loads(value)), bytes.fromhex(digits)) for sender, value, digits in LINE.findall(SPEC)
]
KINDS = "| kind | parameters | bytes | on the wire | read as |"
EVENTS = {number: event for number, kind in BY_NUMBER.items() for event in Event if event.name == kind.__name__.upper()}


def test_the_spec_is_about_this_version() -> None:
    assert SPEC.startswith(f"# The wire protocol {SUBPROTOCOL}\n")
    assert f"`Sec-WebSocket-Protocol: {SUBPROTOCOL}`" in SPEC


def test_the_spec_has_every_message() -> None:
    headings = re.findall(r"^### `(\w+)`, (\d+)$", SPEC, re.MULTILINE)
    assert headings == [(snake_case(kind.__name__), str(number)) for number, kind in BY_NUMBER.items()]


@pytest.mark.parametrize("kind", BY_NUMBER.values(), ids=lambda kind: kind.__name__)
def test_the_spec_has_the_fields_of_a_message_in_their_order(kind: type[Message]) -> None:
    heading = f"### `{snake_case(kind.__name__)}`, {kind.__struct_config__.tag}"
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
    limits = table_after("## 11. Limits", "| what | limit | setting | beyond it |")
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
        ("characters of `ticket`", lambda limit: [1, "x", "t" * limit], lambda limit: [1, "x", "t" * (limit + 1)]),
        ("groups in a `resync`", lambda limit: [7, [[0, 0, 0]] * limit], lambda limit: [7, [[0, 0, 0]] * (limit + 1)]),
        ("options", lambda limit: _join(keys=limit), lambda limit: _join(keys=limit + 1)),
        ("characters of an option's name", lambda limit: _join(key=limit), lambda limit: _join(key=limit + 1)),
        ("characters of an option's text", lambda limit: _join(text=limit), lambda limit: _join(text=limit + 1)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_limit_is_where_the_decoder_draws_it(what: str, just_right: Any, too_much: Any) -> None:
    limits = {row[0]: row[1] for row in table_after("## 11. Limits", "| what | limit | setting | beyond it |")}
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
        if value[0] == HELLO:  # on another connection, the second time
            state = State.FRESH
        if event := EVENTS.get(value[0]):
            assert state is not None
            state = step(state, event)
    assert state is State.UNSEATED


def conversation_to(tick: int) -> tuple[Replica, list[str], list[tuple[int, int, int]]]:
    """The replica after the frame of this tick, its tables' names, and (tick, table, group) of digests that differ."""
    replica, names, wrong = Replica([]), list[str](), list[tuple[int, int, int]]()
    for _, value, _ in CONVERSATION:
        record = message(value)
        if isinstance(record, Joined):
            replica, names = Replica(record.tables), [name for name, _, _ in record.tables]
        elif isinstance(record, Frame | EventFrame) and record.tick <= tick:
            wrong += [(record.tick, *group) for group in replica.apply(record)]
    return replica, names, wrong


def test_the_group_of_the_example_has_this_digest() -> None:
    found = EXAMPLE.search(SPEC)
    assert found is not None
    group, table, tick, lines, length, crc, number = found.groups()
    replica, names, _ = conversation_to(int(tick))
    index = names.index(table)
    written = [line.split(maxsplit=1) for line in lines.splitlines()]
    data = bytes.fromhex("".join(digits for _, digits in written))
    assert [name for name, _ in written] == ["ids", *(name for name, *_ in replica.columns[index])]
    assert (len(data), zlib.crc32(data)) == (int(length), int(crc, 16))
    assert replica.digest(index, int(group)) == int(number) == int(crc, 16)


def test_a_replica_that_follows_the_spec_sees_the_conversation_as_it_is_told() -> None:
    replica, _, wrong = conversation_to(120)
    assert wrong == [(120, 0, 5)]
    assert replica.read(0, 9)[2] == 7
    replica, _, _ = conversation_to(121)
    assert replica.read(0, 9)[2] == 8
    replica, _, _ = conversation_to(122)
    assert {group: sorted(ids) for group, ids in replica.groups[0].items()} == {4: [2], 5: [3, 9]}
    replica, _, wrong = conversation_to(2**53)
    assert wrong == [(120, 0, 5)]
    assert [sorted(known) for known in replica.rows] == [[3, 11], [0]]
    assert replica.read(0, 3) == [1.0, 1.0, 0, True, "Ada!"]


def test_each_frame_of_the_conversation_builds_on_the_one_before() -> None:
    frames = [record for _, value, _ in CONVERSATION if isinstance(record := message(value), Frame | EventFrame)]
    assert frames[0].base == 0
    assert all(after.base == before.tick for before, after in pairwise(frames))


def test_a_drawing_is_of_bytes_of_the_conversation() -> None:
    """Those of a frame, a part and a block: what is left out is written as three dots."""
    sent = [data.hex(" ") for _, _, data in CONVERSATION]
    drawings = [" ".join(line.replace("|", " ").split()) for line in DRAWING.findall(SPEC)]
    assert len(drawings) == 3
    for drawing in drawings:
        pieces = map(re.escape, drawing.split(" ... "))
        assert any(re.search(".*".join(pieces), data) for data in sent), drawing


def test_the_kinds_of_columns_have_the_bytes_that_a_client_counts_with() -> None:
    widths: dict[str, str] = {}
    for kinds, _, sizes, *_ in table_after("### `joined`, 17", KINDS):
        for kind, size in zip(kinds.split(", "), (sizes or "0").split(", ")[:3], strict=False):
            widths[kind.strip("`")] = size
    assert widths.pop("quant") == "`width`: 1"
    assert {kind: width_of(["x", kind]) for kind in widths} == {kind: int(size) for kind, size in widths.items()}
    used = {column[1] for sequence in rows("state.json") for table in sequence["tables"] for column in table[2]}
    assert {*widths, "quant"} <= used
