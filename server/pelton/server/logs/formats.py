"""An entry as text, without the newline at its end: an object of JSON for machines, a line for people. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TypeAlias

from pelton.server.logs.entry import Entry

__all__ = ["Format", "coloured_text", "console_text", "json_line"]

Format: TypeAlias = Callable[[Entry], str]

DIM, RESET = "\x1b[2m", "\x1b[0m"
COLOURS: Mapping[str, str] = MappingProxyType(
    {"debug": "\x1b[2m", "info": "\x1b[32m", "warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[1;31m"}
)
INDENT = "    "
"""Before each line of a traceback: so none can be taken for a line of the log."""


def json_line(entry: Entry) -> str:
    """One object on one line; the traceback, if any, is one string with line ends."""
    line: dict[str, object] = {
        "time": _utc(entry.created_s),
        "level": entry.level,
        "logger": entry.logger,
        "message": entry.message,
        **entry.fields,
    }
    if entry.trace:
        line["exception"] = "\n".join(entry.trace)
    return json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def console_text(entry: Entry) -> str:
    """A line, and a line for each of the traceback. The fields are in the message already, in words."""
    line = f"{_local(entry.created_s)} {entry.level.upper():<7} {entry.logger}: {entry.message}"
    return "\n".join((line, *(INDENT + more for more in entry.trace)))


def coloured_text(entry: Entry) -> str:
    """The same for a terminal."""
    colour = COLOURS.get(entry.level, "")
    level = f"{colour}{entry.level.upper():<7}{RESET}"
    message = f"{colour}{entry.message}{RESET}" if entry.level in {"error", "critical"} else entry.message
    line = f"{DIM}{_local(entry.created_s)}{RESET} {level} {DIM}{entry.logger}:{RESET} {message}"
    return "\n".join((line, *(f"{INDENT}{DIM}{more}{RESET}" for more in entry.trace)))


def _utc(created_s: float) -> str:
    """As in RFC 3339, with milliseconds."""
    return datetime.fromtimestamp(created_s, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _local(created_s: float) -> str:
    return datetime.fromtimestamp(created_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
