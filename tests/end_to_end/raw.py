"""A client that can misbehave: a plain socket, bytes as the test wants them, and what the server answered."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import TracebackType
from typing import Any, cast

import msgpack  # type: ignore[import-untyped]  # the package ships no types

pack = cast("Callable[[Any], bytes]", msgpack.packb)
TIMEOUT_S = 10
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: %s\r\n\r\n"
)


def frame(
    payload: bytes, opcode: int = 0x2, *, fin: bool = True, masked: bool = True, declared: int | None = None
) -> bytes:
    """One WebSocket frame; `declared` lies about the length."""
    length = len(payload) if declared is None else declared
    bit = 0x80 if masked else 0
    if length < 126:
        size = bytes([bit | length])
    elif length < 65536:
        size = bytes([bit | 126]) + length.to_bytes(2, "big")
    else:
        size = bytes([bit | 127]) + length.to_bytes(8, "big")
    mask = b"\x00\x00\x00\x00" if masked else b""  # a mask of zeros leaves the payload readable
    return bytes([(0x80 if fin else 0) | opcode]) + size + mask + payload


class RawClient:
    """A socket to the server. Every wait is bounded by TIMEOUT_S."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self._buffer = b""

    def __enter__(self) -> RawClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def say(self, *message: Any) -> None:
        self.send(frame(pack(list(message))))

    def upgrade(self, subprotocol: bytes = b"pelton.v1") -> bytes:
        """Ask for a WebSocket; the head of the answer."""
        self.send(UPGRADE % subprotocol)
        return self.head()

    def head(self) -> bytes:
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                break
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return head

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        while self._more():
            """Until the server ends it."""
        rest, self._buffer = self._buffer, b""
        return rest

    def greet(self) -> None:
        self.upgrade()
        self.say(1, "raw")
        assert self.hear()[0] == 16

    def join(self, game: str = "arena") -> None:
        self.greet()
        self.say(2, 0, game, {})
        assert [self.hear()[0], self.hear()[0]] == [17, 22]

    def hear(self) -> list[Any]:
        """The next message."""
        opcode, payload = self.next_frame()
        assert opcode == 0x2, (opcode, payload)
        message = msgpack.unpackb(payload)
        assert isinstance(message, list)
        return message

    def closed(self) -> tuple[int, str]:
        """Code and reason of the closing frame; frames before it are skipped. (1006, "") if there was none."""
        while True:
            try:
                opcode, payload = self.next_frame()
            except EOFError:
                return 1006, ""
            if opcode == 0x8:
                return int.from_bytes(payload[:2], "big"), payload[2:].decode()

    def next_frame(self) -> tuple[int, bytes]:
        self._need(2)
        opcode, length, start = self._buffer[0] & 0x0F, self._buffer[1] & 0x7F, 2
        if length == 126:
            self._need(4)
            length, start = int.from_bytes(self._buffer[2:4], "big"), 4
        elif length == 127:
            self._need(10)
            length, start = int.from_bytes(self._buffer[2:10], "big"), 10
        self._need(start + length)
        payload, self._buffer = self._buffer[start : start + length], self._buffer[start + length :]
        return opcode, payload

    def peek(self) -> bytes:
        """What has come by now."""
        try:
            self._buffer += self.sock.recv(65536)
        except (TimeoutError, ConnectionResetError):
            """Nothing more."""
        return self._buffer

    def _need(self, count: int) -> None:
        while len(self._buffer) < count:
            if not self._more():
                raise EOFError

    def _more(self) -> bool:
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            return False
        self._buffer += data
        return bool(data)
