"""Decoders that ship: lines of text, and MessagePack values. See `pelton.streams.decode`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pelton.streams.items import Err
from pelton.streams.poll import DecodeError

__all__ = ["Lines", "MsgPack"]


class Lines:
    r"""Lines of text, without their line ends (`\n` or `\r\n`).

    A line of more than `length_max` bytes, or one that is not `encoding`, is an Err; what follows it is read on.
    """

    def __init__(self, length_max: int = 8192, encoding: str = "utf-8") -> None:
        if length_max < 1:
            raise ValueError(f"a line may have 1 byte or more, got {length_max}")
        self._length_max = length_max
        self._encoding = encoding
        self._held = b""
        self._start = 0
        self._dropped = 0  # bytes of a line that is too long, and was reported

    def feed(self, data: bytes) -> Iterator[str | Err]:
        """The lines that end in `data`."""
        *ended, rest = data.split(b"\n")
        for piece in ended:
            line = self._held + piece
            self._held = b""
            if not self._dropped:
                yield self._line(line)
            self._start += self._dropped + len(line) + 1
            self._dropped = 0
        self._held += rest
        if len(self._held) > self._length_max + 1:  # one more: it may be half a line end
            if not self._dropped:
                yield self._too_long()
            self._dropped += len(self._held)
            self._held = b""

    def end(self) -> str | Err | None:
        """The last line, if it has no line end."""
        return self._line(self._held) if self._held and not self._dropped else None

    def _line(self, line: bytes) -> str | Err:
        line = line.removesuffix(b"\r")
        if len(line) > self._length_max:
            return self._too_long()
        try:
            return line.decode(self._encoding)
        except UnicodeDecodeError as error:
            return Err(DecodeError(f"a line that is not {self._encoding} ({error.reason})", self._start))

    def _too_long(self) -> Err:
        return Err(DecodeError(f"a line of more than {self._length_max} bytes", self._start))


class MsgPack:
    """MessagePack values of at most `value_bytes_max` bytes each. Needs the package `msgpack`.

    After bytes that are no MessagePack, or a value that is too long, nobody knows where the next one begins: one Err,
    and the rest is passed over.
    """

    def __init__(self, value_bytes_max: int = 65_536) -> None:
        import msgpack  # type: ignore[import-untyped]  # the package ships no types; and only this class needs it

        if value_bytes_max < 1:
            raise ValueError(f"a value may have 1 byte or more, got {value_bytes_max}")
        library: Any = msgpack
        # Pieces of at most one value's length go in, on top of at most one value that is not whole.
        self._unpacker = library.Unpacker(max_buffer_size=2 * value_bytes_max, strict_map_key=False)
        self._max = value_bytes_max
        self._start = self._fed = 0
        self._lost = False

    def feed(self, data: bytes) -> Iterator[Any]:
        """The values that end in `data`."""
        for start in range(0, len(data), self._max):
            if self._lost:
                return
            yield from self._values(data[start : start + self._max])

    def end(self) -> Err | None:
        """An Err if a value has begun and did not end."""
        if self._lost or self._start == self._fed:
            return None
        return Err(DecodeError("the stream ended in the middle of a value", self._start))

    def _values(self, data: bytes) -> Iterator[Any]:
        self._fed += len(data)
        try:
            self._unpacker.feed(data)
            for value in self._unpacker:
                end: int = self._unpacker.tell()
                if end - self._start > self._max:
                    break
                self._start = end
                yield value
        except Exception:  # noqa: BLE001 - FormatError, StackError, ValueError, RecursionError: all the peer's
            yield self._give_up("no MessagePack")
            return
        if self._fed - self._start > self._max:
            yield self._give_up(f"a value of more than {self._max} bytes")

    def _give_up(self, problem: str) -> Err:
        self._lost = True
        return Err(DecodeError(problem, self._start))
