"""Bytes in pieces of any size to whole records, by a decoder: one of `pelton.streams.decoders`, or your own.

A decoder does no I/O and sees a slice at a time, so one poll never parses more than a slice, however much has
arrived. What can be wrong with a record is an `Err` in its place; the stream goes on behind it where it can.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Literal, Protocol, TypeAlias, TypeVar, get_args

from pelton.streams.items import Err
from pelton.streams.poll import CLOSED, PENDING, DecodeError, Poll, Waker, exhausted
from pelton.streams.stage import Polled
from pelton.streams.stream import Stream

__all__ = ["Decode", "Decoder", "Tail", "decode"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Tail: TypeAlias = Literal["item", "error", "drop"]


class Decoder(Protocol[T_co]):
    """Turns slices of bytes into items, and keeps what is not whole yet, within a bound of its own."""

    def feed(self, data: bytes) -> Iterable[T_co | Err]:
        """The items that `data` makes whole."""
        ...

    def end(self) -> T_co | Err | None:
        """What is left when no more comes: the last record if that is what it is, or an Err; None if nothing is."""
        ...


class Decode(Polled[bytes, "T | Err"]):
    """See `decode`."""

    def __init__(self, source: Stream[bytes], decoder: Decoder[T], tail: Tail, slice_bytes: int) -> None:
        super().__init__(source)
        if slice_bytes < 1:
            raise ValueError(f"a slice has 1 byte or more, got {slice_bytes}")
        if tail not in get_args(Tail):
            raise ValueError(f"tail is one of {', '.join(get_args(Tail))}, not {tail!r}")
        self._decoder = decoder
        self._tail = tail
        self._slice_bytes = slice_bytes
        self._piece = memoryview(b"")
        self._whole: deque[T | Err] = deque()
        self._position = 0
        self._ended = False
        self._error: Exception | None = None

    @property
    def finished(self) -> bool:
        return self._closed

    def _step(self, waker: Waker | None) -> T | Err | Poll:
        fed = self._position
        while not self._whole:
            error, self._error = self._error, None
            if error is not None:
                raise error
            if self._ended:
                return CLOSED
            if not self._piece:
                piece = self.source.poll(waker)
                if piece is PENDING:
                    return PENDING
                if piece is CLOSED:
                    self._end()
                    continue
                self._piece = memoryview(piece)
            self._feed(self._slice_bytes - (self._position - fed) % self._slice_bytes)
            if not self._whole and self._is_enough(waker, self._position - fed):
                return PENDING
        return self._whole.popleft()

    def _feed(self, room: int) -> None:
        data, self._piece = self._piece[:room], self._piece[room:]
        self._position += len(data)
        try:
            self._whole.extend(self._decoder.feed(bytes(data)))
        except Exception as error:  # noqa: BLE001 - raised after the items before it
            self._error = error

    def _is_enough(self, waker: Waker | None, fed: int) -> bool:
        """After bytes without a record: a slice of them is enough for one poll, if somebody can be called to go on."""
        if waker is None:
            return False
        if exhausted(waker):
            return True
        enough = fed >= self._slice_bytes
        if enough:
            waker()
        return enough

    def _end(self) -> None:
        self._ended = True
        last = self._decoder.end()
        if last is None or self._tail == "drop":
            return
        if self._tail == "error" and not isinstance(last, Err):
            last = Err(DecodeError("the stream ended in the middle of a record", self._position))
        self._whole.append(last)

    def park(self, waker: Waker) -> bool:
        return not (self._whole or self._piece) and super().park(waker)

    def close(self) -> None:
        self._whole.clear()
        self._piece = memoryview(b"")
        super().close()


def decode(source: Stream[bytes], decoder: Decoder[T], tail: Tail = "error", slice_bytes: int = 2048) -> Decode[T]:
    """The records in a stream of bytes.

    What is left at the end and is not a whole record is an item (`"item"`: a last line without its line feed), an
    Err, or dropped. At most `slice_bytes` are parsed in one poll that has a waker: it is called to go on.
    """
    return Decode(source, decoder, tail, slice_bytes)
