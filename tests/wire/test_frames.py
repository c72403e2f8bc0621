"""Frames as bytes, against websockets' own parser and serializer."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from pelton.wire.frames import Masks, apply_mask, binary_frame, extent, masked_frame, whole_head

# Each of the three forms of a length, and the lengths at which one ends and the next begins.
LENGTHS = (0, 1, 2, 124, 125, 126, 127, 128, 254, 255, 256, 65_534, 65_535, 65_536, 65_537, 70_000)

lengths = st.one_of(st.sampled_from(LENGTHS), st.integers(0, 70_000))
masks = st.binary(min_size=4, max_size=4)


def payload_of(length: int) -> bytes:
    return (bytes(range(256)) * (length // 256 + 1))[:length]


def parsed(data: bytes, masked: bool) -> Frame:
    """What websockets reads from exactly these bytes."""
    reader = StreamReader()
    reader.feed_data(data)
    parser: Generator[None, None, Frame] = Frame.parse(reader.read_exact, mask=masked)
    with pytest.raises(StopIteration) as done:
        next(parser)
    assert not reader.buffer, "nothing is left over"
    frame = done.value.value
    assert isinstance(frame, Frame)
    return frame


@given(lengths)
@example(0)
@example(125)
@example(126)
@example(65_535)
@example(65_536)
def test_a_servers_frame_is_what_websockets_would_send(length: int) -> None:
    payload = payload_of(length)
    assert binary_frame(payload) == Frame(Opcode.BINARY, payload).serialize(mask=False)


@given(lengths, lengths)
@example(125, 1)
@example(0, 0)
@example(65_535, 1)
def test_a_servers_frame_of_two_parts_is_one_message(head: int, body: int) -> None:
    parts = payload_of(head), payload_of(body)
    assert binary_frame(*parts) == binary_frame(b"".join(parts))


@given(lengths, masks)
@example(125, b"mask")
@example(126, b"mask")
@example(65_535, b"\0\0\0\0")
@example(65_536, b"mask")
def test_a_clients_frame_is_read_by_websockets_and_is_as_long_as_its_own(length: int, mask: bytes) -> None:
    payload = payload_of(length)
    data = masked_frame(payload, mask)
    frame = parsed(data, masked=True)
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.BINARY, True, payload)
    own = Frame(Opcode.BINARY, payload).serialize(mask=True)
    header = len(own) - length - 4
    assert data[:header] == own[:header]
    assert data[header : header + 4] == mask


@given(lengths, st.booleans(), st.booleans(), st.sampled_from(Opcode), st.binary(max_size=20))
@example(125, True, True, Opcode.BINARY, b"")
@example(126, False, True, Opcode.BINARY, b"")
@example(65_536, True, True, Opcode.BINARY, b"")
def test_extent_says_how_long_any_frame_of_websockets_is(
    length: int, masked: bool, fin: bool, opcode: Opcode, before: bytes
) -> None:
    control = opcode in (Opcode.CLOSE, Opcode.PING, Opcode.PONG)
    frame = Frame(opcode, payload_of(length % 126 if control else length), fin or control)
    data = frame.serialize(mask=masked)
    found = extent(before + data + before, len(before))
    assert found is not None
    header, payload_length = found
    assert (payload_length, header + payload_length) == (len(frame.data), len(data))


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("masked", [False, True])
def test_extent_waits_for_the_whole_header_and_for_nothing_more(length: int, masked: bool) -> None:
    data = Frame(Opcode.BINARY, payload_of(length)).serialize(mask=masked)
    header = len(data) - length
    assert [extent(data[:held], 0) for held in range(header)] == [None] * header
    assert extent(data[:header], 0) == (header, length)


def test_extent_reads_lengths_that_no_machine_can_hold() -> None:
    assert extent(b"\x82\x7f" + b"\xff" * 8, 0) == (10, 2**64 - 1)


def test_extent_of_nothing_is_unknown() -> None:
    assert extent(b"", 0) is None
    assert extent(b"\x82\x00", 2) is None


@given(st.binary(max_size=300), masks)
def test_a_mask_is_its_own_inverse(payload: bytes, mask: bytes) -> None:
    once = apply_mask(payload, mask)
    assert once == bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    assert apply_mask(once, mask) == payload


def test_masks_come_from_the_system_and_none_is_used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[bytes] = []

    def urandom(count: int) -> bytes:
        start = sum(map(len, drawn))
        assert start % 4 == count % 4 == 0
        drawn.append(b"".join((start + index).to_bytes(4, "big") for index in range(0, count, 4)))
        return drawn[-1]

    monkeypatch.setattr(os, "urandom", urandom)
    source = Masks()
    taken = [source.take() for _ in range(1000)]
    assert {len(mask) for mask in taken} == {4}
    assert len(set(taken)) == 1000
    assert b"".join(taken) == b"".join(drawn)[:4000]


@given(st.binary(max_size=300), st.binary(min_size=1, max_size=5), st.integers(0, 300))
def test_a_whole_message_of_a_server_is_known_at_sight(payload: bytes, more: bytes, cut: int) -> None:
    frame = binary_frame(payload)
    assert frame[whole_head(frame) :] == payload
    assert whole_head(frame) in (2, 4)
    assert whole_head(frame + more) == 0
    assert whole_head(frame[: min(cut, len(frame) - 1)]) == 0


@given(st.binary(max_size=300))
def test_whatever_else_it_may_be_is_no_whole_message_of_a_server(payload: bytes) -> None:
    assert whole_head(masked_frame(payload, b"mask")) == 0
    for first in (0x02, 0x80, 0x81, 0x88, 0x89, 0xC2):  # a fragment, a continuation, text, close, ping, compressed
        assert whole_head(bytes((first,)) + binary_frame(payload)[1:]) == 0


def test_a_long_message_is_left_to_the_long_way() -> None:
    assert whole_head(binary_frame(bytes(70_000))) == 0
