"""Where a view goes: a picture that stays in its place on a terminal, lines one below the other anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.live import Live

from pelton.cli.top.line import line
from pelton.cli.top.picture import picture, rooms_fitting, waiting
from pelton.cli.top.rates import View
from pelton.cli.top.watch import Screen

__all__ = ["opened", "printed"]

ROOMS_PRINTED = 20


class _Terminal:
    """The last picture is left on the screen."""

    def __init__(self, live: Live, url: str, rows: int | None) -> None:
        self._live = live
        self._url = url
        self._rows = rows

    def show(self, seen: View, note: str) -> None:
        rows = self._rows or rooms_fitting(seen, note, self._live.console.height)
        self._live.update(picture(seen, self._url, rows, note), refresh=True)

    def missing(self, note: str) -> None:
        self._live.update(waiting(self._url, note), refresh=True)


class _Lines:
    """What is wrong goes to standard error, and is said when it changes."""

    def __init__(self, out: TextIO, problems: TextIO) -> None:
        self._out, self._problems = out, problems
        self._note = ""

    def show(self, seen: View, note: str) -> None:
        if note:
            self.missing(note)
            return
        self._note = ""
        if seen.rates is None and not seen.restarted:
            return  # the first look: there is little to say before the second
        self._out.write(line(seen) + "\n")
        self._out.flush()

    def missing(self, note: str) -> None:
        if note != self._note:
            self._note = note
            self._problems.write(f"pelton top: {note}\n")
            self._problems.flush()


@contextmanager
def opened(url: str, rows: int | None) -> Generator[Screen]:
    """A screen for as long as the block runs, on standard output."""
    if not sys.stdout.isatty():
        yield _Lines(sys.stdout, sys.stderr)
        return
    # No refresh thread: what is shown changes when somebody looked, and then at once.
    with Live(console=Console(), auto_refresh=False, vertical_overflow="crop") as live:
        yield _Terminal(live, url, rows)


def printed(seen: View, url: str, rows: int | None) -> None:
    """One picture on standard output, in full."""
    console = Console()
    console.print(picture(seen, url, rows or ROOMS_PRINTED))
