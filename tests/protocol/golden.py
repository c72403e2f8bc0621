"""What the tests here compare the code with: the golden vectors, read as their README says, and SPEC.md's tables."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pelton.protocol import (
    Act,
    Draining,
    EventFrame,
    Frame,
    Heard,
    Hello,
    Join,
    Joined,
    Leave,
    Left,
    Ping,
    Pong,
    Rejected,
    Resume,
    Resumed,
    Resync,
    SeatCard,
    Verify,
    Welcome,
)
from pelton.protocol.schema import Action, Bounds, Message, Size, action_name

PROTOCOL = Path(__file__).resolve().parents[2] / "protocol"
VECTORS = PROTOCOL / "vectors"
SPEC = (PROTOCOL / "SPEC.md").read_text(encoding="utf-8")

FROM_CLIENT: tuple[type[Message], ...] = (Hello, Join, Leave, Act, Ping, Verify, Resync, Heard, Resume)
FROM_SERVER: tuple[type[Message], ...] = (
    Welcome,
    Joined,
    Rejected,
    Left,
    Frame,
    Pong,
    SeatCard,
    Resumed,
    EventFrame,
    Draining,
)
BY_NUMBER = {kind.__struct_config__.tag: kind for kind in FROM_CLIENT + FROM_SERVER}


class Steer(Action):
    turn: Annotated[float, Bounds(-1, 1)]
    thrust: Annotated[float, Bounds(0, 1)] = 0.0


class Shoot(Action):
    pass


class Rename(Action):
    name: Annotated[str, Size(16, low=1)]


class Paint(Action):
    cells: Annotated[list[Annotated[int, Bounds(-9, 9)]], Size(8)]
    picture: Annotated[bytes, Size(16)]


SAMPLE: tuple[type[Action], ...] = (Steer, Shoot, Rename, Paint)
"""The sample game of the vectors' README."""


@dataclass(frozen=True)
class Vector:
    """A message and its bytes."""

    name: str
    direction: str
    value: list[Any]
    payload: bytes
    canonical: bool

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Hostile:
    """Bytes that are no message. `where` says which decoder has to notice: any, or one that knows the actions."""

    name: str
    direction: str
    where: str
    parts: tuple[bytes, bytes, int, bytes]

    @property
    def payload(self) -> bytes:
        prefix, unit, times, suffix = self.parts
        return prefix + unit * times + suffix

    def __str__(self) -> str:
        return self.name


def rows(name: str) -> list[dict[str, Any]]:
    """A vector file as it is."""
    read: list[dict[str, Any]] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return read


def messages(direction: str) -> list[Vector]:
    """The valid ones that this side sends."""
    return [
        Vector(row["name"], direction, unmarked(row["value"]), joined_hex(row["hex"]), row.get("canonical", True))
        for row in rows("messages.json")
        if row["direction"] == direction
    ]


def hostile(direction: str) -> list[Hostile]:
    """The hostile ones that this side sends."""
    return [
        Hostile(row["name"], direction, row["where"], _parts(row))
        for row in rows("hostile.json")
        if row["direction"] == direction
    ]


def _parts(row: dict[str, Any]) -> tuple[bytes, bytes, int, bytes]:
    if "hex" in row:
        return bytes.fromhex(row["hex"]), b"", 0, b""
    repeat = row["repeat"]
    prefix, unit, suffix = (bytes.fromhex(repeat[key]) for key in ("prefix", "unit", "suffix"))
    return prefix, unit, repeat["times"], suffix


def joined_hex(written: str | list[Any]) -> bytes:
    """Bytes in hexadecimal, or in pieces of which some are counted."""
    pieces = [written] if isinstance(written, str) else written
    return b"".join(bytes.fromhex(piece) if isinstance(piece, str) else unmarked(piece) for piece in pieces)


def unmarked(value: Any) -> Any:
    """The value that is written in JSON with marks for what JSON lacks."""
    match value:
        case list():
            return [unmarked(item) for item in value]
        case {"f": number}:
            return float(number)
        case {"b": digits}:
            return bytes.fromhex(digits)
        case {"count": [first, count, width]}:
            return b"".join(number.to_bytes(width, "little") for number in range(first, first + count))
        case {"m": entries}:
            return {key: unmarked(item) for key, item in entries}
        case dict():
            raise AssertionError(f"a mark that the README does not know: {value}")
        case _:
            return value


def marked(value: Any) -> Any:
    """The reverse, exact: 1 is not 1.0, 0.0 is not -0.0, true is not 1; a struct is the array as which it travels."""
    match value:
        case Action():
            return [action_name(type(value)), *_fields(value)]
        case Message():
            return [value.__struct_config__.tag, *_fields(value)]
        case list() | tuple():
            return [marked(item) for item in value]
        case dict():
            return {"m": [[key, marked(item)] for key, item in value.items()]}
        case float():
            return {"f": repr(value)}
        case bytes():
            return {"b": value.hex()}
        case bool():
            return f"bool {value}"
        case _:
            return value


def _fields(struct: Action | Message) -> list[Any]:
    return [marked(getattr(struct, field)) for field in struct.__struct_fields__]


def message(value: list[Any]) -> Message:
    """The value as the record that the code has for it; an action stays a list."""
    return BY_NUMBER[value[0]](*value[1:])


def table_after(heading: str, columns: str) -> list[list[str]]:
    """The rows of the first table in SPEC.md with these columns behind a heading."""
    _, found, text = SPEC.partition(f"\n{heading}\n")
    assert found, f"SPEC.md has no heading {heading!r}"
    section = re.split(r"\n#{2,3} ", text)[0]
    _, found, text = section.partition(f"\n{columns}\n|---")
    assert found, f"SPEC.md has no table {columns!r} under {heading!r}"
    lines = text.split("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
