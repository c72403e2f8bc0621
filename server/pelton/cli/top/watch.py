"""Looks at a server again and again, until told to stop: asks, compares with the look before, shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from pelton.cli.top.rates import View, view
from pelton.cli.top.snapshot import BadStats, Snapshot, read
from pelton.loadtest.ask import AdminError

__all__ = ["Gone", "Screen", "Watcher"]

PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Answers of an admin port that may be others a moment later."""


class Gone(Exception):
    """Asking again will not help; says why."""


class Screen(Protocol):
    """Where views are shown."""

    def show(self, seen: View, note: str) -> None:
        """How it is now; `note` says if that is not now but as it was."""
        ...

    def missing(self, note: str) -> None:
        """Nothing was seen yet."""
        ...


class Watcher:
    """One server. `question` asks it, `pause` waits from one look to the next."""

    def __init__(
        self, question: Callable[[], Awaitable[object]], pause: Callable[[], Awaitable[None]], sort: str
    ) -> None:
        self._question = question
        self._pause = pause
        self._sort = sort
        self._before: Snapshot | None = None
        self._seen: View | None = None

    async def once(self) -> View:
        """Two looks, as most of what there is to see happens in between. AdminError or Gone if that fails."""
        await self._look()
        await self._pause()
        return await self._look()

    async def watch(self, screen: Screen) -> None:
        """Show each look, until cancelled. A server that is not there is waited for; Gone if that is no use."""
        while True:
            try:
                screen.show(await self._look(), "")
            except AdminError as error:
                self._tell(screen, f"{error}; trying again")
            await self._pause()

    def _tell(self, screen: Screen, note: str) -> None:
        if self._seen is None:
            screen.missing(note)
        else:
            screen.show(self._seen, note)

    async def _look(self) -> View:
        try:
            now = read(await self._question())
        except AdminError as error:
            if error.status is None or error.status in PASSING:
                raise
            raise Gone(_advice(error)) from error
        except BadStats as error:
            raise Gone(str(error)) from error
        self._seen = view(self._before, now, self._sort)
        self._before = now
        return self._seen


def _advice(error: AdminError) -> str:
    match error.status:
        case 401:
            return f"{error}: it wants a token, as --token or in PELTON_ADMIN__TOKEN, and this is not the right one"
        case 404:
            return f"{error}: there is no admin port of Pelton; its address is in the server's log"
        case _:
            return str(error)
