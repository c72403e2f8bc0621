"""A server without sockets and event loop: real rooms, lobby, connections and beat, driven by plain calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import TypeVar, cast

from pelton.protocol import Hello, Join, Rejected
from pelton.protocol.messages import ServerMessage
from pelton.protocol.plain import decode_server
from pelton.protocol.schema import Message
from pelton.protocol.typed import encode
from pelton.server import Room
from pelton.server.auth.anonymous import AnonymousAuthenticator
from pelton.server.auth.identity import Authenticator
from pelton.server.beat import Beat
from pelton.server.clock import ManualClock
from pelton.server.metrics import Metrics
from pelton.server.receive.allowance import Allowance, Allowances
from pelton.server.receive.connection import Connection, Surroundings
from pelton.server.receive.decoders import Decoders
from pelton.server.receive.greeting import Greetings
from pelton.server.receive.listener import Listener
from pelton.server.receive.tokens import Tokens
from pelton.server.simulate.admission import Admission
from pelton.server.simulate.lobby import Lobby, OpenRoom
from pelton.wire import Page, Phase, WebSocket
from tests.server.fakes import any_room, settings
from tests.server.games import GAMES

M = TypeVar("M", bound=Message)

TICK_S = 0.05


class FakeWebSocket:
    """An open WebSocket that keeps what it is given. `reads` is whether the peer takes frames."""

    def __init__(self) -> None:
        self.phase = Phase.OPEN
        self.reads = True
        self.heard: list[ServerMessage] = []
        self.closings: list[tuple[int, str]] = []
        self.pages: list[Page] = []
        self._paused = False
        self.credit = 1
        self.heartbeats = 0
        self.peer = "127.0.0.1:50000"
        self.origin = ""
        self.endpoint: Connection

    def send(self, payload: bytes, body: bytes = b"") -> bool:
        return self.reads and self.push(payload + body)

    @property
    def busy(self) -> bool:
        return not self.reads

    def push(self, payload: bytes) -> bool:
        if self.phase is Phase.OPEN:
            self.heard.append(decode_server(payload))
        return self.phase is Phase.OPEN

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def is_paused(self) -> bool:
        return self._paused

    def close(self, code: int, reason: str) -> None:
        if self.phase is not Phase.CLOSED:
            self.closings.append((code, reason))
            self.end(code, reason)

    def refuse(self, page: Page) -> None:
        if self.phase is Phase.HANDSHAKE:
            self.pages.append(page)
            self.end(1006, "handshake refused")

    def end(self, code: int, reason: str) -> None:
        """The connection is over, whoever ended it."""
        self.phase = Phase.CLOSED
        self.endpoint.closed(code, reason)


class Visitor:
    """Somebody who is connected: what he says is received, what he hears is kept."""

    def __init__(self, around: Surroundings, session_id: str) -> None:
        self.websocket = FakeWebSocket()
        self.connection = Connection(around, session_id)
        self.allowance = Allowance(Allowances(around.config, around.metrics, 0))
        self.allowance.websocket = cast("WebSocket", self.websocket)
        self.connection.bind(self.allowance.websocket, self.allowance)
        self.websocket.endpoint = self.connection
        self.connection.opened()

    def say(self, *messages: Message) -> None:
        for message in messages:
            self.say_bytes(encode(message))

    def say_bytes(self, payload: bytes) -> None:
        """As the WebSocket does: nothing is received while it is paused or closed."""
        if self.websocket.phase is Phase.OPEN:
            self.connection.received(payload)

    def heard(self, kind: type[M]) -> list[M]:
        return [message for message in self.websocket.heard if isinstance(message, kind)]

    @property
    def close_codes(self) -> list[int]:
        return [code for code, _ in self.websocket.closings]


class NoSockets:
    """In the place of the listener: counts the looks."""

    def __init__(self) -> None:
        self.looks: list[int] = []
        self.on_look: Callable[[], None] | None = None
        self.on_connection: Callable[[], None] | None = None
        self.waiting = True

    def look(self, now_ns: int) -> None:
        self.looks.append(now_ns)
        if self.on_look is not None:
            self.on_look()


class Stage:
    """Everything between the sockets."""

    def __init__(
        self,
        *overrides: str,
        games: Mapping[str, type[Room]] = GAMES,
        authenticator: Authenticator | None = None,
    ) -> None:
        config = settings(*overrides)
        self.clock = ManualClock()
        self.metrics = Metrics()
        self.lobby = Lobby(
            games,
            config.simulate,
            Random(1),
            Admission(config.admission, Random(3), self.metrics),
            once_each=config.auth.connections_per_user == "newest",
        )
        self.wall_s = 1_800_000_000.0
        """The wall clock, by which tickets end."""
        judge = authenticator or AnonymousAuthenticator()
        self.greetings = Greetings(judge, config.auth, self.metrics, lambda: self.wall_s)
        self.listener = NoSockets()
        self.beat = Beat(config, self.clock, cast("Listener", self.listener), self.lobby, self.metrics)
        self.gone: list[Connection] = []
        self._around = Surroundings(
            config.receive,
            self.lobby,
            self.clock,
            self.metrics,
            Decoders(games),
            Tokens(Random(2).randbytes),
            self.greetings,
            "stage",
            config.deliver.resyncs_max,
            self._full,
            self.gone.append,
        )
        self._sessions = 0
        self.full = False
        """Whether who connects is one too many."""

    def _full(self) -> bool:
        return self.full

    def connect(self) -> Visitor:
        self._sessions += 1
        return Visitor(self._around, f"session-{self._sessions}")

    def player(self, game: str = "tally") -> Visitor:
        """A visitor with a seat."""
        visitor = self.connect()
        self.seat(visitor, any_room(game))
        return visitor

    def seat(self, visitor: Visitor, join: Join) -> None:
        visitor.say(Hello("test"), join)
        assert not visitor.heard(Rejected)
        self.tick()

    def tick(self, count: int = 1) -> None:
        """So many twentieths of a second, one at a time."""
        for _ in range(count):
            self.clock.advance(TICK_S)
            self.beat.turn(self.clock.now_ns())

    @property
    def rooms(self) -> list[OpenRoom]:
        return list(self.lobby)
