"""The decoders that ship: the same records however the bytes are cut, bounds that hold, and peers who mean harm."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import msgpack  # type: ignore[import-untyped]  # the package ships no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.streams import DecodeError, Err, Lines, MsgPack, Tail, decode, from_iter
from tests.streams.fakes import taken

untimed = settings(deadline=None)  # how long an example takes is not tested here
cuts = st.lists(st.integers(0, 200), max_size=6)
tails = st.sampled_from(["item", "error", "drop"])


class Failed(NamedTuple):
    """What is wrong, and where."""

    problem: str
    position: int


def shown(item: object) -> Any:
    """Errors as something to compare."""
    if isinstance(item, Err):
        assert isinstance(item.error, DecodeError)
        return Failed(item.error.problem, item.error.position)
    return item


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def lines_of(pieces: list[bytes], length_max: int = 8192, tail: Tail = "item", slice_bytes: int = 2048) -> list[Any]:
    return [shown(item) for item in taken(decode(from_iter(pieces), Lines(length_max), tail, slice_bytes))]


def values_of(pieces: list[bytes], value_bytes_max: int = 100, slice_bytes: int = 2048) -> list[Any]:
    stream = decode(from_iter(pieces), MsgPack(value_bytes_max), slice_bytes=slice_bytes)
    return [shown(item) for item in taken(stream)]


# Lines.


def expected_lines(data: bytes, length_max: int, tail: Tail) -> list[Any]:
    """All at once, in plain Python."""
    *ended, last = data.split(b"\n")
    expected, start = list[Any](), 0
    for line in ended:
        expected.append(expected_line(line, start, length_max))
        start += len(line) + 1
    left = expected_line(last, start, length_max)
    if not last or (tail == "drop" and len(last) <= length_max + 1):
        return expected
    if tail == "error" and isinstance(left, str):
        left = ("the stream ended in the middle of a record", len(data))
    return [*expected, left]


def expected_line(line: bytes, start: int, length_max: int) -> Any:
    line = line.removesuffix(b"\r")
    if len(line) > length_max:
        return f"a line of more than {length_max} bytes", start
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        return f"a line that is not utf-8 ({error.reason})", start


texts = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r", b"\r\n", "é€".encode(), b"\xff"])).map(b"".join)


@untimed
@given(texts, cuts, st.integers(1, 8), tails, st.integers(1, 9))
def test_lines_are_the_same_however_the_bytes_are_cut(
    data: bytes, cuts: list[int], length_max: int, tail: Tail, slice_bytes: int
) -> None:
    given = lines_of(pieces_of(data, cuts), length_max, tail, slice_bytes)
    assert given == expected_lines(data, length_max, tail)


def test_both_line_ends_are_taken_off_and_empty_lines_are_lines() -> None:
    assert lines_of([b"a\r\nb\n\n\r\nc\r\r\nd\re\n"]) == ["a", "b", "", "", "c\r", "d\re"]


def test_the_last_line_needs_no_line_end_and_no_line_begins_behind_the_last_line_end() -> None:
    assert lines_of([b"a\nb"]) == ["a", "b"]
    assert lines_of([b"a\n"]) == ["a"]
    assert lines_of([b"\n"]) == [""]
    assert lines_of([b""]) == []


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_line_may_have_as_many_bytes_as_said_without_its_line_end(end: bytes) -> None:
    for slice_bytes in (1, 2, 3, 99):
        assert lines_of([b"abc" + end, b"d" + end], 3, slice_bytes=slice_bytes) == ["abc", "d"]
        too_long = ("a line of more than 3 bytes", 0)
        assert lines_of([b"abcd" + end, b"d" + end], 3, slice_bytes=slice_bytes) == [too_long, "d"]


def test_a_line_that_is_too_long_is_told_at_once_and_once_and_the_next_one_is_read() -> None:
    lines = Lines(3)
    assert [shown(item) for item in lines.feed(b"x\nabcdefg")] == ["x", ("a line of more than 3 bytes", 2)]
    assert list(lines.feed(b"h" * 100)) == []
    assert [shown(item) for item in lines.feed(b"ij\nklm\n\xff\n")] == [
        "klm",
        ("a line that is not utf-8 (invalid start byte)", 116),
    ]


def test_a_line_that_never_ends_takes_no_more_room_than_one_that_is_just_not_too_long() -> None:
    lines, errors = Lines(100), 0
    for _ in range(1000):
        errors += len(list(lines.feed(b"x" * 30)))
        assert len(lines._held) <= 101
    assert (errors, lines.end()) == (1, None)


def test_lines_may_have_another_encoding() -> None:
    stream = decode(from_iter([b"\xe9t\xe9\n"]), Lines(encoding="latin-1"))
    assert taken(stream) == ["été"]


def test_a_character_that_is_cut_in_two_is_whole_again() -> None:
    assert lines_of(["é€\n".encode()], slice_bytes=1) == ["é€"]


# MessagePack.


def pack(value: object) -> bytes:
    library: Any = msgpack
    packed: bytes = library.packb(value)
    return packed


simple = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.text(max_size=9), st.binary(max_size=9)
)
values = st.recursive(
    simple,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)


@untimed
@given(st.lists(values, max_size=6), cuts, st.integers(1, 40))
def test_values_are_the_same_however_the_bytes_are_cut(sent: list[object], cuts: list[int], slice_bytes: int) -> None:
    """The bound is what the largest has: not one of them is too long."""
    packed = [pack(value) for value in sent]
    bound = max(map(len, packed), default=1)
    assert values_of(pieces_of(b"".join(packed), cuts), bound, slice_bytes) == sent


@pytest.mark.parametrize("slice_bytes", [1, 7, 50, 2048])
@pytest.mark.parametrize(
    "value",
    [b"x" * 98, "x" * 99, [1] * 98, [2**31] * 90, {str(key): key for key in range(50)}, [[1] * 90] * 9],
    ids=["bytes", "text", "list", "list of long numbers", "map", "list of lists"],
)
def test_a_value_of_more_bytes_than_said_is_an_error_however_it_is_made(value: object, slice_bytes: int) -> None:
    packed = pack(value)
    given = values_of([pack(1), packed, pack(2)], len(packed) - 1, slice_bytes)
    assert given[0] == 1
    assert [type(item) for item in given[1:]] == [Failed], "and the rest is passed over"


@pytest.mark.parametrize(
    "element", [pack(1), pack(2**31), pack("x"), b"\xdc\xff\xff"], ids=["1", "2**31", "x", "array"]
)
def test_a_value_that_never_ends_is_given_up(element: bytes) -> None:
    """Else a peer who announces a list of lists of lists has all the memory there is."""
    decoder, given = MsgPack(1000), list[object]()
    given += decoder.feed(b"\xdc\x03\xe8")
    for _ in range(1000):
        given += decoder.feed(b"\xdc\x03\xe8" + element * 40)
    assert [isinstance(item, Err) for item in given] == [True]


HOSTILE: dict[str, bytes] = {
    "a byte that means nothing": b"\xc1",
    "the same within a list": b"\x93\x01\xc1\x02",
    "text that is not UTF-8": b"\xa2\xff\xff",
    "a list as a key": b"\x81\x90\x01",
    "a time that is none": b"\xd4\xff\x00",
    "more levels than anybody needs": b"\x91" * 5000,
    "a list of four billion": b"\xdd\xff\xff\xff\xff",
    "a map of four billion": b"\xdf\xff\xff\xff\xff",
    "a text of four gigabytes": b"\xdb\xff\xff\xff\xff" + b"x" * 5000,
    "bytes of four gigabytes": b"\xc6\xff\xff\xff\xff" + b"x" * 5000,
}


@pytest.mark.parametrize("slice_bytes", [1, 7, 2048])
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_value_is_one_error_behind_the_values_and_the_rest_is_passed_over(
    data: bytes, slice_bytes: int
) -> None:
    given = values_of([pack([1]), pack("two") + data, pack(3), pack(4)], 1000, slice_bytes)
    assert given[:2] == [[1], "two"]
    assert len(given) == 3
    assert isinstance(given[2], Failed)
    assert given[2].position >= 5


@given(st.lists(st.binary(max_size=20)))
def test_whatever_bytes_come_no_more_than_one_error_comes_and_it_is_the_last(pieces: list[bytes]) -> None:
    given = list(decode(from_iter(pieces), MsgPack(50), slice_bytes=7).ready())
    assert not any(isinstance(item, Err) for item in given[:-1])


@pytest.mark.parametrize("slice_bytes", [1, 2048])
@pytest.mark.parametrize("begun", [b"\xcd\x01", b"\xa5abc", b"\x93\x01", b"\x93", b"\x81\x01", b"\xdc\x00"], ids=repr)
def test_a_value_that_has_begun_and_did_not_end_is_an_error(begun: bytes, slice_bytes: int) -> None:
    given = values_of([pack("one") + begun], slice_bytes=slice_bytes)
    assert given[0] == "one"
    assert [failed.problem for failed in given[1:]] == ["the stream ended in the middle of a value"]


def test_bytes_that_end_with_a_value_leave_no_tail() -> None:
    assert values_of([pack({"a": [1, None, 2.5]}), pack(b"\x00")]) == [{"a": [1, None, 2.5]}, b"\x00"]
    assert values_of([]) == []


def test_keys_of_maps_may_be_numbers() -> None:
    assert values_of([pack({1: "one", None: 0})]) == [{1: "one", None: 0}]
