"""A log record read once, into plain and bounded values: nothing of it is needed any more when it is written.

Arguments may be a client's words, so each is cleaned and cut before it goes into the message; the template is ours.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Number
from typing import TypeAlias, cast

from pelton.server.logs.text import clean
from pelton.server.logs.trace import trace

__all__ = ["Entry", "Value", "entry_of"]

Value: TypeAlias = "bool | int | float | str | list[Value] | None"

MESSAGE_BYTES_MAX = 2048
FIELDS_MAX = 24
ITEMS_MAX = 32
NAME_BYTES_MAX = 64
OWN_KEYS = frozenset({"time", "level", "logger", "message", "exception"})
_OF_EVERY_RECORD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    created_s: float
    """Since 1970, UTC."""
    level: str
    logger: str
    message: str
    fields: Mapping[str, Value]
    """What the call gave with `extra`."""
    trace: tuple[str, ...] = ()
    """Lines of the traceback, if there was an exception."""


def entry_of(record: logging.LogRecord) -> Entry:
    """Read a record. Never raises, whatever its arguments do when they are asked for their text."""
    error = record.exc_info[1] if record.exc_info else None
    lines = [] if error is None else trace(error)
    if record.stack_info:
        lines += [clean(line) for line in record.stack_info.split("\n")[-40:]]
    return Entry(
        created_s=record.created,
        level=record.levelname.lower(),
        logger=clean(record.name),
        message=_message(record),
        fields=_fields(record),
        trace=tuple(lines),
    )


def _message(record: logging.LogRecord) -> str:
    template = record.msg if isinstance(record.msg, str) else str(_Shown(record.msg))
    if record.args:
        try:
            template %= _arguments(record.args)
        except Exception as error:  # noqa: BLE001 - a log call that is wrong loses its arguments, not its line
            template += f" (its arguments do not fit: {type(error).__name__})"
    return clean(template, MESSAGE_BYTES_MAX)


def _arguments(args: tuple[object, ...] | Mapping[str, object]) -> tuple[object, ...] | dict[str, object]:
    if isinstance(args, Mapping):
        return {name: _argument(value) for name, value in args.items()}
    return tuple(_argument(value) for value in args)


def _argument(value: object) -> object:
    return value if isinstance(value, Number) else _Shown(value)


class _Shown:
    """Anything but a number: its text is made only if the template asks for it, and then cleaned and cut."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def __str__(self) -> str:
        try:
            return clean(str(self._value))
        except Exception as error:  # noqa: BLE001 - whose text cannot be had is told by its type
            return self._nameless(error)

    def __repr__(self) -> str:
        try:
            return clean(repr(self._value))
        except Exception as error:  # noqa: BLE001 - the same
            return self._nameless(error)

    def _nameless(self, error: Exception) -> str:
        return f"<{type(self._value).__name__}, whose text cannot be had: {type(error).__name__}>"


def _fields(record: logging.LogRecord) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    for name, value in vars(record).items():
        if name not in _OF_EVERY_RECORD and len(fields) < FIELDS_MAX:
            key = clean(name, NAME_BYTES_MAX)
            fields[f"{key}_" if key in OWN_KEYS else key] = _value(value)
    return fields


def _value(value: object, depth: int = 0) -> Value:
    match value:
        case None | bool():
            return value
        case int() if -(2**63) <= value < 2**63:
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case list() | tuple() if depth == 0:
            every = cast("list[object] | tuple[object, ...]", value)
            items: list[Value] = [_value(item, 1) for item in every[:ITEMS_MAX]]
            return items if len(every) <= ITEMS_MAX else [*items, f"and {len(every) - ITEMS_MAX} more"]
        case _:
            return str(_Shown(value))
