"""Read a TOML file table by table: each key is taken once with its type and bounds, what nobody took is unknown.

Problems are collected, not raised, so that one reading names them all. Knows no key by name.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

__all__ = ["PlanError", "Problems", "Table", "parse", "read_text"]

FILE_BYTES_MAX = 1_048_576
SHOWN_CHARACTERS_MAX = 80


class PlanError(Exception):
    """The plan cannot be used. Carries all that is wrong with it, each with file, key and what would be right."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class Problems:
    """Collects what is wrong with one file."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.found: list[str] = []

    def add(self, place: str, problem: str, hint: str = "") -> None:
        """`place` is a key or a table of the file; empty means the file as a whole."""
        where = f"{self.label} {place}" if place else self.label
        self.found.append(f"{where}: {problem}" + (f"; {hint}" if hint else ""))

    def raise_found(self) -> None:
        """Raise PlanError if there is anything."""
        if self.found:
            raise PlanError(self.found)


def read_text(path: Path) -> str:
    """The text of a file. Raises PlanError."""
    label = _printable(str(path), 4096)
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
        if len(content) > FILE_BYTES_MAX:  # a device or a pipe that never ends does not fill the memory
            raise PlanError([f"{label}: is longer than {FILE_BYTES_MAX} bytes"])
        return content.decode()
    except UnicodeDecodeError:
        problem = "invalid TOML: not UTF-8 text"
    except FileNotFoundError:
        problem = "there is no such file"
    except IsADirectoryError:
        problem = "is a directory, expected a TOML file"
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    raise PlanError([f"{label}: {problem}"])


def parse(text: str, label: str) -> dict[str, object]:
    """The content of a TOML file. Raises PlanError."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:
        problem = _printable(str(error), 300)
    raise PlanError([f"{label}: invalid TOML: {problem}"])


class Table:
    """One table. What a key should be and is not becomes a problem, and its least value or default goes on."""

    def __init__(self, content: Mapping[str, object], place: str, problems: Problems) -> None:
        self._content = content
        self._place = place
        self._problems = problems
        self._taken: list[str] = []
        self.refused = False
        """Something in it was wrong, so what else seems wrong may be a consequence."""

    def __contains__(self, key: str) -> bool:
        return key in self._content

    @property
    def keys(self) -> list[str]:
        """As they stand in the file."""
        return list(self._content)

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number within bounds. Without a default it must be there."""
        value = self._take(key, f"a whole number from {low:,} to {high:,}", default)
        if value is None:
            return low
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.refuse(key, f"expected a whole number from {low:,} to {high:,}, got {_quoted(value)}")
            return low
        return value

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """A number within bounds, with or without a point."""
        value = self._take(key, f"a number from {low:g} to {high:g}", default)
        if value is None:
            return low
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            self.refuse(key, f"expected a number from {low:g} to {high:g}, got {_quoted(value)}")
            return low
        return float(value)

    def text(self, key: str, pattern: str, meaning: str, default: str | None = None) -> str:
        """A text that matches as a whole; `meaning` says in words what that is."""
        value = self._take(key, meaning, default)
        if value is None or value == default:
            return default or ""
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            self.refuse(key, f"expected {meaning}, got {_quoted(value)}")
            return ""
        return value

    def table(self, key: str) -> Table:
        """A table inside; an empty one if it is not there."""
        place = f"[{key}]" if not self._place else f"{self._place} {key}"
        value = self._take(key, "a table", {})
        if not isinstance(value, dict):
            self.refuse(key, f"expected a table, got {_quoted(value)}")
            value = {}
        return Table(cast("dict[str, object]", value), place, self._problems)

    def tables(self, key: str) -> list[Table]:
        """The tables `[[key]]`, in order."""
        value = self._take(key, "tables", ())
        shown = _quoted(value)
        found = cast("list[object]", value) if isinstance(value, list) else []
        if value != () and not (found and all(isinstance(item, dict) for item in found)):
            self.refuse(key, f"expected tables, each below a line [[{key}]], got {shown}")
            return []
        return [
            Table(cast("dict[str, object]", item), f"[[{key}]] {number}", self._problems)
            for number, item in enumerate(found, start=1)
        ]

    def rest(self) -> dict[str, object]:
        """Every key that nobody has taken so far: for somebody else to check."""
        found = {key: value for key, value in self._content.items() if key not in self._taken}
        self._taken += found
        return found

    def refuse(self, key: str, problem: str, hint: str = "") -> None:
        """Say what is wrong with a key, or with the table as a whole if the key is empty."""
        self.refused = True
        place = " ".join(part for part in (self._place, _printable(key)) if part)
        self._problems.add(place, problem, hint)

    def close(self, also: Sequence[str] = ()) -> None:
        """Refuse what nobody has taken; `also` are keys that might have been."""
        known = list(dict.fromkeys([*self._taken, *also]))
        for key in self._content:
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"
                self.refuse(key, "there is no such key", hint)

    def _take(self, key: str, meaning: str, default: object) -> object:
        self._taken.append(key)
        value = self._content.get(key, default)
        if value is None:
            self.refuse(key, f"is missing, expected {meaning}")
        return value


def _quoted(value: object) -> str:
    """A value as TOML writes it, shortened; of tables, arrays and dates the kind."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value[:SHOWN_CHARACTERS_MAX], ensure_ascii=False)
        case int() if value.bit_length() > 256:  # Python refuses to print really long ones
            return f"an integer of {value.bit_length()} bits"
        case int() | float():
            return repr(value)
        case _:
            kind = type(value).__name__
            return {"dict": "a table", "list": "an array"}.get(kind, f"a {kind}")


def _printable(text: str, characters_max: int = SHOWN_CHARACTERS_MAX) -> str:
    """A text that fits on a line."""
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text[:characters_max])
