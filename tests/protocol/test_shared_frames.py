"""Decoding for many clients at once gives each the same as decoding for it alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.protocol import BadMessage, Frame
from pelton.protocol.plain import SharedFrames, decode_server, encode

BODIES = st.tuples(
    st.integers(1, 3),
    st.just(0),
    st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), max_size=2),
    st.lists(st.lists(st.integers(0, 9) | st.binary(max_size=4)), max_size=2),
)


@given(st.lists(st.tuples(st.integers(0, 2**53 - 1), st.lists(st.tuples(st.integers(1, 9), st.just("late"))), BODIES)))
def test_every_frame_is_what_it_would_be_alone(
    frames: list[tuple[int, list[tuple[int, str]], tuple[Any, ...]]],
) -> None:
    decode = SharedFrames(kept_max=2)
    for ack, refused, body in frames:
        payload = encode(Frame(ack, refused, *body))
        assert decode(payload) == decode_server(payload)


def test_what_all_have_in_common_is_one_object() -> None:
    decode = SharedFrames()
    part = [0, 4, False, [2], None, None, None, None]
    one, other = (decode(encode(Frame(ack, [], 7, 6, [[0, 5]], [part]))) for ack in (1, 2))
    assert isinstance(one, Frame)
    assert isinstance(other, Frame)
    assert (one.ack, other.ack) == (1, 2)
    assert one.hidden is other.hidden
    assert one.parts is other.parts


@given(st.binary(max_size=40), st.booleans())
def test_garbage_is_refused_as_ever(garbage: bytes, after_a_frame: bool) -> None:
    decode = SharedFrames()
    decode(encode(Frame(1, [], 7, 6, [], [])))
    payload = b"\x97\x14" + garbage if after_a_frame else garbage
    try:
        expected = decode_server(payload)
    except BadMessage:
        with pytest.raises(BadMessage):
            decode(payload)
    else:
        assert decode(payload) == expected


@pytest.mark.parametrize("front", [b"\xc3\x90", b"\xc0\x90", b"\xcb" + b"\0" * 8 + b"\x90", b"\x01\x80", b"\x01\xc0"])
def test_a_front_of_the_wrong_types_is_refused_although_the_rest_is_known(front: bytes) -> None:
    decode, rest = SharedFrames(), b"\x07\x06\x90\x90"
    decode(b"\x97\x14\x01\x90" + rest)
    with pytest.raises(BadMessage):
        decode(b"\x97\x14" + front + rest)
