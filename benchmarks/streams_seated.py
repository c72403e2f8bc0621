"""All of the server's receive path under a flood: a player with a seat in a room that ticks."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Iterable
from random import Random

from benchmarks.streams_flooder import MASK
from benchmarks.streams_receivers import CONFIG, Receiver
from pelton.protocol import Act, Hello, Join
from pelton.protocol.messages import HOW_JOIN_OR_CREATE
from pelton.protocol.typed import encode
from pelton.server import Action, Player, Room, Tick
from pelton.server.auth.anonymous import AnonymousAuthenticator
from pelton.server.clock import ManualClock
from pelton.server.metrics import Metrics
from pelton.server.receive.allowance import Allowance, Allowances
from pelton.server.receive.connection import Connection, Surroundings
from pelton.server.receive.decoders import Decoders
from pelton.server.receive.greeting import Greetings
from pelton.server.receive.tokens import Tokens
from pelton.server.simulate.lobby import Lobby
from pelton.wire import Endpoint, TransportChannel
from pelton.wire.frames import masked_frame

__all__ = ["Seated", "SeatedOnTransport"]


class Go(Action, tag="g"):
    """The smallest action there can be."""


class Busy(Room):
    """Takes what comes."""

    tick_hz = 20
    actions = Go

    def on_tick(self, tick: Tick, actions: Iterable[tuple[Player, Go]]) -> None:
        """Take all."""
        for _ in actions:
            """Nothing is to be done."""


class Seated(Receiver):
    """A player in a room."""

    name = "Pelton, swept sockets"
    greeting = encode(Hello("flood")), encode(Join(HOW_JOIN_OR_CREATE, "busy", {}))

    def endpoint(self) -> Endpoint:
        games = {"busy": Busy}
        self.lobby = Lobby(games, CONFIG.simulate, Random(1))
        around = Surroundings(
            CONFIG.receive,
            self.lobby,
            ManualClock(),
            Metrics(),
            Decoders(games),
            Tokens(secrets.token_bytes),
            Greetings(AnonymousAuthenticator(), CONFIG.auth, Metrics(), time.time),
            "bench",
            CONFIG.deliver.resyncs_max,
            lambda: False,
            lambda _: None,
        )
        self.connection = Connection(around, "flood")
        return self.connection

    def frames(self, count: int) -> list[bytes]:
        go = Go()
        return [masked_frame(encode(Act(seq, go)), MASK) for seq in range(1, count + 1)]

    async def attach(self, sock: socket.socket) -> None:
        self._bind()
        await super().attach(sock)

    def _bind(self) -> None:
        """Without a meter: it is to be seen how much gets through, not how soon it is stopped."""
        allowance = Allowance(Allowances(CONFIG.receive, Metrics(), 0))
        allowance.websocket = self.websocket
        self.connection.bind(self.websocket, allowance)

    @property
    def ready(self) -> bool:
        return any(opened.ticker.seats for opened in self.lobby)

    def tick(self) -> None:
        for opened in self.lobby:
            for seat in opened.ticker.step().joined:
                self.inbox = seat.inbox
                self.connection.joined(seat, opened.ticker.card(seat), [], 0)


class SeatedOnTransport(Seated):
    """The same on a transport of the event loop."""

    name = "Pelton, asyncio transports"

    async def attach(self, sock: socket.socket) -> None:
        self._bind()
        self.channel = TransportChannel(self.websocket, self.sweep.view)
        await asyncio.get_running_loop().create_connection(lambda: self.channel, sock=sock)

    async def look(self) -> None:
        await asyncio.sleep(0)

    async def end(self) -> None:
        await super().end()
        await self.channel.ended.wait()
