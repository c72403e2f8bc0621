"""One connection to a server: introduces itself, asks for seats, routes what comes in.

Not for use from several threads.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from pelton.client.clock import ServerClock, TickClock
from pelton.client.dial import Dial, Line, dial_tcp
from pelton.client.errors import CannotConnect, ClientError, Closed, JoinRejected, ServerFault
from pelton.client.replica import Replica, SharedParts
from pelton.client.room import Link, Room
from pelton.protocol import (
    SUBPROTOCOL,
    BadMessage,
    Frame,
    Hello,
    Join,
    Joined,
    Leave,
    Left,
    Ping,
    Pong,
    Rejected,
    Welcome,
)
from pelton.protocol.messages import HOW_BY_ID, HOW_CREATE, HOW_JOIN_OR_CREATE, Option, ServerMessage
from pelton.protocol.plain import decode_head, decode_server, encode
from pelton.protocol.schema import Message
from pelton.wire import ClientHandshake, WebSocket

__all__ = ["Client", "connect"]

MESSAGE_BYTES_MAX = 16 * 2**20
BACKLOG_BYTES_MAX = 65_536
CLOSE_TIMEOUT_S = 2.0
NORMAL, PROTOCOL_ERROR = 1000, 1002


@asynccontextmanager
async def connect(
    url: str,
    *,
    name: str = "pelton-python",
    timeout_s: float = 10.0,
    tls: ssl.SSLContext | None = None,
    light: bool = False,
    blind: bool = False,
    decode: Callable[[bytes], ServerMessage] | None = None,
    parts: SharedParts | None = None,
    dial: Dial = dial_tcp,
    now_s: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[Client]:
    """Connect and say hello; on leaving the block, say goodbye.

    `tls` is the context for a wss:// address (default: the system's). `light` keeps the state in plain Python and never
    imports numpy: for bots, and for clients that start quickly; without numpy it is so anyway. `blind`
    clients take their frames, but keep no state. `decode` and `parts` are for many clients in one program: a
    `pelton.protocol.plain.SharedFrames` and a `SharedParts` that all of them have. `dial` makes the connection
    another way, and `now_s` is another clock in seconds: for tests and simulations.

    CannotConnect if that does not work within `timeout_s` seconds.
    """
    client = Client(url, name, decode, light=light, blind=blind, parts=parts, dial=dial, now_s=now_s)
    try:
        await client.open(timeout_s, tls)
        yield client
    finally:
        await client.close()


class Client:
    """Made by `connect`. Holds at most one seat at a time."""

    def __init__(
        self,
        url: str,
        name: str,
        decode: Callable[[bytes], ServerMessage] | None = None,
        *,
        light: bool = False,
        blind: bool = False,
        parts: SharedParts | None = None,
        dial: Dial = dial_tcp,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self.session_id = ""
        self.server = ""
        """The server's name and version, as it says."""
        self.room: Room | None = None
        """The seat held now."""
        self.clock = ServerClock()
        """The server's clock, as far as pings have told."""
        self._light = light
        self._blind = blind
        self._parts = parts
        self._dial = dial
        self._now_s = now_s
        self._name = name
        self._decode = decode or (decode_head if blind else decode_server)
        self._loop = asyncio.get_running_loop()
        self._replies: dict[object, asyncio.Future[Any]] = {}
        self._joining = False
        self._sending = asyncio.Lock()
        self._waiting = 0
        self._writable = asyncio.Event()
        self.sent_bytes = 0
        """Of all messages given to the network so far."""
        self.line: Line | None = None
        """The connection below, once there is one."""
        self._end: Closed | None = None
        self._problem = ""
        self._pings = 0
        try:
            self._handshake = ClientHandshake(url, SUBPROTOCOL, MESSAGE_BYTES_MAX)
        except ValueError as error:
            raise CannotConnect(url, str(error)) from None
        self._websocket = WebSocket(self._handshake, self, MESSAGE_BYTES_MAX, BACKLOG_BYTES_MAX)

    async def join_or_create(self, game: str, **options: Option) -> Room:
        """A seat in any room of the game, a new one if need be. `options` go to the game; `name` is the player's name.

        JoinRejected if there is none to be had.
        """
        return await self._join(HOW_JOIN_OR_CREATE, game, options)

    async def create(self, game: str, **options: Option) -> Room:
        """A seat in a new room of the game."""
        return await self._join(HOW_CREATE, game, options)

    async def join(self, room_id: str, **options: Option) -> Room:
        """A seat in the room of this id."""
        return await self._join(HOW_BY_ID, room_id, options)

    async def ping(self) -> float:
        """The round trip to the server in seconds; `clock` learns from it.

        A server answers who has a seat up to a tick later: ping now and then, and take `clock.round_trip_s`, the least.
        """
        self._pings = nonce = (self._pings + 1) % 2**32
        sent_s = self._now_s()
        pong, received_s = await self._ask(Ping(nonce), nonce)
        self.clock.pong(sent_s, received_s, pong.time_us)
        return float(received_s - sent_s)

    # What the WebSocket calls.

    def opened(self) -> None:
        self._writable.set()

    def received(self, payload: bytes) -> None:
        try:
            message = self._decode(payload)
        except BadMessage as bad:
            self._problem = f"the server sent what is no message: {bad.problem}"
            self._websocket.close(PROTOCOL_ERROR, bad.problem)
            return
        match message:
            case Frame():
                if self.room is not None:
                    self.room.receive(message, self._now_s())
            case Left(reason):
                if self.room is not None:
                    self.room.end(reason)
                    self.room = None
            case Rejected(reason, detail):
                self._joining = False
                self._answer(Joined, JoinRejected(reason, detail))
            case Joined() if not self._is_awaited(Joined):
                self._joining = False
                self._websocket.push(encode(Leave()))  # whoever asked has given up
            case Joined():
                self._joining = False
                self._take_seat(message)
            case Welcome():
                self._answer(Welcome, message)
            case Pong(nonce):
                self._answer(nonce, (message, self._now_s()))

    def drained(self) -> None:
        self._writable.set()

    def closed(self, code: int, reason: str) -> None:
        self._end = Closed(code, self._problem or reason)
        self._joining = False
        self._writable.set()
        if self.room is not None:
            self.room.end("closed", self._end)
            self.room = None
        for kind in list(self._replies):
            self._answer(kind, self._end)

    async def open(self, timeout_s: float, tls: ssl.SSLContext | None) -> None:
        """Connect and say hello; `connect` does it."""
        handshake = self._handshake
        context = (tls or ssl.create_default_context()) if handshake.secure else None
        try:
            async with asyncio.timeout(timeout_s):
                self.line = await self._dial(self._websocket, handshake.host, handshake.port, context)
                await self._writable.wait()
                welcome: Welcome = await self._ask(Hello(self._name[:64]), Welcome)
        except (OSError, UnicodeError) as error:  # TimeoutError is an OSError; a host name that is none, a UnicodeError
            problem = f"no answer within {timeout_s:g} s" if isinstance(error, TimeoutError) else str(error)
            raise CannotConnect(self.url, problem) from error
        except Closed as closed:
            raise CannotConnect(self.url, closed.reason or str(closed)) from closed
        self.session_id, self.server = welcome.session_id, welcome.server

    async def close(self) -> None:
        """Say goodbye and wait for the server to end the connection; after a while, end it without."""
        if self.line is None:
            return
        self._websocket.close(NORMAL, "")
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self.line.ended.wait()
        except TimeoutError:
            self._websocket.drop(NORMAL, "the server did not answer the goodbye")

    async def _join(self, how: int, target: str, options: dict[str, Option]) -> Room:
        if self.room is not None:
            raise ClientError(f"this connection has a seat in room {self.room.room_id} already; leave it first")
        if self._joining or Joined in self._replies:
            raise ClientError("a join is under way; wait for its answer")
        room: Room = await self._ask(Join(how, target, options), Joined)
        return room

    async def _ask(self, question: Message, answer: object) -> Any:
        """Send a question and wait for its answer."""
        future = self._replies[answer] = self._loop.create_future()
        try:
            await self._send(question)
            self._joining = self._joining or (answer is Joined and self._end is None)
            return await future
        finally:
            self._replies.pop(answer, None)

    async def _send(self, message: Message) -> None:
        """Send as soon as the network takes it. Closed if the connection is over."""
        payload = encode(message)
        self.sent_bytes += len(payload)
        if not self._waiting and self._websocket.send(payload):
            return
        self._waiting += 1
        try:
            await self._send_in_turn(payload)
        finally:
            self._waiting -= 1

    async def _send_in_turn(self, payload: bytes) -> None:
        async with self._sending:  # which is given in the order of asking
            while not self._websocket.send(payload):
                if self._end is not None:
                    raise Closed(self._end.code, self._end.reason)
                self._writable.clear()
                await self._writable.wait()

    def _take_seat(self, joined: Joined) -> None:
        link = Link(self._send, self._offer, self._websocket.pause, self._websocket.resume, self._now_s)
        try:
            state = Replica(joined.tables, light=self._light, shared=self._parts, blind=self._blind)
            self.room = Room(joined, link, state, TickClock(joined.tick_hz, self.clock))
        except ServerFault as fault:
            self._problem = f"the server offered a room that is none: {fault}"
            self._answer(Joined, fault)
            self._websocket.close(PROTOCOL_ERROR, "a room that makes no sense")
            return
        self._answer(Joined, self.room)

    def _offer(self, message: Message) -> bool:
        """Send at once, or not at all."""
        payload = encode(message)
        if self._waiting or not self._websocket.send(payload):
            return False
        self.sent_bytes += len(payload)
        return True

    def _is_awaited(self, question: object) -> bool:
        future = self._replies.get(question)
        return future is not None and not future.done()

    def _answer(self, question: object, answer: object) -> None:
        future = self._replies.get(question)
        if future is None or future.done():
            return
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
