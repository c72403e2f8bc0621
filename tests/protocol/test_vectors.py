"""Both codecs against the golden bytes: the valid ones exactly, the hostile ones as BadMessage and nothing else."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from pelton.protocol import Act, BadMessage, plain, typed
from pelton.protocol.schema import Raw
from pelton.protocol.typed import TypedDecoder
from tests.protocol.golden import (
    FROM_CLIENT,
    FROM_SERVER,
    SAMPLE,
    VECTORS,
    Hostile,
    Vector,
    hostile,
    marked,
    message,
    messages,
    rows,
)

PEAK_BYTES_MAX = 1_000_000
"""Far above what any vector needs, far below what the announced lengths and numbers would ask for."""

Decode = Callable[[bytes], object]

ANY = messages("client") + messages("server")
CLIENT_DECODERS: dict[str, Decode] = {"typed": typed.decode_server, "plain": plain.decode_server}
WITH_SAMPLE, WITHOUT_SEAT = TypedDecoder(SAMPLE), TypedDecoder()


def as_read(read: Any) -> Any:
    """What a decoder made of it, for an exact comparison."""
    value = marked(read)
    if value[0] == 17:  # a number is an int or a float: 20 may be read as 20.0
        value[4] = marked(float(read.tick_hz))
    if value[0] == 22:
        value[3] = marked(float(read.grace_s))
    if value[0] == 25:
        value[1:] = [marked(float(read.ends_in_s)), marked(float(read.retry_after_s))]
    return value


def expected(vector: Vector) -> Any:
    return as_read(message(vector.value))


@pytest.mark.parametrize("vector", [vector for vector in ANY if vector.canonical], ids=str)
def test_both_codecs_write_exactly_these_bytes(vector: Vector) -> None:
    record = message(vector.value)
    written = {
        "typed message": typed.encode(record),
        "plain message": plain.encode(record),
        "typed value": typed.encode_value(vector.value),
        "plain value": plain.encode_value(vector.value),
    }
    assert {name: data.hex() for name, data in written.items()} == dict.fromkeys(written, vector.payload.hex())


@pytest.mark.parametrize("vector", messages("client"), ids=str)
def test_the_server_reads_what_clients_send(vector: Vector) -> None:
    assert as_read(WITH_SAMPLE.decode(vector.payload)) == expected(vector)


@pytest.mark.parametrize("vector", messages("client"), ids=str)
def test_without_a_seat_all_but_the_action_is_read(vector: Vector) -> None:
    read = WITHOUT_SEAT.decode(vector.payload)
    if isinstance(read, Act):
        assert isinstance(read.action, Raw)
        assert read.seq == vector.value[1]
    else:
        assert as_read(read) == expected(vector)


@pytest.mark.parametrize("vector", messages("server"), ids=str)
@pytest.mark.parametrize("decode", CLIENT_DECODERS.values(), ids=CLIENT_DECODERS.keys())
def test_both_codecs_read_what_the_server_sends(decode: Decode, vector: Vector) -> None:
    assert as_read(decode(vector.payload)) == expected(vector)


@pytest.mark.parametrize("vector", [vector for vector in ANY if not vector.canonical], ids=str)
def test_bytes_that_are_only_read_are_not_those_that_are_written(vector: Vector) -> None:
    assert typed.encode_value(vector.value) != vector.payload


@pytest.mark.parametrize("vector", hostile("client"), ids=str)
def test_hostile_bytes_are_a_bad_message_to_a_game(vector: Hostile) -> None:
    assert_bad(WITH_SAMPLE.decode, vector.payload)


@pytest.mark.parametrize("vector", [vector for vector in hostile("client") if vector.where == "message"], ids=str)
def test_hostile_bytes_are_a_bad_message_without_a_seat(vector: Hostile) -> None:
    assert_bad(WITHOUT_SEAT.decode, vector.payload)


@pytest.mark.parametrize("vector", [vector for vector in hostile("client") if vector.where == "action"], ids=str)
def test_an_action_that_only_its_game_finds_wrong_can_be_refused_by_its_number(vector: Hostile) -> None:
    read: list[object] = []
    payload = vector.payload
    assert peak_bytes(lambda: read.append(WITHOUT_SEAT.decode(payload))) < PEAK_BYTES_MAX
    assert isinstance(read[0], Act)
    assert read[0].seq == 1


@pytest.mark.parametrize("vector", hostile("server"), ids=str)
@pytest.mark.parametrize("decode", CLIENT_DECODERS.values(), ids=CLIENT_DECODERS.keys())
def test_hostile_bytes_of_a_server_are_a_bad_message_to_clients(decode: Decode, vector: Hostile) -> None:
    assert_bad(decode, vector.payload)


def assert_bad(decode: Decode, payload: bytes) -> None:
    """BadMessage, with a problem short enough for a close frame, and next to no memory on the way."""

    def attempt() -> None:
        with pytest.raises(BadMessage) as caught:
            decode(payload)
        assert 0 < len(caught.value.problem) <= 100
        assert "Traceback" not in caught.value.problem

    assert peak_bytes(attempt) < PEAK_BYTES_MAX


def peak_bytes(call: Callable[[], object]) -> int:
    """The most memory that Python held at once because of the call."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_memory_of_a_call_is_seen() -> None:
    """Without this, the bound above could be one that nothing reaches."""
    assert peak_bytes(lambda: [None] * 10**6) > PEAK_BYTES_MAX


def test_every_message_has_vectors() -> None:
    sent = {side: {vector.value[0] for vector in messages(side)} for side in ("client", "server")}
    assert sent["client"] == {kind.__struct_config__.tag for kind in FROM_CLIENT}
    assert sent["server"] == {kind.__struct_config__.tag for kind in FROM_SERVER}


@pytest.mark.parametrize("name", ["messages.json", "hostile.json", "state.json", "quant.json"])
def test_a_vector_is_named_once(name: str) -> None:
    names = [(row.get("direction"), row["name"]) for row in rows(name)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["messages.json", "hostile.json", "session.json", "state.json", "quant.json"])
def test_the_files_hold_one_vector_a_line(name: str) -> None:
    """So that a change shows as the lines it changes."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows(name))
    assert (VECTORS / name).read_text(encoding="utf-8") == f"[\n{lines}\n]\n"
