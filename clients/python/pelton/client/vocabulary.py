"""Which actions a room has, and an action's fields in the order of the wire."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pelton.client.errors import BadAction

__all__ = ["guess", "wire_values"]


def wire_values(game: str, actions: Mapping[str, Sequence[str]], name: str, fields: Mapping[str, Any]) -> list[Any]:
    """The fields in the order of the wire; the last ones may be left out if the game has defaults for them.

    BadAction if the room has no such action, or the action no such field.
    """
    if name not in actions:
        raise BadAction(f"{game} has no action {name!r}{guess(name, actions)}")
    order = actions[name]
    if tuple(fields) == order:
        return list(fields.values())
    for field in fields:
        if field not in order:
            raise BadAction(f"the action {name!r} has no field {field!r}{guess(field, order)}")
    values = [fields[field] for field in order[: len(fields)] if field in fields]
    if len(values) != len(fields):
        missing = next(field for field in order if field not in fields)
        raise BadAction(f"the action {name!r} needs the field {missing!r}")
    return values


def guess(word: str, known: Iterable[str]) -> str:
    """What was probably meant, to be put behind a complaint."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1)
    return f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(words) or 'none'})"
