"""The query of an admin request, checked: numbers within bounds, nothing that is not asked for."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

__all__ = ["BadQuery", "Query"]

FIELDS_MAX = 16
NUMBER_MAX = 2**53


class BadQuery(ValueError):
    """It cannot be answered; says what would be right, with the HTTP status."""

    def __init__(self, text: str, status: int = 400) -> None:
        self.status = status
        super().__init__(text)


class Query:
    """Of one request."""

    def __init__(self, text: str) -> None:
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)
        except ValueError:
            raise BadQuery(f"more than {FIELDS_MAX} parameters") from None
        self._values: Mapping[str, str] = dict(pairs)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def only(self, *known: str) -> Query:
        """BadQuery if there is any other key."""
        for key in self._values:
            if key not in known:
                hint = f"only {', '.join(known)}" if known else "none"
                raise BadQuery(f"unknown parameter {key!r:.40}; {hint} can be given here")
        return self

    def text(self, key: str) -> str:
        """A value that has to be there."""
        if key not in self._values:
            raise BadQuery(f"the parameter {key} is missing")
        return self._values[key]

    def number(self, key: str, default: int | None = None, most: int = NUMBER_MAX) -> int:
        """A whole number from 0; the default if it is not there, and no default if it has to be."""
        if default is not None and key not in self._values:
            return default
        text = self.text(key)
        if not (text.isascii() and text.isdecimal() and len(text) <= 16 and int(text) <= most):
            raise BadQuery(f"{key}: expected a whole number from 0 to {most}, got {text!r:.40}")
        return int(text)
