"""What is fuzzed, as the driver sees it."""

from __future__ import annotations

import logging
from random import Random
from typing import Protocol

__all__ = ["Errors", "Target"]


class Target(Protocol):
    """Takes inputs one after the other; an input is bytes in pieces.

    `run` answers what became of it, a word that the target documents. Whatever it raises is a finding.
    """

    name: str

    def draw(self, random: Random) -> list[bytes]:
        """One input."""
        ...

    def run(self, pieces: list[bytes]) -> str:
        """Give it to the code."""
        ...


class Errors(logging.Handler):
    """What was logged as an error while a target ran: a finding as well, though nothing was raised."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it; the driver asks after each input."""
        trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
        self.texts.append(f"{record.getMessage()}\n{trace}".strip())
