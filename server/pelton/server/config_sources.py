"""Where settings are written (TOML files, environment, command line) and how errors name them.

Whatever is in a file or a variable, reading it gives settings and problems, never an exception.
Knows no setting by name: whether one exists and what it may be is not judged here.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

__all__ = [
    "ENVIRONMENT_PREFIX",
    "ConfigError",
    "Problem",
    "Setting",
    "Source",
    "printable",
    "quoted",
    "read_environment",
    "read_file",
    "read_overrides",
]

ENVIRONMENT_PREFIX = "PELTON_"
# A device or a pipe that never ends is refused instead of filling the memory.
FILE_BYTES_MAX = 1_048_576
SHOWN_CHARACTERS_MAX = 80
PATH_CHARACTERS_MAX = 4096
SHOWN_BITS_MAX = 256
QUOTE_AND_BACKSLASH = '"\\'


@dataclass(frozen=True, slots=True)
class Source:
    """A place where settings come from."""

    origin: str
    """Its name in `config show`."""
    label: str
    """Its name in errors."""
    names_key: bool
    """Whether the label already says section and key."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value as found. Without a key it is what stands where a section should, or an empty one."""

    source: Source
    section: str
    key: str | None
    value: object
    is_text: bool
    """Whether only the text is known: the type is that of the key."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `str` makes one line of it."""

    source: Source
    section: str | None
    key: str | None
    problem: str
    suggestion: str = ""

    def __str__(self) -> str:
        place = self.source.label
        if not self.source.names_key:
            place += f" [{printable(self.section)}]" if self.section is not None else ""
            place += f" {printable(self.key)}" if self.key is not None else ""
        return f"{place}: {self.problem}" + (f"; {self.suggestion}" if self.suggestion else "")


class ConfigError(Exception):
    """The configuration cannot be used. Carries all that is wrong with it, one line each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def read_file(path: Path, origin: str | None = None) -> Iterator[Setting | Problem]:
    """Settings of a TOML file of sections; `origin` is "file <path>" unless given."""
    label = printable(str(path), PATH_CHARACTERS_MAX)
    source = Source(origin or f"file {label}", label, names_key=False)
    text = _text(path, source)
    if isinstance(text, Problem):
        yield text
        return
    try:
        document: dict[str, object] = tomllib.loads(text)
    except RecursionError:
        yield Problem(source, None, None, "invalid TOML: nested too deeply")
    except ValueError as error:  # TOMLDecodeError, and an integer of too many digits
        yield Problem(source, None, None, f"invalid TOML: {printable(str(error), 300)}")
    else:
        for section, content in document.items():
            yield from _section(source, section, content)


def _text(path: Path, source: Source) -> str | Problem:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return Problem(source, None, None, "there is no such file")
    except IsADirectoryError:
        return Problem(source, None, None, "is a directory, expected a TOML file")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else None
        return Problem(source, None, None, f"cannot be read: {printable(reason or str(error))}")
    if len(content) > FILE_BYTES_MAX:
        return Problem(source, None, None, f"is longer than {FILE_BYTES_MAX} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Problem(source, None, None, f"invalid TOML: not UTF-8 text (at line {line})")


def _section(source: Source, section: str, content: object) -> Iterator[Setting]:
    table = _table(content)
    for key, value in table.items():
        yield Setting(source, section, key, value, is_text=False)
    if not table:
        yield Setting(source, section, None, content, is_text=False)


def _table(content: object) -> dict[str, object]:
    return cast("dict[str, object]", content) if isinstance(content, dict) else {}


def read_environment(environ: Mapping[str, str]) -> Iterator[Setting | Problem]:
    """Settings of all variables `PELTON_SECTION__KEY`.

    Others are left alone, even `PELTON_SERVER_PORT`: Kubernetes makes that one up by itself for a
    service `pelton-server`.
    """
    for name, text in environ.items():
        if not name.startswith(ENVIRONMENT_PREFIX) or "__" not in name:
            continue
        label = f"environment {printable(name)}"
        source = Source(label, label, names_key=True)
        section, _, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        if name != name.upper():
            hint = f"did you mean {printable(name.upper())}?"
            yield Problem(source, section, key, "is not in capitals", hint)
        else:
            yield Setting(source, section, key, text, is_text=True)


def read_overrides(overrides: Sequence[str]) -> Iterator[Setting | Problem]:
    """Settings of `--set section.key=value` options, in their order."""
    for text in overrides:
        name, equals, value = text.partition("=")
        section, dot, key = name.partition(".")
        source = Source(f"--set {printable(name)}", f"--set {printable(text)}", names_key=True)
        missing = [sign for sign, found in (('"="', equals), ('"."', dot)) if not found]
        if missing:
            problem = f"expected section.key=value, there is no {' and no '.join(missing)}"
            yield Problem(source, section, key or None, problem)
        else:
            yield Setting(source, section, key, value, is_text=True)


def quoted(value: object) -> str:
    """A value as TOML writes it, on one line, shortened; of tables, arrays and dates the kind."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{printable(value, escaped=QUOTE_AND_BACKSLASH)}"'
        case int() if value.bit_length() > SHOWN_BITS_MAX:  # Python refuses to print really long ones
            return f"an integer of {value.bit_length()} bits"
        case int() | float():
            return repr(value)
        case _:
            kinds = {"dict": "a table", "list": "an array"}
            kind = type(value).__name__
            return kinds.get(kind, f"a {kind}")


def printable(text: str, characters_max: int = SHOWN_CHARACTERS_MAX, escaped: str = "") -> str:
    """A text that fits on a line: shortened, and what is invisible or in `escaped` is escaped."""
    head = text[:characters_max]
    shown = [char if char.isprintable() and char not in escaped else json.dumps(char)[1:-1] for char in head]
    return "".join(shown) + ("..." if len(text) > len(head) else "")
