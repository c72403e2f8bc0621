"""Columns of values without a fixed width: text, bytes, and small structures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from pelton.protocol.schema import INT_MAX
from pelton.protocol.typed import decode_value, encode_value
from pelton.server.simulate.state.columns import Column

__all__ = ["Bytes", "Json", "Str"]

JSON_DEPTH_MAX = 16


class Str(Column[str]):
    """Text of at most `size` characters."""

    kind = "str"

    def __init__(self, size: int, default: str = "") -> None:
        super().__init__(default)
        self.size = size

    def to_wire(self, value: str) -> str:
        if value.__class__ is not str:
            raise ValueError(f"expected a str, got {value!r}")
        if len(value) > self.size:
            raise ValueError(f"{len(value)} characters, the column holds {self.size}")
        if not value.isascii():
            value.encode()  # half a surrogate pair raises here, a ValueError, and not in the encoder
        return value


class Bytes(Column[bytes]):
    """At most `size` bytes."""

    kind = "bytes"

    def __init__(self, size: int, default: bytes = b"") -> None:
        super().__init__(default)
        self.size = size

    def to_wire(self, value: bytes) -> bytes:
        if value.__class__ is not bytes:
            raise ValueError(f"expected bytes, got {value!r}")
        if len(value) > self.size:
            raise ValueError(f"{len(value)} bytes, the column holds {self.size}")
        return value


class Json(Column[Any]):
    """A small structure of None, bool, int, float, str, lists and maps with str keys; `size` bytes at most, packed.

    Every read gives a copy. To change it, change the copy and assign it.
    """

    kind = "json"

    def __init__(self, size: int, default: Any = None) -> None:
        super().__init__(default)
        self.size = size

    def to_wire(self, value: Any) -> bytes:
        _check(value, JSON_DEPTH_MAX)
        wire = encode_value(value)
        if len(wire) > self.size:
            raise ValueError(f"{len(wire)} bytes packed, the column holds {self.size}")
        return wire

    def from_wire(self, wire: bytes) -> Any:
        return decode_value(wire)


def _check(value: Any, depth: int) -> None:
    """ValueError for what JSON and JavaScript do not have."""
    if depth < 0:
        raise ValueError(f"nested more than {JSON_DEPTH_MAX} deep")
    if isinstance(value, dict):
        for key, inner in cast("dict[Any, Any]", value).items():  # type: ignore[redundant-cast]  # not to pyright
            if key.__class__ is not str:
                raise ValueError(f"expected a str as key, got {key!r}")
            _check(key, depth)
            _check(inner, depth - 1)
    elif isinstance(value, (list, tuple)):
        for inner in cast("Sequence[Any]", value):
            _check(inner, depth - 1)
    elif value.__class__ is float:
        if not -float("inf") < value < float("inf"):
            raise ValueError(f"expected a finite number, got {value!r}")
    elif value.__class__ is str:
        value.encode()  # as in Str
    elif value.__class__ is int:
        if not -INT_MAX <= value <= INT_MAX:
            raise ValueError(f"{value} is beyond 2^53, JavaScript would round it")
    elif value is not None and value.__class__ is not bool:
        raise ValueError(f"expected None, bool, int, float, str, list or map, got {value!r}")
