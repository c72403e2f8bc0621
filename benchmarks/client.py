"""One player of the load: a TCP socket that speaks just enough WebSocket, as cheaply as Python can.

Sends masked binary frames, counts what comes in. A `Witness` also decodes it: when did each tick
arrive, and how many actions does the state hold? Never waits for the server once the crowd is in.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import msgpack  # type: ignore[import-untyped]  # the package ships no types

__all__ = ["PELTON", "PLAIN", "Client", "Dialect", "LoadError", "Tally", "Witness"]

ANSWER_TIMEOUT_S = 10.0
SEQ_FIRST = 100_000  # so that an action has the same length from first to last
BINARY, CLOSE, PING, PONG = 0x82, 0x88, 0x89, 0x8A  # each with FIN
STATE_BEGINS = b"\x97\x14"  # an array of 7, the first of it 20: the state of a tick
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SO_TIMESTAMPNS = 35  # the kernel notes when a packet came; Linux, 64 bit
_TIMESPEC = struct.Struct("qq")
_READ_BYTES = 1 << 16
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)


def _packed(value: object) -> bytes:
    return cast("bytes", msgpack.packb(value))


def _head_bytes(length: int) -> int:
    return 2 if length < 126 else 4 if length < 1 << 16 else 10


class LoadError(Exception):
    """A server did not answer as it should."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a client says before it plays: messages, each with the type of its answer."""

    subprotocol: str | None
    greeting: tuple[tuple[bytes, int], ...]


PLAIN = Dialect(None, ())
PELTON = Dialect(
    "pelton.v1",
    ((_packed([1, "bench"]), 16), (_packed([2, 0, "bench", {}]), 17)),
)


@dataclass(slots=True)
class Tally:
    """What the whole crowd sent and got so far."""

    deliveries: int = 0
    delivery_bytes: int = 0
    actions: int = 0
    actions_blocked: int = 0
    """Not sent, because the kernel did not take them."""
    others: int = 0
    """Messages that are no state."""
    closed: int = 0


class Client:
    """One connection."""

    __slots__ = ("_mask", "_mask_int", "_rest", "seq", "sock", "tally")

    def __init__(self, port: int, tally: Tally) -> None:
        self.tally = tally
        self.seq = SEQ_FIRST
        self._rest = b""
        self._mask = secrets.token_bytes(4)
        self._mask_int = int.from_bytes(self._mask * 32)
        self.sock = self.connect(port)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connect(self, port: int) -> socket.socket:
        """A socket that is connected."""
        return socket.create_connection(("127.0.0.1", port), ANSWER_TIMEOUT_S)

    def ask_upgrade(self, subprotocol: str | None) -> bytes:
        """Send the handshake; returns the accept value that must come back."""
        key = base64.b64encode(os.urandom(16))
        lines = [
            "GET / HTTP/1.1",
            "Host: 127.0.0.1",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key.decode()}",
        ]
        if subprotocol:
            lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode())
        return base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324 - RFC 6455 says so

    def await_upgrade(self, accept: bytes) -> None:
        """Wait for the answer to the handshake."""
        text = b""
        while b"\r\n\r\n" not in text:
            if not (chunk := self.sock.recv(4096)):
                raise LoadError(f"connection closed in the handshake after {text[:80]!r}")
            text += chunk
        head, _, self._rest = text.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 ") or accept not in head:
            raise LoadError(f"handshake refused: {head[:80]!r}")

    def await_message(self, wanted: int) -> Any:
        """Wait for a message of this type and return it; states that come before it do not matter."""
        chunk = b""
        while True:
            for _, payload in self._frames(chunk):
                message: Any = msgpack.unpackb(payload)
                if message[0] == wanted:
                    return message
                if not payload.startswith(STATE_BEGINS):
                    raise LoadError(f"waited for a message of type {wanted}, got {message!r}")
            if not (chunk := self.sock.recv(_READ_BYTES)):
                raise LoadError(f"connection closed, waited for a message of type {wanted}")

    def send(self, payload: bytes, opcode: int = BINARY) -> bool:
        """Send one masked frame; False if the kernel does not take it."""
        size = len(payload)
        masked = int.from_bytes(payload) ^ (self._mask_int >> 8 * (128 - size))
        frame = bytes((opcode, 0x80 | size)) + self._mask + masked.to_bytes(size)
        try:
            return self.sock.send(frame) == len(frame)
        except BlockingIOError:
            return False

    def goodbye(self) -> None:
        """Leave as a player does."""
        self.send(b"", CLOSE)
        self.sock.close()

    def act(self, dx: int, dy: int) -> None:
        """Send the next action."""
        self.seq += 1
        if self.send(_packed([4, self.seq, ["move", dx, dy]])):
            self.tally.actions += 1
        else:
            self.tally.actions_blocked += 1

    def receive(self) -> bool:
        """Take what the kernel has and count it; False if the connection is at its end."""
        try:
            chunk = self.sock.recv(_READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.count(chunk)
        return bool(chunk)

    def count(self, chunk: bytes) -> list[bytes]:
        """Count the states that are complete with this chunk, and return them."""
        tally = self.tally
        states: list[bytes] = []
        for opcode, payload in self._frames(chunk):
            if opcode == BINARY and payload.startswith(STATE_BEGINS):
                states.append(payload)
                tally.deliveries += 1
                tally.delivery_bytes += len(payload) + _head_bytes(len(payload))
            elif opcode == PING:
                self.send(payload, PONG)
            else:
                tally.others += 1
        return states

    def _frames(self, chunk: bytes) -> list[tuple[int, bytes]]:
        """First byte and payload of every WebSocket frame that is complete with this chunk."""
        if self._rest:
            chunk = self._rest + chunk
        frames: list[tuple[int, bytes]] = []
        at, end = 0, len(chunk)
        while end - at >= 2:
            start, length = at + 2, chunk[at + 1]
            if length >= 126:
                start += 2 if length == 126 else 8
                length = int.from_bytes(chunk[at + 2 : start])
            if start + length > end:
                break
            frames.append((chunk[at], chunk[start : start + length]))
            at = start + length
        self._rest = chunk[at:]
        return frames


def _seqs(count: int, ids: bytes, _x: Any, _y: Any, seqs: Any) -> Iterable[tuple[int, int]]:
    """Id and seq of the rows of a block; a column came whole, or as positions and values."""
    who = _numbers(ids, len(ids) // count)
    if isinstance(seqs, bytes):
        return zip(who, _numbers(seqs, 4), strict=True)
    if seqs is None:
        return ()
    at, values = seqs
    return zip((who[index] for index in _numbers(at, 1 if count <= 256 else 2)), _numbers(values, 4), strict=True)


def _numbers(packed: bytes, width: int) -> list[int]:
    return [number for (number,) in struct.iter_unpack("<" + {1: "B", 2: "H", 4: "I", 8: "Q"}[width], packed)]


class Witness(Client):
    """A client that looks at what it gets. A few are enough, and all that the load can afford."""

    __slots__ = ("arrivals", "refused", "seqs")

    def __init__(self, port: int, tally: Tally) -> None:
        super().__init__(port, tally)
        self.arrivals: list[tuple[int, float]] = []
        """Number of each tick, and when it came in seconds."""
        self.refused = 0
        self.seqs: dict[int, int] = {}
        """The seq column of the state: how many actions of each player were applied."""
        self.sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)

    def receive(self) -> bool:
        """As for any client, with the kernel's note of the time."""
        try:
            chunk, ancillary, _, _ = self.sock.recvmsg(_READ_BYTES, _ANCILLARY_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        came_s = time.time()
        for _, kind, value in ancillary:
            if kind == _SO_TIMESTAMPNS:
                whole, part_ns = _TIMESPEC.unpack(value)
                came_s = whole + part_ns * 1e-9
        for state in self.count(chunk):
            self._look(state, came_s)
        return bool(chunk)

    def actions_applied(self) -> int:
        """Of all players since they came, as far as this client was told."""
        return sum(self.seqs.values()) - SEQ_FIRST * len(self.seqs)

    def _look(self, state: bytes, came_s: float) -> None:
        message: Any = msgpack.unpackb(state)
        _, _, refused, tick, _, what, _ = message
        self.refused += len(refused)
        self.arrivals.append((tick, came_s))
        if message[-1] is None:  # of the floor and the naive server, who know of no groups
            for _, ids, _, _, seqs in what:
                self.seqs.update(zip(ids, seqs, strict=True))
        else:
            for _, _, _, _, _, *blocks, _ in message[-1]:
                for block in filter(None, blocks):
                    self.seqs.update(_seqs(*block))
