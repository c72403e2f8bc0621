"""A connection as an attacker has it: bytes out as he likes, read or not, and what the server said at its end."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import Any, cast

import msgpack  # type: ignore[import-untyped]  # the package ships no types

from tests.end_to_end.raw import UPGRADE, frame, pack

__all__ = [
    "FRAME",
    "JOINED",
    "REJECTED",
    "RESUMED",
    "SEAT_CARD",
    "WELCOME",
    "Line",
    "open_line",
    "open_lines",
    "say",
    "take_seat",
]

HOST = "127.0.0.1"
PATIENCE_S = 30
LOST = 1006
WELCOME, JOINED, REJECTED, LEFT, FRAME, SEAT_CARD, RESUMED = 16, 17, 18, 19, 20, 22, 23
SMALL_BUFFER_BYTES = 8192
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: closing is a reset."""


def say(*message: Any) -> bytes:
    """A message of the protocol, as a frame."""
    return frame(pack(list(message)))


class Line(asyncio.Protocol):
    """`code` is the close code that it ended with, 1006 without one."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.transport: asyncio.Transport
        self.begun_s = time.monotonic()
        self.ended_s = 0.0
        self.code = LOST
        self.reason = ""
        self.head = b""
        self.messages: list[list[Any]] = []
        self.last = b""
        """The last message, as it came."""
        self.frames = self.received = self.pongs = 0
        self.keeps = True
        """Whether messages are kept and not only counted."""
        self._buffer = bytearray()
        self._news = asyncio.Event()
        self._over = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended_s = self.ended_s or time.monotonic()
        self._over.set()
        self._news.set()

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self._buffer += data
        if not self.head:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self.head, self._buffer = bytes(head), rest
        self._parse()
        self._news.set()

    def send(self, *pieces: bytes) -> None:
        """As far as the connection is still there."""
        if not self.transport.is_closing():
            self.transport.write(b"".join(pieces))

    def say_heard(self) -> None:
        """That the last frame has arrived."""
        if self.last:
            message = msgpack.unpackb(self.last)
            if message[0] == FRAME:
                self.send(say(8, message[3]))

    def deaf(self) -> None:
        """Read nothing from now on."""
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def hears_again(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def read_once(self, size_bytes: int) -> None:
        """While it is deaf: take a little none the less."""
        if self.transport.is_closing():
            return
        try:
            data = self.sock.recv(size_bytes)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.data_received(data)
        else:
            self.close()

    def close(self) -> None:
        """Without a word."""
        self.transport.abort()

    def reset(self) -> None:
        """As a network does that is gone."""
        if not self.transport.is_closing():
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.transport.abort()

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def lasted_s(self) -> float:
        """From the beginning to the end."""
        return self.ended_s - self.begun_s

    async def gone(self) -> None:
        """Wait until it is over, however long that takes."""
        await self._over.wait()

    async def over(self, patience_s: float = PATIENCE_S) -> int:
        """The code, once it is over. TimeoutError if it goes on."""
        async with asyncio.timeout(patience_s):
            await self._over.wait()
        return self.code

    @property
    def ack(self) -> int:
        """Of the last message, if it is a frame: the number of the last action that was answered."""
        message = msgpack.unpackb(self.last) if self.last else [0]
        return int(message[1]) if message[0] == FRAME else 0

    async def acked(self, seq: int) -> None:
        """Wait until this action was answered; or until the end."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.is_over and self.ack < seq:
                self._news.clear()
                await self._news.wait()

    async def ponged(self) -> None:
        """Wait until a ping was answered; or until the end."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.is_over and not self.pongs:
                self._news.clear()
                await self._news.wait()

    async def left(self) -> None:
        """Wait until the seat is given back, and go."""
        self.keeps = True
        await self.hear(LEFT)
        self.close()

    async def hear(self, *kinds: int) -> list[Any] | None:
        """The next message of one of these kinds; None if it ended before."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for index, message in enumerate(self.messages):
                    if message[0] in kinds:
                        del self.messages[: index + 1]
                        return message
                if self.is_over:
                    return None
                self.messages.clear()
                self._news.clear()
                await self._news.wait()

    async def heads(self, patience_s: float = PATIENCE_S) -> bytes:
        """The head of the answer to the upgrade; empty if the connection ended without one."""
        async with asyncio.timeout(patience_s):
            while not self.head and not self.is_over:
                self._news.clear()
                await self._news.wait()
        return self.head

    def _parse(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            size, start = buffer[at + 1] & 0x7F, at + 2
            if size == 126:
                size, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                size, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
            if len(buffer) < start + size:
                break
            self._took(buffer[at] & 0x0F, bytes(buffer[start : start + size]))
            at = start + size
        del buffer[:at]

    def _took(self, opcode: int, payload: bytes) -> None:
        self.frames += 1
        if opcode == 0x8:
            self.code, self.reason = int.from_bytes(payload[:2], "big"), payload[2:].decode()
            self.ended_s = time.monotonic()
            self.transport.close()
        elif opcode == 0x9:
            self.send(frame(payload, 0xA))
        elif opcode == 0xA:
            self.pongs += 1
        elif opcode == 0x2:
            self.last = payload
            if self.keeps:
                self.messages.append(msgpack.unpackb(payload))


async def open_line(
    port: int, *, upgrade: bool = True, hello: bool = True, join: str = "", headers: bytes = b"", deaf: bool = False
) -> Line:
    """As far as is asked for: the socket, the WebSocket, hello, a seat in this game.

    OSError if not even the first; the rest may fail as it likes, which the line tells.
    """
    sock = socket.socket()
    sock.setblocking(False)
    if deaf:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
    loop = asyncio.get_running_loop()
    try:
        await asyncio.wait_for(loop.sock_connect(sock, (HOST, port)), PATIENCE_S)
        _, line = await loop.create_connection(lambda: Line(sock), sock=sock)
    except BaseException:
        sock.close()
        raise
    if upgrade:
        line.send((UPGRADE % b"pelton.v1").replace(b"\r\n\r\n", b"\r\n" + headers + b"\r\n"))
        await line.heads()
        if hello or join:
            line.send(say(1, "attacker"))
            await line.hear(WELCOME)
        if join:
            await take_seat(line, join, deaf=deaf)
    return line


async def take_seat(line: Line, game: str, *, deaf: bool = False) -> list[Any] | None:
    """Join until there is a seat: who is told to come later does. The answer `joined`, None if the line ended."""
    while True:
        line.send(say(2, 0, game, {}))
        answer = await line.hear(JOINED, REJECTED)
        if answer is None or answer[0] == JOINED:
            if deaf:
                line.keeps = False
                line.deaf()
            return answer
        await asyncio.sleep(max(0.1, answer[3] if len(answer) > 3 else 0))


async def open_lines(port: int, count: int, *, at_once: int = 50, **how: Any) -> list[Line]:
    """Many, a few at a time."""
    lines: list[Line] = []
    while len(lines) < count:
        batch = min(at_once, count - len(lines))
        lines += await asyncio.gather(*(open_line(port, **how) for _ in range(batch)))
    return lines
