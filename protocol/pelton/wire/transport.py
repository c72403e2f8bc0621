"""The same WebSocket on an asyncio transport: for in-process TLS, odd platforms, and the Python client.

Input is fed in slices with other work let in between; output is handed to the transport only while its buffer
is empty, so what waits in user space is one message at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from pelton.wire.seam import address
from pelton.wire.websocket import WebSocket

__all__ = ["TransportChannel"]


class TransportChannel(asyncio.Protocol):
    """A channel and an asyncio protocol in one. See `pelton.wire.seam.Channel`."""

    def __init__(self, websocket: WebSocket, slice_bytes: int) -> None:
        self.peer = "unknown"
        self.ended = asyncio.Event()
        """Set when the transport is closed for good."""
        self._websocket = websocket
        self._slice_bytes = slice_bytes
        self._transport: asyncio.Transport
        self._loop: asyncio.AbstractEventLoop
        self._unread = b""
        self._held = False
        self._full = False
        self._scheduled = False
        self._ended = False

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass of it
        self._transport.set_write_buffer_limits(high=0)
        self._loop = asyncio.get_running_loop()
        self.peer = address(transport.get_extra_info("peername"))
        self._websocket.attach(self)

    def data_received(self, data: bytes) -> None:
        self._unread += data  # one read of the transport at most: it is paused until this is parsed
        if not self._scheduled:
            self._feed_slice()

    def eof_received(self) -> bool:
        self._guard(self._websocket.eof)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._unread = b""
        self._guard(self._websocket.lost)
        self.ended.set()

    def pause_writing(self) -> None:
        self._full = self._websocket.congested = True

    def resume_writing(self) -> None:
        self._full = self._websocket.congested = False
        # Not from within this call: asyncio's transport does not expect to be closed by it (3.11).
        self._loop.call_soon(self._guard, self._websocket.writable)

    # What the WebSocket calls.

    def write(self, data: bytes) -> int:
        if self._full or self._ended:
            return 0
        self._transport.write(data)
        return len(data)

    def watch_writable(self, wanted: bool) -> None:
        """Nothing to do: the transport calls `resume_writing` by itself."""

    def pause(self) -> None:
        self._held = True
        if not self._ended:
            self._transport.pause_reading()

    def resume(self) -> None:
        self._held = False
        self._schedule()

    def finish(self) -> None:
        self._held = False
        if not self._ended and self._transport.can_write_eof():
            self._transport.write_eof()
            self._schedule()
        elif not self._ended:
            self._transport.close()  # TLS has no half-close

    def abort(self) -> None:
        if not self._ended:
            self._ended = True
            self._transport.close() if not self._full else self._transport.abort()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._next_slice)

    def _next_slice(self) -> None:
        self._scheduled = False
        if not self._ended:
            self._feed_slice()

    def _feed_slice(self) -> None:
        """Feed one slice; if more is left, let other connections go first."""
        if self._held:
            return
        data, self._unread = self._unread[: self._slice_bytes], self._unread[self._slice_bytes :]
        self._guard(lambda: self._websocket.feed(data))
        if self._ended:
            return
        if self._unread:
            self._transport.pause_reading()
            if not self._held:
                self._schedule()
        elif not self._held:
            self._transport.resume_reading()

    def _guard(self, call: Callable[[], None]) -> None:
        """The edge where one connection's fault stops."""
        try:
            call()
        except Exception as error:  # noqa: BLE001 - as it says
            self._websocket.fault(error)
