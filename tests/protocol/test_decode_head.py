"""The head of a frame alone: the same as the whole frame's, without its parts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.protocol import BadMessage, Frame, Welcome
from pelton.protocol.plain import decode_head, decode_server, encode, encode_value

numbers = st.integers(0, 2**53 - 1)
refusals = st.lists(st.tuples(numbers, st.sampled_from(["late", "overflow"])), max_size=3)


@given(numbers, refusals, numbers, numbers, st.integers(0, 5))
def test_a_head_is_what_the_whole_frame_has_in_front(
    ack: int, refused: list[tuple[int, str]], tick: int, base: int, parts: int
) -> None:
    payload = encode(Frame(ack, refused, tick, base, [[0, 1]], [[0, 1, True, None, None, None, None, None]] * parts))
    whole = decode_server(payload)
    assert isinstance(whole, Frame)
    assert decode_head(payload) == Frame(whole.ack, whole.refused, whole.tick, whole.base, [], [])


def test_other_messages_are_decoded_as_ever() -> None:
    welcome = Welcome("a", "b", 1)
    assert decode_head(encode(welcome)) == welcome


@pytest.mark.parametrize(
    "value",
    [
        [20, -1, [], 1, 0, [], []],
        [20, 0, [], "1", 0, [], []],
        [20, 0, [], 1, None, [], []],
        [20, 0, 0, 1, 0, [], []],
        [20, True, [], 1, 0, [], []],
        [20, 0, [], 1.0, 0, [], []],
        [20, 2**63, [], 1, 0, [], []],
    ],
)
def test_a_head_that_is_none_is_judged_as_the_whole_frame_is(value: list[Any]) -> None:
    payload = encode_value(value)
    try:
        whole = decode_server(payload)
    except BadMessage:
        with pytest.raises(BadMessage):
            decode_head(payload)
    else:
        assert decode_head(payload) == whole


@given(st.binary(max_size=40))
def test_no_bytes_make_it_raise_anything_else(garbage: bytes) -> None:
    for payload in (garbage, b"\x97\x14" + garbage):
        try:
            decode_head(payload)
        except BadMessage:
            continue


@pytest.mark.parametrize("length", range(17))
def test_a_frame_that_was_cut_short_is_no_frame(length: int) -> None:
    payload = encode(Frame(70000, [], 70000, 69999, [], []))[:length]
    with pytest.raises(BadMessage):
        decode_head(payload)
