"""No message costs its reader much more than its own size, on either side; and any first byte is read or refused."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.games.arena import Arena
from pelton.games.cards import Cards
from pelton.protocol import BadMessage, plain, typed, weight
from pelton.protocol.typed import TypedDecoder
from pelton.protocol.weight import is_bomb
from tests.protocol.bombs import BOMBS, CLIENT_WRAPS, SERVER_WRAPS, SIZES
from tests.protocol.golden import SAMPLE, messages

PEAK_BYTES_MAX = 200_000
"""Of a message of up to 4 KiB; of larger ones so much for each 4 KiB."""
UNPACKER_BYTES = 45_000
"""What the client's unpacker has for itself, whatever it reads; it is there only to share frames."""

Decode = Callable[[bytes], object]
SERVER: dict[str, Decode] = {
    "no seat": TypedDecoder().decode,
    "arena": TypedDecoder(Arena.action_types).decode,
    "cards": TypedDecoder(Cards.action_types).decode,
    "the sample game": TypedDecoder(SAMPLE).decode,
}
CLIENT: dict[str, Decode] = {
    "decode_server": plain.decode_server,
    "decode_head": plain.decode_head,
    "shared frames": plain.SharedFrames(),
}
bombs = pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
sizes = pytest.mark.parametrize("size", SIZES)


def peak_bytes(decode: Decode, payload: bytes) -> int:
    """The most memory that was held at once; the payload is read or a BadMessage."""
    tracemalloc.start()
    try:
        with suppress(BadMessage):
            decode(payload)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def heavy(decoders: dict[str, Decode], wraps: dict[str, bytes], bomb: Callable[[int], bytes], size: int) -> list[str]:
    """Where it costs too much."""
    allowed = PEAK_BYTES_MAX * max(size // 4096, 1) + (UNPACKER_BYTES if decoders is CLIENT else 0)
    found: list[str] = []
    for name, decode in decoders.items():
        for where, before in wraps.items():
            peak = peak_bytes(decode, before + bomb(size - len(before)))
            if peak > allowed:
                found.append(f"{name}, {where}: {peak:,} bytes")
    return found


@bombs
@sizes
def test_a_bomb_costs_the_server_little_wherever_it_stands(bomb: Callable[[int], bytes], size: int) -> None:
    assert not heavy(SERVER, SERVER_WRAPS, bomb, size)


@bombs
@sizes
def test_a_bomb_costs_the_client_little_wherever_it_stands(bomb: Callable[[int], bytes], size: int) -> None:
    assert not heavy(CLIENT, CLIENT_WRAPS, bomb, size)


def test_messages_of_a_server_are_no_bombs() -> None:
    assert not [str(vector) for vector in messages("server") if is_bomb(vector.payload)]


def test_a_full_frame_is_no_bomb() -> None:
    """A keyframe with many groups, many columns of bytes that look like headers, and a long list of names."""
    block = [500, b"\xdc\xdd" * 500, b"\xdd" * 2000, b"\x90" * 2000, [f"player {index}" for index in range(500)]]
    parts = [[0, group, True, None, None, block, None, 1 << 31] for group in range(40)]
    hidden = [[0, group] for group in range(400)]
    payload = typed.encode_value([20, 0, [], 7, 5, hidden, parts])
    assert not is_bomb(payload)
    assert plain.decode_server(payload).parts == parts  # type: ignore[union-attr]  # it is a frame


leaves = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(max_size=300)
)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.text(), inner))


@given(values)
def test_no_whole_value_announces_more_than_it_has(value: Any) -> None:
    payload = typed.encode_value(value)
    assert weight._walk(payload) == (_containers(value) > weight.FEW + len(payload) // weight.BYTES_A_CONTAINER)


def _containers(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, dict | list) + sum(map(_containers, inner))


@pytest.mark.parametrize("first", range(256))
def test_every_first_byte_is_a_message_or_a_bad_one(first: int) -> None:
    """With lengths 0, 1, all that fits in a byte or two, and everything, in front of enough bytes and of too few."""
    for length in (b"", b"\x00", b"\x01", b"\x7f", b"\xff", b"\x00\x01", b"\xff\xff", b"\x00\x00\x00\x01", b"\xff" * 8):
        for rest in (b"", b"\x00", b"\xc0" * 16, b"\xff" * 300):
            payload = bytes((first,)) + length + rest
            for before in (b"", b"\x93\x04\x01", b"\x97\x14\x00\x90\x01\x00\x90"):
                for decode in (*SERVER.values(), *CLIENT.values(), typed.decode_server):
                    with suppress(BadMessage):
                        decode(before + payload)  # anything else that it raises fails the test
