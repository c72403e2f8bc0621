"""One connection to a server, from the dial to its end: questions and their answers, and sending in turn."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, Protocol

from pelton.client.dial import Dial, Line
from pelton.client.errors import CannotConnect, Closed
from pelton.client.silence import SILENCE_S, Silence
from pelton.protocol import SUBPROTOCOL, BadMessage, Hello, Ping, Welcome
from pelton.protocol.messages import ServerMessage
from pelton.protocol.plain import encode
from pelton.protocol.schema import Message
from pelton.wire import ClientHandshake, WebSocket

__all__ = ["Connection", "Owner"]

MESSAGE_BYTES_MAX = 16 * 2**20
BACKLOG_BYTES_MAX = 65_536
CLOSE_TIMEOUT_S = 2.0
NORMAL, PROTOCOL_ERROR, LOST = 1000, 1002, 1006


class Owner(Protocol):
    """Who is told what comes in."""

    def take(self, connection: Connection, message: ServerMessage) -> None:
        """A message has arrived."""
        ...

    def lost(self, connection: Connection, closed: Closed) -> None:
        """The connection is over."""
        ...


class Connection:
    """The endpoint of a client's WebSocket. CannotConnect if the address is none."""

    def __init__(self, url: str, owner: Owner, decode: Callable[[bytes], ServerMessage], dial: Dial) -> None:
        self.url = url
        self.sent_bytes = 0
        """Of all messages given to the network so far."""
        self.line: Line | None = None
        """The connection below, once there is one."""
        self.ended: Closed | None = None
        self.problem = ""
        """What was wrong with what the server sent."""
        self._owner = owner
        self._decode = decode
        self._dial = dial
        self._loop = asyncio.get_running_loop()
        self._replies: dict[object, asyncio.Future[Any]] = {}
        self._sending = asyncio.Lock()
        self._waiting = 0
        self._writable = asyncio.Event()
        try:
            self._handshake = ClientHandshake(url, SUBPROTOCOL, MESSAGE_BYTES_MAX)
        except ValueError as error:
            raise CannotConnect(url, str(error)) from None
        self._websocket = WebSocket(self._handshake, self, MESSAGE_BYTES_MAX, BACKLOG_BYTES_MAX)
        self.pause, self.resume = self._websocket.pause, self._websocket.resume
        """Take no more messages, and go on."""
        self.silence = Silence(self._ping, lambda: self._websocket.held, self._dead)

    async def open(self, name: str, timeout_s: float, tls: ssl.SSLContext | None, ticket: str = "") -> Welcome:
        """Connect and say hello. CannotConnect if that does not work in time."""
        handshake = self._handshake
        context = (tls or ssl.create_default_context()) if handshake.secure else None
        try:
            async with asyncio.timeout(timeout_s):
                self.line = await self._dial(self._websocket, handshake.host, handshake.port, context)
                await self._writable.wait()
                welcome: Welcome = await self.ask(Hello(name[:64], ticket), Welcome)
        except (OSError, UnicodeError) as error:  # TimeoutError is an OSError; a host name that is none, a UnicodeError
            problem = f"no answer within {timeout_s:g} s" if isinstance(error, TimeoutError) else str(error)
            raise CannotConnect(self.url, problem) from error
        except Closed as closed:
            raise CannotConnect(self.url, closed.reason or str(closed), closed) from closed
        return welcome

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

    def _ping(self) -> None:
        self.push(Ping(0))  # nobody waits for the answer itself

    def _dead(self) -> None:
        self._websocket.drop(LOST, f"nothing was heard of the server for {SILENCE_S:g} s")

    def drop(self) -> None:
        """End it without a word."""
        self._websocket.drop(NORMAL, "no longer wanted")

    def fault(self, problem: str, reason: str) -> None:
        """The server broke the protocol: end it, and say so to whoever asks why."""
        self.problem = problem
        self._websocket.close(PROTOCOL_ERROR, reason)

    # Questions.

    async def ask(self, question: Message, answer: object, sent: Callable[[], None] | None = None) -> Any:
        """Send a question and wait for what `answer` is called with under this key. Closed if it never comes.

        `sent` is called as soon as the question is under way.
        """
        future = self._replies[answer] = self._loop.create_future()
        try:
            await self.send(question)
            if sent is not None:
                sent()
            return await future
        finally:
            self._replies.pop(answer, None)

    def answer(self, key: object, answer: object) -> None:
        """Give it to who waits for it, if anybody does. An exception is raised there."""
        future = self._replies.get(key)
        if future is None or future.done():
            return
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    def is_asking(self, key: object) -> bool:
        """Whether somebody waits for this answer."""
        future = self._replies.get(key)
        return future is not None and not future.done()

    # Sending.

    async def send(self, message: Message) -> None:
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

    def offer(self, message: Message) -> bool:
        """Send at once, or not at all."""
        payload = encode(message)
        if self._waiting or not self._websocket.send(payload):
            return False
        self.sent_bytes += len(payload)
        return True

    def push(self, message: Message) -> None:
        """Send what is small and must not wait for anybody's turn."""
        payload = encode(message)
        self.sent_bytes += len(payload)
        self._websocket.push(payload)

    async def _send_in_turn(self, payload: bytes) -> None:
        async with self._sending:  # which is given in the order of asking
            while not self._websocket.send(payload):
                if self.ended is not None:
                    raise Closed(self.ended.code, self.ended.reason)
                self._writable.clear()
                await self._writable.wait()

    # What the WebSocket calls.

    def opened(self) -> None:
        self._writable.set()

    def drained(self) -> None:
        self._writable.set()

    def received(self, payload: bytes) -> None:
        try:
            message = self._decode(payload)
        except BadMessage as bad:
            self.fault(f"the server sent what is no message: {bad.problem}", bad.problem)
            return
        self.silence.heard = True
        self._owner.take(self, message)

    def closed(self, code: int, reason: str) -> None:
        self.silence.stop()
        self.ended = closed = Closed(code, self.problem or reason)
        self._writable.set()
        self._owner.lost(self, closed)
        for key in list(self._replies):
            self.answer(key, closed)
