"""The listening socket: takes connections in, up to a number, and gives each a time to introduce itself."""

from __future__ import annotations

import asyncio
import errno
import logging
import secrets
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import cast

from pelton.protocol import SUBPROTOCOL, Draining
from pelton.protocol.close_codes import FULL
from pelton.server.auth.anonymous import AnonymousAuthenticator
from pelton.server.clock import NS_PER_S, Clock
from pelton.server.config import Config
from pelton.server.metrics import Metrics, Refusal
from pelton.server.receive.allowance import Allowance, Allowances
from pelton.server.receive.arena_page import arena_pages
from pelton.server.receive.connection import Connection, Surroundings
from pelton.server.receive.deadlines import NEVER_NS, Deadlines
from pelton.server.receive.decoders import Decoders
from pelton.server.receive.gate import Caller, Gate, too_many
from pelton.server.receive.greeting import Greetings
from pelton.server.receive.pages import pages
from pelton.server.receive.pulse import Pulse
from pelton.server.receive.round_trip import round_trip_us
from pelton.server.receive.sockets import configure
from pelton.server.receive.strangers import Strangers
from pelton.server.receive.tokens import Tokens
from pelton.server.receive.turned_away import ANSWERED_AT_ONCE_MAX, TurnedAway
from pelton.server.simulate.lobby import Lobby
from pelton.server.simulate.seat import Seat
from pelton.wire import Carried, ServerHandshake, Sweep, TlsChannel, TransportChannel, WebSocket

__all__ = ["Listener", "listen", "new_session_id"]

log = logging.getLogger(__name__)

BACKLOG = 1024
ACCEPTS_PER_TURN = 64
REFUSED_AT_ONCE_MAX = 256
"""So many connections over the limit still get an answer that says so; beyond, they are dropped."""
RETRY_ACCEPT_S = 0.1
COMPLAIN_EVERY_NS = NS_PER_S


def listen(host: str, port: int, config: Config) -> socket.socket:
    """A listening socket with the options that accepted ones inherit. OSError if the address cannot be had."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except UnicodeError as error:
        raise OSError(errno.EINVAL, "not a host name") from error
    sock = socket.socket(family, kind, proto)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        configure(sock, config)
        sock.setblocking(False)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def new_session_id() -> str:
    """An id that nobody can guess."""
    return secrets.token_urlsafe(9)


def _handshake(config: Config, lobby: Lobby, metrics: Metrics, clock: Clock) -> ServerHandshake:
    front = arena_pages() if config.server.page == "arena" else None
    return ServerHandshake(SUBPROTOCOL, config.receive.message_bytes_max, pages(lobby, metrics, clock, front))


class Listener:
    """Accepts on one socket and owns the connections from there on."""

    _draining: Callable[[], Draining] | None = None
    """Makes what is said to who comes now, once the server is going to stop."""

    def __init__(
        self,
        config: Config,
        lobby: Lobby,
        clock: Clock,
        metrics: Metrics,
        decoders: Decoders,
        name: str,
        session_ids: Callable[[], str] = new_session_id,
        token_bytes: Callable[[int], bytes] = secrets.token_bytes,
        greetings: Greetings | None = None,
        tls: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        self._config = config
        self._tls = tls
        self._clock = clock
        self._metrics = metrics
        self._lobby = lobby
        self.greetings = greetings or Greetings(AnonymousAuthenticator(), config.auth, metrics, time.time)
        """Who has said hello and is judged, and whose time will be over."""
        resyncs_max, hooks = config.deliver.resyncs_max, (self._full, self._gone, self._greeted)
        tokens = Tokens(token_bytes)
        self._around = Surroundings(
            config.receive, lobby, clock, metrics, decoders, tokens, self.greetings, name, resyncs_max, *hooks
        )
        self._gate = Gate(config.admission, clock, metrics, secure=tls is not None)
        self._handshake = _handshake(config, lobby, metrics, clock)
        self._complain_ns = 0
        """When it may be said again that there are no descriptors."""
        self._overdue: Deadlines[Connection] = Deadlines(config.receive.hello_timeout_s, lambda one: one.websocket.gone)
        self._lingering: Deadlines[WebSocket] = Deadlines(config.receive.close_timeout_s, lambda one: one.gone)
        # Before TLS there is no saying anything to a client.
        self._turned_away = TurnedAway(config.receive.close_timeout_s, b"" if tls else too_many().response())
        self._strangers: Strangers[Connection] = Strangers(config.admission.unauthenticated_max)
        self._connections: dict[Connection, None] = {}
        self._allowances = Allowances(config.receive, metrics, clock.now_ns())
        self.pulse = Pulse(config.receive, metrics)
        """Once a second: who is still there. Others may judge with it."""
        self._sweep = Sweep(config.receive.slice_bytes, metrics)
        self._budget_ns = config.receive.intake_budget_ms * 1_000_000
        self._over_ns = self._unread = 0
        self._view = memoryview(bytearray(config.receive.slice_bytes))
        self._session_ids = session_ids
        self._server: asyncio.Server | None = None
        self._sock: socket.socket | None = None
        self.on_connection: Callable[[], None] | None = None
        """Called when somebody has connected."""

    async def start(self, sock: socket.socket) -> None:
        """Begin to accept."""
        self._sock = sock
        loop = asyncio.get_running_loop()
        if self._config.server.transport == "asyncio":
            self._server = await loop.create_server(lambda: _Door(self), sock=sock, backlog=BACKLOG)
        else:
            loop.add_reader(sock.fileno(), self._accept, sock)

    def admit(self) -> WebSocket | None:
        """Take in a connection that somebody else brings, who attaches its WebSocket to a channel.

        It has no address to count by. None if there are far too many.
        """
        caller = Caller("unknown")
        return None if self._far_too_many(caller.address) else self._new_websocket(caller)

    def welcome(self, transport: asyncio.Transport) -> TransportChannel | None:
        """Take in what connects on a transport, or turn it away."""
        name = transport.get_extra_info("peername")
        if not name or self._far_too_many(name[0]):  # without a name it is gone already
            transport.abort()
        elif caller := self._gate.knock(name[0]):
            caller.sock = transport.get_extra_info("socket")
            return TransportChannel(self._carried(self._new_websocket(caller)), self._view, self._metrics)
        else:
            self._turned_away.transport(transport, self._clock.now_ns())
        return None

    def stop(self) -> None:
        """Accept nobody more; who is here stays."""
        if self._server is not None:
            self._server.close()
        elif self._sock is not None:
            asyncio.get_running_loop().remove_reader(self._sock.fileno())
            self._sock.close()

    def look(self, now_ns: int) -> None:
        """Sweep the sockets once, and end what has taken too long."""
        step_ns = self._allowances.begin(now_ns)
        self._over_ns = now_ns + self._budget_ns
        self._unread = self._sweep.sweep(self._over)
        if self._unread:
            self._metrics.intakes_cut += 1
        if self._allowances.short:
            self._allowances.refill(step_ns, judge=not self._unread)
        if self.pulse.due_ns <= now_ns:
            self.pulse.beat(now_ns)
        if self.greetings.due_ns <= now_ns:
            self.greetings.look(now_ns)
        # Who was shaking hands while the process stood still could not go on; he has as long once more.
        if self._overdue.due_ns <= now_ns and self._allowances.lenient_until_ns <= now_ns:
            for connection in self._overdue.expired(now_ns):
                connection.hello_overdue()
        self._turned_away.look(now_ns)
        if self._lingering.due_ns <= now_ns:
            for websocket in self._lingering.expired(now_ns):
                websocket.drop(1006, "did not go by itself")

    def announce(self, ends_in_s: float, retry_after_s: Callable[[], float]) -> None:
        """Tell everybody that the server is going to stop, and each when to come back; also who says hello later."""
        ends_ns = self._clock.now_ns() + round(ends_in_s * NS_PER_S)

        def draining() -> Draining:
            left_ns = max(ends_ns - self._clock.now_ns(), 0)
            return Draining(round(left_ns / NS_PER_S, 3), retry_after_s())

        self._draining = draining
        for connection in list(self._connections):
            connection.announce(Draining(ends_in_s, retry_after_s()))

    def close_all(self, code: int, reason: str) -> None:
        """Say goodbye to everybody."""
        for connection in list(self._connections):
            connection.close(code, reason)

    @staticmethod
    def round_trip_us(seat: Seat) -> int | None:
        """Of the connection that a seat has; None if it has none, or that is not known."""
        session = seat.session
        return round_trip_us(session.caller.sock) if isinstance(session, Connection) else None

    @property
    def waiting(self) -> bool:
        """Somebody waits for the next look, not the next tick: without a seat, or not reached by the last look."""
        return len(self._connections) > self._metrics.seated or bool(self._lingering) or self._unread > 0

    @property
    def quiet(self) -> bool:
        """Nobody is connected and no goodbye is under way."""
        return not self._connections and all(websocket.gone for websocket in self._lingering)

    def end(self) -> None:
        """End what is left, without a word."""
        for connection in list(self._connections):
            connection.websocket.drop(1006, "the server stops")
        self.look(NEVER_NS)
        self._sweep.close()

    def _over(self) -> bool:
        """Whether this look has read for long enough."""
        return self._clock.now_ns() >= self._over_ns

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                sock, name = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            except OSError as error:
                self._wait_for_descriptors(listening, error)
                return
            self._take(sock, name[0])

    def _take(self, sock: socket.socket, peer: str) -> None:
        if self._far_too_many(peer):
            sock.close()
        elif caller := self._gate.knock(peer):
            sock.setblocking(False)
            caller.sock = sock
            self._sweep.add(sock, self._carried(self._new_websocket(caller)))
        else:
            self._turned_away.socket(sock, self._clock.now_ns())

    def _wait_for_descriptors(self, listening: socket.socket, error: OSError) -> None:
        """Out of file descriptors: the socket stays ready, so look away for a while instead of spinning."""
        if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
            raise error
        now_ns = self._clock.now_ns()
        if now_ns >= self._complain_ns:
            self._complain_ns = now_ns + COMPLAIN_EVERY_NS
            text = "cannot accept connections (%s); trying again every %g s"
            log.error(text, error, RETRY_ACCEPT_S, extra={"errno": error.errno, "connections": len(self._connections)})
        loop = asyncio.get_running_loop()
        fd = listening.fileno()
        loop.remove_reader(fd)
        loop.call_later(
            RETRY_ACCEPT_S, lambda: listening.fileno() == fd and loop.add_reader(fd, self._accept, listening)
        )

    def _far_too_many(self, peer: str) -> bool:
        if len(self._connections) < self._config.server.connections_max + REFUSED_AT_ONCE_MAX:
            return False
        self._gate.refuse(Refusal.FULL, peer)
        return True

    def _carried(self, websocket: WebSocket) -> Carried:
        return TlsChannel(websocket, self._tls(), self._config.receive.slice_bytes) if self._tls else websocket

    def _new_websocket(self, caller: Caller) -> WebSocket:
        connection = Connection(self._around, self._session_ids(), caller)
        allowance = Allowance(self._allowances)
        receive = self._config.receive
        websocket = WebSocket(
            replace(self._handshake, check=partial(self._gate.check, caller)),
            connection,
            receive.message_bytes_max,
            self._config.deliver.backlog_bytes_max,
            slice_frames_max=receive.slice_frames_max,
            meter=allowance,
        )
        allowance.websocket = websocket
        connection.bind(websocket, allowance)
        self.pulse.add(websocket, allowance)
        self._connections[connection] = None
        self._metrics.connections = len(self._connections)
        self._metrics.connections_total += 1
        self._overdue.add(connection, self._clock.now_ns())
        if eldest := self._strangers.add(connection):
            self._crowd_out(eldest)
        if self.on_connection is not None:
            self.on_connection()
        return websocket

    def _full(self) -> bool:
        return len(self._connections) > self._config.server.connections_max

    def _crowd_out(self, connection: Connection) -> None:
        self._gate.refuse(Refusal.UNAUTHENTICATED, connection.caller.address)
        if len(self._lingering) < ANSWERED_AT_ONCE_MAX:
            connection.crowded_out()
        else:
            connection.websocket.drop(FULL.code, "too many are connecting")

    def _greeted(self, connection: Connection) -> None:
        self._strangers.discard(connection)
        if self._draining is not None:
            connection.announce(self._draining())

    def _gone(self, connection: Connection) -> None:
        self._gate.leave(connection.caller, connection.close_code)
        self._strangers.discard(connection)
        self._connections.pop(connection, None)
        self.pulse.remove(connection.websocket)
        self._metrics.connections = len(self._connections)
        if not connection.websocket.gone:
            self._lingering.add(connection.websocket, self._clock.now_ns())


class _Door(asyncio.Protocol):
    """What a transport is connected to until it is known who is there."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        made = cast("asyncio.Transport", transport)  # uvloop's are no subclass of it
        channel = self._listener.welcome(made)
        if channel is not None:
            made.set_protocol(channel)
            channel.connection_made(made)
