"""Asks the server's admin port, when it is told to, what it took: CPU, memory, ticks. Never blocks the loop.

What is not understood counts as not told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pelton.loadtest.ask import AdminError, ask
from pelton.loadtest.seconds import ServerSecond

__all__ = ["TOKEN_VARIABLE", "AdminError", "Poller", "Reading", "fetch"]


UNAUTHORIZED = 401
TOKEN_VARIABLE = "PELTON_ADMIN__TOKEN"  # noqa: S105 - the name of a variable; the server reads the same one


@dataclass(frozen=True, slots=True)
class Reading:
    """The server's counters, since its start."""

    at_s: float
    cpu_ns: int
    rss_bytes: int
    ticks: int
    overruns: int

    def since(self, earlier: Reading) -> ServerSecond | None:
        """What happened between two; None if the server was started anew meanwhile, or no time has passed."""
        passed_s, ticks = self.at_s - earlier.at_s, self.ticks - earlier.ticks
        if passed_s <= 0 or self.cpu_ns < earlier.cpu_ns or ticks < 0:
            return None
        cpu = (self.cpu_ns - earlier.cpu_ns) / 1e9 / passed_s
        return ServerSecond(cpu, self.rss_bytes, ticks, self.overruns - earlier.overruns)


class Poller:
    """`ask`, and a little later `take` gives what is new. Without an address nothing is ever asked.

    `token` is the server's `admin.token`, empty if it has none.
    """

    def __init__(self, url: str, now_s: Callable[[], float], token: str = "") -> None:
        self.missing = "no answer from the admin port yet" if url else 'the plan names no admin port (admin = "...")'
        """Why nothing is known."""
        self._url = url
        self._token = token
        self._now_s = now_s
        self._before: Reading | None = None
        self._latest: Reading | None = None
        self._asked, self._answered = asyncio.Event(), asyncio.Event()

    def ask(self) -> None:
        """Ask now, unless the last question is still open."""
        self._answered.clear()
        self._asked.set()

    async def asked(self) -> None:
        """Wait until no question is open."""
        await self._answered.wait()

    async def run(self) -> None:
        """Ask whenever told to, until cancelled."""
        while self._url:
            await self._asked.wait()
            try:
                self._latest = await fetch(self._url, self._now_s, self._token)
                self._before = self._before or self._latest
            except AdminError as error:
                self.missing = str(error)
            self._asked.clear()
            self._answered.set()

    def take(self) -> ServerSecond | None:
        """What the server took between the last two answers, each told once; None if there is nothing new."""
        before, latest = self._before, self._latest
        if before is None or latest is None or latest is before:
            return None
        self._before = latest
        return latest.since(before)


async def fetch(url: str, now_s: Callable[[], float], token: str = "") -> Reading:
    """Ask once. Raises AdminError."""
    try:
        stats = await ask(url, "stats", token)
    except AdminError as error:
        if error.status != UNAUTHORIZED:
            raise
        raise AdminError(
            f"{url}/stats: {'another token' if token else 'a token'} is needed; set {TOKEN_VARIABLE}", error.status
        ) from None
    try:
        return _reading(stats, now_s())
    except (ValueError, LookupError, TypeError) as error:
        raise AdminError(f"{url}/stats is not what was expected: {error!r:.100}") from error


def _reading(stats: Any, at_s: float) -> Reading:
    tick = stats["tick"]
    return Reading(at_s, int(stats["cpu_ns"]), int(stats["rss_bytes"]), int(tick["count"]), int(tick["overruns"]))
