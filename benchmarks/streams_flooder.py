"""One raw client that sends as fast as the system takes it, and what is noted of the server meanwhile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import thread_time_ns
from types import TracebackType
from typing import Self

from pelton.wire.frames import masked_frame

__all__ = ["MINIMAL", "Flood", "Flooder", "Notes", "frames_in_slice"]

MASK = b"\x01\x02\x03\x04"
MINIMAL = masked_frame(b"\xc0", MASK)
"""7 bytes: the smallest frame with anything in it."""
TIMEOUT_S = 30.0
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: pelton.v1\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Flood:
    """What one flood did to one server."""

    frame_bytes: int
    """Of the smallest frame."""
    buffered: int
    """The most frames that waited, parsed or read whole."""
    unparsed_bytes: int
    """The most that was read and not parsed."""
    slice_frames: int
    """The most frames parsed without a break."""
    slice_ns: int
    """CPU of the longest of those."""
    parse_ns: float
    """CPU per frame."""


@dataclass(slots=True)
class Notes:
    """Kept while frames are parsed."""

    buffered: int = 0
    unparsed_bytes: int = 0
    slice_frames: int = 0
    slice_ns: int = 0
    total_ns: int = 0
    _started: int = 0

    def begin(self) -> None:
        """A slice begins."""
        self._started = thread_time_ns()

    def end(self, frames: int) -> None:
        """A slice has ended; so many frames were in it. The handshake has none, and does not count."""
        if not frames:
            return
        passed = thread_time_ns() - self._started
        self.total_ns += passed
        self.slice_ns = max(self.slice_ns, passed)
        self.slice_frames = max(self.slice_frames, frames)

    def waiting(self, frames: int, unparsed_bytes: int) -> None:
        """So much waits now."""
        self.buffered = max(self.buffered, frames)
        self.unparsed_bytes = max(self.unparsed_bytes, unparsed_bytes)

    def flood(self, frame_bytes: int, frames: int) -> Flood:
        """The sum of it."""
        parse_ns = self.total_ns / frames
        return Flood(frame_bytes, self.buffered, self.unparsed_bytes, self.slice_frames, self.slice_ns, parse_ns)


def frames_in_slice(slice_bytes: int, frame_bytes: int) -> int:
    """Frames that one slice can bring, the one that came in part before it included."""
    return slice_bytes // frame_bytes + 1


class Flooder(threading.Thread):
    """`with Flooder(...)`: connects and greets at once, floods after `go()`, is gone afterwards. Waits are bounded."""

    def __init__(self, port: int, greeting: Sequence[bytes], flood: bytes) -> None:
        super().__init__(name="flooder", daemon=True)
        self._greeting = b"".join(masked_frame(message, MASK) for message in greeting)
        self._flood = flood
        self._go = threading.Event()
        self._sock = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.failure: Exception | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._sock:
            if error is not None:
                with suppress(OSError):  # the server has ended it
                    self._sock.shutdown(socket.SHUT_RDWR)
            self._go.set()
            self.join(TIMEOUT_S)
        if self.failure is not None and error is None:
            raise self.failure

    def go(self) -> None:
        """The server is ready."""
        self._go.set()

    def run(self) -> None:
        try:
            self._sock.sendall(UPGRADE)
            self._await_answer()
            self._sock.sendall(self._greeting)
            self._go.wait(TIMEOUT_S)
            self._sock.sendall(self._flood)
        except OSError as error:
            self.failure = error

    def _await_answer(self) -> None:
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = self._sock.recv(4096)
            if not more:
                raise ConnectionError("the server ended the connection before it was open")
            answer += more
