"""WebSocket frames as bytes (RFC 6455, section 5.2): how long is the next one, and how to build a whole binary one.

 0 1 2 3 4 5 6 7   8 9 ...15   (16 or 64 bits)     (32 bits)       ...
+-+-+-+-+-------+-+---------+--------------------+--------------+---------+
|F|R|R|R|opcode |M| length  | length, if 126/127 | mask, if M   | payload |
+-+-+-+-+-------+-+---------+--------------------+--------------+---------+
"""

from __future__ import annotations

import os

try:
    from websockets.speedups import apply_mask
except ImportError:  # no compiled wheel for this platform
    from websockets.utils import apply_mask

__all__ = [
    "CONTINUATION",
    "TEXT",
    "Masks",
    "apply_mask",
    "binary_frame",
    "control_frame",
    "extent",
    "masked_frame",
    "whole_head",
]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN = 0x80
FIN_BINARY, FIN_CLOSE, FIN_PING, FIN_PONG = FIN | BINARY, FIN | CLOSE, FIN | PING, FIN | PONG
MASKED = 0x80

_SMALL = [bytes((FIN_BINARY, length)) for length in range(126)]


def binary_frame(payload: bytes, body: bytes = b"") -> bytes:
    """A whole, unmasked binary message, as a server sends it; `body` is more of the same message."""
    length = len(payload) + len(body)
    if length < 126:
        return _SMALL[length] + payload + body
    if length < 65536:
        return b"".join((b"\x82\x7e", length.to_bytes(2, "big"), payload, body))
    return b"".join((b"\x82\x7f", length.to_bytes(8, "big"), payload, body))


def masked_frame(payload: bytes, mask: bytes) -> bytes:
    """A whole, masked binary message, as a client sends it."""
    length = len(payload)
    if length < 126:
        head = bytes((FIN_BINARY, MASKED | length))
    elif length < 65536:
        head = bytes((FIN_BINARY, MASKED | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((FIN_BINARY, MASKED | 127)) + length.to_bytes(8, "big")
    return head + mask + apply_mask(payload, mask)


def control_frame(opcode: int, payload: bytes, mask: bytes | None) -> bytes:
    """A ping or a pong, of at most 125 bytes; a client's has a mask."""
    if mask is None:
        return bytes((FIN | opcode, len(payload))) + payload
    return bytes((FIN | opcode, MASKED | len(payload))) + mask + apply_mask(payload, mask)


def extent(buffer: bytes, start: int) -> tuple[int, int] | None:
    """Bytes of the header of the frame at `start`, and of its payload; None if the header is not whole."""
    held = len(buffer) - start
    if held < 2:
        return None
    length = buffer[start + 1] & 0x7F
    header = 2
    if length == 126:
        header = 4
        length = int.from_bytes(buffer[start + 2 : start + 4], "big")
    elif length == 127:
        header = 10
        length = int.from_bytes(buffer[start + 2 : start + 10], "big")
    if buffer[start + 1] & MASKED:
        header += 4
    return (header, length) if held >= header else None


def whole_head(data: bytes) -> int:
    """Bytes of the header, if this is exactly one whole binary message without a mask; 0 if it is anything else."""
    size = len(data)
    if size < 2 or data[0] != FIN_BINARY:
        return 0
    length = data[1]
    if length < 126:
        return 2 if size == 2 + length else 0
    if length == 126 and size >= 4:
        return 4 if size == 4 + (data[2] << 8 | data[3]) else 0
    return 0


class Masks:
    """Unpredictable 4-byte masks (RFC 6455, section 10.3), drawn from the system a few hundred at a time."""

    def __init__(self) -> None:
        self._pool = b""
        self._next = 0

    def take(self) -> bytes:
        if self._next >= len(self._pool):
            self._pool = os.urandom(1024)
            self._next = 0
        self._next += 4
        return self._pool[self._next - 4 : self._next]
