"""A server on real sockets whose time stands still: the beat turns, but its clock moves by hand."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from random import Random
from types import TracebackType

from pelton.server import Room
from pelton.server.beat import Beat
from pelton.server.clock import ManualClock
from pelton.server.metrics import Metrics
from pelton.server.receive.decoders import Decoders
from pelton.server.receive.listener import Listener, listen
from pelton.server.simulate.lobby import Lobby
from tests.server.fakes import settings
from tests.server.games import GAMES

TRANSPORTS = ["swept", "asyncio"]


class Wheel:
    """The parts of `app.Server`, each to be reached. `async with Wheel(...)` starts and ends it."""

    def __init__(self, *overrides: str, games: Mapping[str, type[Room]] = GAMES) -> None:
        self.config = settings("receive.intake_interval_ms=1", *overrides)
        self.clock = ManualClock()
        self.metrics = Metrics()
        self.lobby = Lobby(games, self.config.simulate, Random(1))
        self.listener = Listener(self.config, self.lobby, self.clock, self.metrics, Decoders(games), "wheel")
        self.beat = Beat(self.config, self.clock, self.listener, self.lobby, self.metrics)
        self.sock = listen("127.0.0.1", 0, self.config)
        self.port: int = self.sock.getsockname()[1]
        self._stopped = self._ended = False

    async def __aenter__(self) -> Wheel:
        await self.start(self.sock)
        return self

    async def start(self, sock: socket.socket) -> None:
        await self.listener.start(sock)
        self.beat.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        for _ in range(3):
            await asyncio.sleep(0)  # transports learn of their end from the loop

    def stop(self) -> None:
        """Accept nobody more."""
        if not self._stopped:
            self._stopped = True
            self.listener.stop()

    def end(self) -> None:
        """Everything at once and without a word."""
        self.stop()
        if not self._ended:
            self._ended = True
            self.beat.stop()
            self.listener.end()

    async def turned(self, rounds: int = 1) -> None:
        """Wait for the end of whole rounds of the beat."""
        for _ in range(rounds):
            turned = asyncio.Event()
            self.beat.on_beat = turned.set
            await turned.wait()

    async def pass_time(self, seconds: float) -> None:
        """Move the clock and let the beat see it."""
        self.clock.advance(seconds)
        await self.turned()

    async def run_for(self, seconds: float) -> None:
        """Let so much time pass for a server that does not stand still."""
        while seconds > 0:
            await self.pass_time(min(seconds, 0.5))
            seconds -= 0.5

    async def ticks(self, count: int = 1) -> None:
        """So many twentieths of a second, one at a time."""
        for _ in range(count):
            await self.pass_time(0.05)
