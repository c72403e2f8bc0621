"""An exception as lines of text: where it came from is ours to tell in full, what it says may be a client's words.

`traceback` prints an exception's message as it is, with its line ends: a player's name in it could forge lines.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import cast

from pelton.server.logs.text import clean

__all__ = ["LINES_MAX", "trace"]

FRAMES_MAX = 24
"""Of each exception, those nearest to where it was raised."""
CHAIN_MAX = 6
"""Exceptions told, with causes and members of groups."""
LINES_MAX = 250
CAUSED = "The above exception was the direct cause of the following exception:"
MEANWHILE = "During handling of the above exception, another exception occurred:"


def trace(error: BaseException) -> list[str]:
    """The lines of a traceback, oldest cause first; bounded in number and in length, none with a line end."""
    budget = [CHAIN_MAX]
    lines = [clean(line) for line in _told(error, budget)]
    return lines if len(lines) <= LINES_MAX else [*lines[: LINES_MAX - 1], "... and more"]


def _told(error: BaseException, budget: list[int]) -> Iterator[str]:
    budget[0] -= 1
    if budget[0] > 0:
        before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if before is not None:
            yield from _told(before, budget)
            yield CAUSED if error.__cause__ is not None else MEANWHILE
    yield from _frames(error.__traceback__)
    yield f"{_name(type(error))}: {said}" if (said := _said(error)) else _name(type(error))
    for note in list(getattr(error, "__notes__", ()))[:4]:
        yield _said(note)
    if isinstance(error, BaseExceptionGroup):
        yield from _members(cast("BaseExceptionGroup[BaseException]", error), budget)


def _members(group: BaseExceptionGroup[BaseException], budget: list[int]) -> Iterator[str]:
    told = 0
    for number, member in enumerate(group.exceptions, 1):
        if budget[0] <= 0:
            break
        told += 1
        yield f"  of {len(group.exceptions)}, number {number}:"
        for line in _told(member, budget):
            yield f"  | {line}"
    if told < len(group.exceptions):
        yield f"  and {len(group.exceptions) - told} more"


def _frames(where: TracebackType | None) -> Iterator[str]:
    if where is None:
        return
    yield "Traceback (most recent call last):"
    for block in traceback.extract_tb(where, limit=-FRAMES_MAX).format():
        yield from block.rstrip("\n").split("\n")


def _name(kind: type[BaseException]) -> str:
    return (
        kind.__qualname__ if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}.{kind.__qualname__}"
    )


def _said(told: object) -> str:
    """The text of an error or of its note, as it is: whole lines are cleaned and cut."""
    try:
        return str(told)
    except Exception as worse:  # noqa: BLE001 - an error that cannot even be printed is still told
        return f"<its text cannot be had: {type(worse).__name__}>"
