"""What a setting may be: bounds declared once, beside the field, and read from there by everybody.

Knows no setting by name and reads nothing from outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TypeAlias, get_args, get_type_hints

__all__ = [
    "Between",
    "Key",
    "OneOf",
    "Order",
    "Secret",
    "Section",
    "Shape",
    "Value",
    "closed_section",
    "open_section",
]

Value: TypeAlias = int | float | str
"""What a setting can hold. Nothing is ever a bool so far."""


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `low` to `high`, both included."""

    low: float
    high: float

    def admits(self, value: Value) -> bool:
        # Also refuses NaN, which compares false with everything.
        return not isinstance(value, str) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


class OneOf:
    """One of a few words."""

    __slots__ = ("words",)

    def __init__(self, *words: str) -> None:
        self.words = words

    def admits(self, value: Value) -> bool:
        return value in self.words

    def __str__(self) -> str:
        return f"one of {', '.join(self.words)}"


@dataclass(frozen=True, slots=True)
class Shape:
    """A text that matches `pattern` as a whole; `meaning` says in words what that is."""

    pattern: str
    meaning: str

    def admits(self, value: Value) -> bool:
        return isinstance(value, str) and re.fullmatch(self.pattern, value) is not None

    def __str__(self) -> str:
        return self.meaning


@dataclass(frozen=True, slots=True)
class Secret:
    """A text of `low` to `high` characters that is shown nowhere, or nothing."""

    low: int
    high: int

    def admits(self, value: Value) -> bool:
        return isinstance(value, str) and (value == "" or self.low <= len(value) <= self.high)

    def __str__(self) -> str:
        return f"{self.low} to {self.high} characters that nobody can guess, or nothing"


Bound: TypeAlias = Between | OneOf | Shape | Secret
Kind: TypeAlias = type[int] | type[float] | type[str]

# Numbers in the environment and on the command line are written as in TOML, decimal ones at least.
_DIGITS = r"[0-9](_?[0-9])*"
_WRITTEN: Mapping[Kind, re.Pattern[str]] = {
    int: re.compile(rf"[+-]?{_DIGITS}"),
    float: re.compile(rf"[+-]?{_DIGITS}(\.{_DIGITS})?([eE][+-]?{_DIGITS})?"),
}


@dataclass(frozen=True, slots=True)
class Key:
    """The type and the bound of one setting."""

    kind: Kind
    bound: Bound

    def accept(self, value: object) -> Value | None:
        """The value as the tree holds it, or None if it is refused. An int is good for a float."""
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            return None
        fits = isinstance(value, self.kind) or (self.kind is float and isinstance(value, int))
        # Bounds come first: a huge int is refused before float() could overflow on it.
        if not fits or not self.bound.admits(value):
            return None
        return float(value) if self.kind is float else value

    def parse(self, text: str) -> Value | None:
        """The same for a value that is only known as text."""
        if self.kind is str:
            return self.accept(text)
        if not _WRITTEN[self.kind].fullmatch(text):
            return None
        try:
            return self.accept(self.kind(text))
        except ValueError:  # more digits than Python is willing to convert
            return None

    @property
    def is_secret(self) -> bool:
        """Whether its value must not be shown."""
        return isinstance(self.bound, Secret)

    @property
    def expected(self) -> str:
        """What would be right, for errors."""
        if isinstance(self.bound, Between):
            noun = "an integer" if self.kind is int else "a number"
            return f"{noun} between {self.bound.low} and {self.bound.high}"
        return str(self.bound)


@dataclass(frozen=True, slots=True)
class Section:
    """The keys of one section. Either `keys` lists them, or the user names them and it is empty."""

    keys: Mapping[str, Key]
    names: Shape | None
    """What a name is that the user chooses."""
    named: Key | None
    """What it may hold."""

    def key(self, name: str) -> Key | None:
        """What `name` may hold, or None if there is no such key."""
        if self.names is not None:
            return self.named if self.names.admits(name) else None
        return self.keys.get(name)


@dataclass(frozen=True, slots=True)
class Order:
    """Two `section.key` that depend on each other: `lower` <= `upper`, or below it if `strict`."""

    lower: str
    upper: str
    strict: bool

    def holds(self, lower: Value, upper: Value) -> bool:
        if isinstance(lower, str) or isinstance(upper, str):
            raise TypeError(f"{self} compares texts")
        return lower < upper if self.strict else lower <= upper

    def __str__(self) -> str:
        return f"{self.lower} {'<' if self.strict else '<='} {self.upper}"


def closed_section(tree: type) -> Section:
    """Read the bounds of a dataclass whose fields are all `Annotated[type, bound]`."""
    hints = get_type_hints(tree, include_extras=True)
    return Section({field.name: _key(hints[field.name]) for field in fields(tree)}, None, None)


def open_section(hint: object) -> Section:
    """Read the bounds of a `Mapping[Annotated[str, Shape], Annotated[type, bound]]`."""
    name, value = get_args(hint)
    shape = get_args(name)[1]
    if not isinstance(shape, Shape):
        raise TypeError(f"{hint!r} does not say what a name looks like")
    return Section({}, shape, _key(value))


def _key(hint: object) -> Key:
    match get_args(hint):
        case (kind, (Between() | OneOf() | Shape() | Secret()) as bound) if kind in (int, float, str):
            return Key(kind, bound)
        case _:
            raise TypeError(f"{hint!r} is not a number or a text with one bound")
