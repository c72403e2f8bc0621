"""A client made of a bare socket, for what a well-behaved one never does. Every wait is bounded."""

from __future__ import annotations

import asyncio
import socket
import struct
from types import TracebackType
from typing import Any

import msgpack  # type: ignore[import-untyped]  # the package ships no types

from pelton.protocol.plain import encode_value
from pelton.wire.frames import extent, masked_frame

PATIENCE_S = 5
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: pelton.v1\r\n\r\n"
)
CLOSE, PONG = 0x8, 0xA


class Peer:
    """`with Peer(port) as peer`: connected at once, also to a server that does not accept yet."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.sock = socket.create_connection((host, port), timeout=PATIENCE_S)
        self.sock.setblocking(False)
        self._buffer = b""

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sock.close()

    def break_off(self) -> None:
        """End it with a reset, as a crash or a vanished network does."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.sock, data)

    async def say(self, *message: Any) -> None:
        await self.send(masked_frame(encode_value(list(message)), b"\x01\x02\x03\x04"))

    async def upgrade(self) -> bytes:
        """Ask for a WebSocket; the head of the answer."""
        await self.send(UPGRADE)
        return await self.head()

    async def greet(self) -> None:
        assert (await self.upgrade()).startswith(b"HTTP/1.1 101 ")
        await self.say(1, "peer")
        assert (await self.hear())[0] == 16

    async def join(self, game: str = "tally") -> None:
        """Greet and ask for a seat; it is taken with the next tick."""
        await self.greet()
        await self.say(2, 0, game, {})

    async def head(self) -> bytes:
        while b"\r\n\r\n" not in self._buffer and await self._more():
            """Until it is whole."""
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return head

    async def rest(self) -> bytes:
        """Everything to the end of the connection."""
        while await self._more():
            """Until the server ends it."""
        rest, self._buffer = self._buffer, b""
        return rest

    async def hear(self) -> list[Any]:
        """The next message."""
        opcode, payload = await self.next_frame()
        assert opcode == 0x2, (opcode, payload)
        message = msgpack.unpackb(payload)
        assert isinstance(message, list)
        return message

    async def hear_until(self, kind: int) -> list[Any]:
        """The next message of this kind; others are passed over."""
        while (message := await self.hear())[0] != kind:
            """Others are passed over."""
        return message

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the goodbye; messages before it are passed over. 1006 if there was none."""
        while True:
            try:
                opcode, payload = await self.next_frame()
            except EOFError:
                return 1006, ""
            if opcode == CLOSE:
                return int.from_bytes(payload[:2], "big"), payload[2:].decode()

    async def next_frame(self) -> tuple[int, bytes]:
        while (found := extent(self._buffer, 0)) is None or len(self._buffer) < sum(found):
            if not await self._more():
                raise EOFError
        start, length = found
        frame, self._buffer = self._buffer[: start + length], self._buffer[start + length :]
        return frame[0] & 0x0F, frame[start:]

    async def _more(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S):
                data = await asyncio.get_running_loop().sock_recv(self.sock, 65536)
        except ConnectionResetError:
            return False
        self._buffer += data
        return bool(data)
