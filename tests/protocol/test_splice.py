"""Heads that are written by hand are those that MessagePack's own encoders write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.protocol import plain, typed
from pelton.protocol.splice import NIL, array_head, binary

LENGTHS = [0, 1, 15, 16, 17, 31, 32, 255, 256, 257, 65535, 65536, 65537, 100_000]
lengths = st.sampled_from(LENGTHS) | st.integers(0, 70_000)


def test_nil_is_nil() -> None:
    assert plain.encode_value(None) == typed.encode_value(None) == NIL


@pytest.mark.parametrize("length", LENGTHS)
def test_an_array_begins_as_the_encoders_begin_it(length: int) -> None:
    expected = plain.encode_value([None] * length)
    assert array_head(length) + NIL * length == expected == typed.encode_value([None] * length)


@given(lengths)
def test_a_head_and_that_many_values_are_an_array(length: int) -> None:
    assert typed.decode_value(array_head(length) + NIL * length) == [None] * length


@pytest.mark.parametrize("length", LENGTHS)
def test_bytes_of_any_length_are_what_the_encoders_write(length: int) -> None:
    content = b"\xa5" * length
    assert binary(content) == plain.encode_value(content) == typed.encode_value(content)


@given(st.binary(max_size=300))
def test_bytes_come_back(content: bytes) -> None:
    assert binary(content) == plain.encode_value(content)
    assert typed.decode_value(binary(content)) == content


@given(st.lists(st.binary(max_size=20) | st.none() | st.integers(0, 2**32), max_size=40))
def test_an_array_of_spliced_values_is_the_array_of_the_values(values: list[bytes | int | None]) -> None:
    pieces = [binary(value) if isinstance(value, bytes) else plain.encode_value(value) for value in values]
    assert array_head(len(values)) + b"".join(pieces) == plain.encode_value(values)


def test_the_longest_array_has_a_head() -> None:
    assert array_head(2**32 - 1) == b"\xdd\xff\xff\xff\xff"
