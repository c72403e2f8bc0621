"""Kinds of columns: how wide a value is on the wire, and how it is read. Made of `joined.tables`, never changed."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pelton.client.errors import ServerFault
from pelton.protocol.plain import encode_value
from pelton.streams import Err, MsgPack

__all__ = ["Column", "Opaque", "TableShape", "decode_json", "read_shapes"]

_CODES = {"u8": "B", "u16": "H", "u32": "I", "i8": "b", "i16": "h", "i32": "i", "f32": "f", "f64": "d", "bool": "?"}
"""The struct code of each kind of fixed width."""
_QUANT_CODES = {1: "B", 2: "H", 4: "I"}
_TYPES: dict[str, type] = {"str": str, "bytes": bytes, "json": bytes}


class Opaque(bytes):
    """A value of fixed width of a kind that this client does not know: its bytes, as they came."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `code` is its struct code, "" if its values have no fixed width."""

    name: str
    kind: str
    code: str
    width: int
    """Bytes a value; 0 if they differ."""
    scale: tuple[float, float] | None = None
    """Of a quant: low and step."""

    @property
    def is_known(self) -> bool:
        """Whether this client knows what its values mean."""
        return bool(self.code) or self.kind in _TYPES

    def accepts(self, value: object) -> bool:
        """Whether a value without a fixed width may stand in this column."""
        if self.kind == "json" and isinstance(value, bytes):
            decode_json(value)
        return not self.is_known or type(value) is _TYPES[self.kind]

    def reader(self) -> Callable[[Any], Any] | None:
        """What makes of a value on the wire the one that is seen; None: they are the same."""
        if self.kind == "json":
            return decode_json
        if self.scale is None:
            return None
        low, step = self.scale
        return lambda steps: low + steps * step

    def packed(self, values: Sequence[Any]) -> bytes:
        """The values as the digest has them."""
        if self.code:
            return struct.pack(f"<{len(values)}{self.code}", *values)
        return b"".join(value if isinstance(value, Opaque) else encode_value(value) for value in values)


@dataclass(frozen=True, slots=True)
class TableShape:
    """One table as `joined` tells it."""

    name: str
    is_record: bool
    columns: tuple[Column, ...]


def read_shapes(tables: Sequence[Any]) -> tuple[TableShape, ...]:
    """The tables of a room. ServerFault if they make no sense."""
    try:
        return tuple(_table(table) for table in tables)
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise ServerFault(f"the room's tables make no sense: {error}") from error


def decode_json(content: bytes) -> Any:
    """The value whose MessagePack this is, made anew. ValueError if it is not one whole value."""
    decoder = MsgPack(max(len(content), 1))
    values = list(decoder.feed(content))
    if len(values) != 1 or isinstance(values[0], Err) or decoder.end() is not None:
        raise ValueError("a json value that is not one whole MessagePack value")
    return values[0]


def _table(table: Any) -> TableShape:
    name, shape, columns = _list(table, "a table")
    if not isinstance(name, str) or shape not in ("table", "record"):
        raise ValueError(f"{table!r} is no table")
    return TableShape(name, shape == "record", tuple(_column(_list(spec, "a column")) for spec in _list(columns, name)))


def _column(spec: list[Any]) -> Column:
    name, kind, *parameters = spec
    if not isinstance(name, str) or not isinstance(kind, str):
        raise ValueError(f"{spec!r} is no column")
    if kind != "quant":
        code = _CODES.get(kind, "")
        return Column(name, kind, code, struct.calcsize("<" + code))
    low, step, width = parameters[:3]
    for number in (low, step):
        if type(number) not in (int, float) or not math.isfinite(number):
            raise ValueError(f"the quant {name!r} has {number!r} for a bound")
    if type(width) is not int or width not in _QUANT_CODES:
        raise ValueError(f"the quant {name!r} is {width!r} bytes wide")
    return Column(name, kind, _QUANT_CODES[width], width, (float(low), float(step)))


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{what} is no array")
    return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - looked at by the caller
