"""The same WebSocket on an asyncio transport: for in-process TLS, odd platforms, and the Python client.

Input is taken from the system a slice at a time, with other work let in between; what is not taken waits in the kernel,
which then slows the sender down. Output is handed to the transport only while its buffer is empty, so what waits in
user space is one message at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from pelton.wire.seam import Carried, Traffic, Uncounted, address

__all__ = ["TransportChannel"]


class TransportChannel(asyncio.BufferedProtocol):
    """A channel and an asyncio protocol in one. See `pelton.wire.seam.Channel`.

    `view` is what one read is put into, so its length is a slice. All channels of an event loop may share one: what
    was read is copied out before anybody else reads.
    """

    def __init__(self, websocket: Carried, view: memoryview, traffic: Traffic | None = None) -> None:
        self.peer = "unknown"
        self.ended = asyncio.Event()
        """Set when the transport is closed for good."""
        self._websocket = websocket
        self._view = view
        self._traffic: Traffic = traffic or Uncounted()
        self._transport: asyncio.Transport
        self._loop: asyncio.AbstractEventLoop
        self._held = False
        self._behind = False
        self._full = False
        self._scheduled = False
        self._ended = False

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass of it
        # TLS of asyncio and uvloop pauses writing at this size or above, so always at 0, and resumes when it happens to
        # read (CPython 3.11, `_control_app_writing`); a plain transport pauses above it.
        self._transport.set_write_buffer_limits(high=1 if transport.get_extra_info("sslcontext") else 0)
        self._loop = asyncio.get_running_loop()
        self.peer = address(transport.get_extra_info("peername"))
        self._websocket.attach(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        """Feed what was read. Also while paused: a proactor hands on all of its own read, whatever it is told."""
        data = bytes(self._view[:nbytes])
        self._traffic.bytes_received += nbytes
        try:
            self._websocket.feed(data)
        except Exception as error:  # noqa: BLE001 - as in `_guard`, spared a call for every read
            self._websocket.fault(error)
        if nbytes == len(self._view) and self._may_read():
            # There is more, probably. uvloop would read on up to 32 times before others have their turn.
            self._transport.pause_reading()
            self._schedule()

    def eof_received(self) -> bool:
        self._guard(self._websocket.eof)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
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
        self._traffic.bytes_sent += len(data)
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

    def again(self) -> None:
        self._behind = True
        self._schedule()

    def finish(self) -> None:
        self._held = False
        if not self._ended and self._transport.can_write_eof():
            try:
                self._transport.write_eof()
            except OSError:  # the peer is gone, and asyncio has not heard of it yet
                self._transport.abort()
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
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Others had their turn: let the WebSocket parse what it held back, then read again."""
        self._scheduled = False
        behind, self._behind = self._behind, False
        if self._may_read() or (behind and not self._ended):
            self._guard(lambda: self._websocket.feed(b""))
        if self._may_read():
            self._transport.resume_reading()

    def _may_read(self) -> bool:
        return not (self._held or self._ended or self._scheduled)

    def _guard(self, call: Callable[[], None]) -> None:
        """The edge where one connection's fault stops."""
        try:
            call()
        except Exception as error:  # noqa: BLE001 - as it says
            self._websocket.fault(error)
