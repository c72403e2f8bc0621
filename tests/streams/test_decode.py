"""Bytes to records: a slice at a time, every record in its place, a tail as asked for, and a decoder that raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.streams import CLOSED, PENDING, DecodeError, Err, Poll, Stream, Tail, decode, from_iter
from pelton.streams.testing import ManualSource
from tests.streams.fakes import Wakes, taken


class Words:
    """Words that end in a full stop. Notes the sizes of what it is fed; `!` makes it raise, and `?` an Err."""

    def __init__(self, last: str | Err | None = None) -> None:
        self.sizes: list[int] = []
        self.last = last
        self.held = ""

    def feed(self, data: bytes) -> Iterator[str | Err]:
        self.sizes.append(len(data))
        for letter in data.decode():
            if letter == "!":
                raise LookupError("!")
            if letter == "?":
                yield Err(ValueError("?"))
            elif letter == ".":
                word, self.held = self.held, ""
                yield word
            else:
                self.held += letter

    def end(self) -> str | Err | None:
        if self.held == "at the end, raise":
            raise LookupError(self.held)
        return self.last or self.held or None


# Slices.


def test_a_large_piece_is_fed_slice_by_slice_and_the_next_piece_taken_after_it() -> None:
    source, words = ManualSource(b"a.bc.def.g", b"h."), Words()
    stream = decode(source, words, slice_bytes=3)
    assert (stream.poll(), words.sizes) == ("a", [3])
    assert (stream.poll(), words.sizes, source.taken) == ("bc", [3, 3], 1)
    assert (taken(stream), words.sizes, source.taken) == (["def", "gh"], [3, 3, 3, 1, 2], 2)


def test_records_of_one_slice_come_one_at_a_time_without_parsing_more() -> None:
    words = Words()
    stream = decode(ManualSource(b"a.b.c.d.e."), words, slice_bytes=6)
    assert [stream.poll(), stream.poll(), stream.poll()] == ["a", "b", "c"]
    assert words.sizes == [6]
    assert list(stream.ready(1)) == ["d"]


def test_one_poll_never_parses_more_than_a_slice() -> None:
    """However much has arrived, and though no record is whole: the rest has to wait for its turn."""
    words, wakes = Words(), Wakes()
    stream = decode(ManualSource(b"x" * 100 + b"."), words, slice_bytes=10)
    for polls in range(1, 11):
        assert (stream.poll(wakes), words.sizes, wakes.count) == (PENDING, [10] * polls, polls)
    assert stream.poll(wakes) == "x" * 100


def test_one_poll_never_parses_more_than_a_slice_of_many_small_pieces() -> None:
    """They are as much work as one large piece."""
    words, wakes = Words(), Wakes()
    stream = decode(ManualSource(*[b"xxxxx"] * 100), words, slice_bytes=10)
    assert stream.poll(wakes) is PENDING
    assert sum(words.sizes) <= 10
    assert wakes.count == 1


@given(st.lists(st.binary(max_size=40)), st.integers(1, 9))
def test_no_slice_is_larger_than_asked_for_and_no_byte_is_lost(pieces: list[bytes], slice_bytes: int) -> None:
    fed: list[bytes] = []

    class Log:
        def feed(self, data: bytes) -> list[bytes]:
            fed.append(data)
            return [data]

        def end(self) -> None:
            """Nothing is left."""

    assert taken(decode(from_iter(pieces), Log(), slice_bytes=slice_bytes)) == fed
    assert b"".join(fed) == b"".join(pieces)
    assert max(map(len, fed), default=0) <= slice_bytes


def test_an_empty_piece_is_no_end() -> None:
    source = ManualSource(b"a", b"", b".")
    stream = decode(source, Words(), slice_bytes=1)
    assert taken(stream) == ["a"]
    assert stream.poll() is PENDING


def test_whoever_waits_is_told_of_the_next_piece() -> None:
    source, wakes = ManualSource(b"a"), Wakes()
    stream = decode(source, Words())
    assert (stream.poll(wakes), source.parked) == (PENDING, True)
    source.push(b".")
    assert (wakes.count, stream.poll()) == (1, "a")


def test_what_is_parsed_or_still_to_be_parsed_keeps_the_stream_from_being_parked() -> None:
    stream = decode(from_iter([b"a.b.ccc"]), Words(), slice_bytes=4)
    assert (stream.poll(), stream.park(Wakes())) == ("a", False)
    assert (stream.poll(), stream.park(Wakes())) == ("b", False)


def test_a_closed_stream_has_let_go_of_what_was_parsed() -> None:
    source = ManualSource(b"a.b.c.", b"d.")
    stream = decode(source, Words(), slice_bytes=4)
    assert stream.poll() == "a"
    stream.close()
    assert ([stream.poll(), *stream.ready()], bool(source.closed)) == ([CLOSED], True)


# The tail.

LEFT_OVER: dict[Tail, Callable[[list[Any]], bool]] = {
    "item": lambda last: last == ["b"],
    "drop": lambda last: last == [],
    "error": lambda last: (
        [(error.error.problem, error.error.position) for error in last]
        == [("the stream ended in the middle of a record", 3)]
    ),
}


@pytest.mark.parametrize("tail", LEFT_OVER)
def test_what_is_left_at_the_end_is_an_item_or_an_error_or_dropped(tail: Tail) -> None:
    for slice_bytes in (1, 2, 99):
        stream = decode(from_iter([b"a.b"]), Words(), tail, slice_bytes)
        first, *last = taken(stream)
        assert (first, LEFT_OVER[tail](last), stream.poll()) == ("a", True, CLOSED)


def test_an_error_is_what_happens_to_a_tail_by_default() -> None:
    [error] = taken(decode(from_iter([b"b"]), Words()))
    assert isinstance(error, Err)
    assert isinstance(error.error, DecodeError)


@pytest.mark.parametrize(("tail", "given"), [("item", 1), ("error", 1), ("drop", 0)])
def test_a_decoder_may_say_itself_what_is_wrong_with_the_tail(tail: Tail, given: int) -> None:
    wrong = Err(ValueError("cut off"))
    assert taken(decode(from_iter([b"b"]), Words(wrong), tail)) == [wrong] * given


def test_without_a_tail_nothing_comes_after_the_last_record() -> None:
    for tail in LEFT_OVER:
        assert taken(decode(from_iter([b"a."]), Words(), tail)) == ["a"]


def test_a_stream_that_is_closed_before_its_end_has_no_tail() -> None:
    source = ManualSource(b"a.b")
    stream = decode(source, Words())
    assert stream.poll() == "a"
    stream.close()
    assert stream.poll() is CLOSED


# Errors.


def driven(stream: Stream[Any]) -> Iterator[Any]:
    while not isinstance(item := stream.poll(), Poll):
        yield item


def both(stream: Stream[Any]) -> Iterator[Any]:
    return stream.ready()


def until_error(items: Iterator[Any]) -> tuple[list[Any], str]:
    """What comes, and the error after it."""
    given: list[Any] = []
    try:
        for item in items:
            given.append(item)  # noqa: PERF402 - extend would lose them with the raise
    except LookupError as error:
        return given, str(error.args[0])
    return given, "no error"


each_drive = pytest.mark.parametrize("drive", [driven, both], ids=["poll", "ready"])
Drive = Callable[[Stream[Any]], Iterator[Any]]


def test_an_err_of_the_decoder_is_an_item_in_its_place() -> None:
    first, error, last = taken(decode(from_iter([b"a.?b."]), Words()))
    assert (first, isinstance(error, Err), last) == ("a", True, "b")


@each_drive
def test_what_a_decoder_gave_before_it_raised_is_given_before_the_error(drive: Drive) -> None:
    source = ManualSource(b"a.b.!c.")
    stream = decode(source, Words())
    assert until_error(drive(stream)) == (["a", "b"], "!")
    assert (stream.poll(), bool(source.closed)) == (CLOSED, True)


@each_drive
def test_a_decoder_that_raises_at_the_end_is_an_error_after_the_records(drive: Drive) -> None:
    stream = decode(from_iter([b"a.at the end, raise"]), Words())
    assert until_error(drive(stream)) == (["a"], "at the end, raise")
    assert stream.poll() is CLOSED


@each_drive
def test_a_source_that_raises_is_an_error_after_the_records(drive: Drive) -> None:
    source = ManualSource(b"a.b.c")
    source.fail(LookupError("gone"))
    stream = decode(source, Words(), "item")
    assert until_error(drive(stream)) == (["a", "b"], "gone")
    assert stream.poll() is CLOSED


@each_drive
def test_a_decoder_that_raised_is_not_fed_again(drive: Drive) -> None:
    words = Words()
    stream = decode(from_iter([b"a.!.b.c.d."]), words, slice_bytes=4)
    assert until_error(drive(stream)) == (["a"], "!")
    assert until_error(drive(stream)) == ([], "no error")
    assert words.sizes == [4]
