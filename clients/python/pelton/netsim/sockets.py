"""An end of a passage that is a real socket: an asyncio protocol that reads no more than there is room for."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from pelton.netsim.flow import SLICE_BYTES, Flow
from pelton.netsim.passage import Passage

__all__ = ["SocketEnd"]

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class SocketEnd(asyncio.BufferedProtocol):
    """What the socket receives goes into `flow`; what the passage delivers goes into the socket.

    `receive_buffer_bytes` bounds what the kernel takes from the peer by itself, so that the peer feels it soon when
    there is no room. `view` is what is read into; all ends of an event loop may share one.
    """

    def __init__(self, passage: Passage, flow: Flow, receive_buffer_bytes: int, view: memoryview | None = None) -> None:
        self.ended = asyncio.Event()
        """Set when the socket is closed for good."""
        self.on_made: Callable[[], None] | None = None
        self._passage = passage
        self._flow = flow
        self._receive_buffer_bytes = receive_buffer_bytes
        self._view = view if view is not None else memoryview(bytearray(SLICE_BYTES))
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._full = self._held = self._eof = False

    @property
    def ready(self) -> bool:
        return not self._full

    @property
    def wants_room(self) -> bool:
        return self._held and not self._flow.ending

    @property
    def peername(self) -> object:
        """Whom the system calls the peer."""
        return self._transport.get_extra_info("peername") if self._transport else None

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass of it
        # 1 for the reason that TransportChannel gives
        self._transport.set_write_buffer_limits(high=1 if transport.get_extra_info("sslcontext") else 0)
        sock = self._socket()
        if sock is not None:
            with suppress(OSError):  # gone already, or no such option: then the kernel holds more
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer_bytes)
        if self.on_made is not None:
            self.on_made()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view[: max(1, min(len(self._view), self._passage.room(self._flow)))]

    def buffer_updated(self, nbytes: int) -> None:
        self._passage.send(self._flow, bytes(self._view[:nbytes]))
        self.allow(self._passage.room(self._flow) > 0)

    def eof_received(self) -> bool:
        self._eof = True
        self._passage.end(self._flow)
        # Go on writing, except with TLS, which has no half-close.
        return self._transport is not None and self._transport.get_extra_info("sslcontext") is None

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self._full = None, False  # what still arrives is forgotten
        self._passage.end(self._flow, broke=exc is not None or not self._eof)
        self._passage.wake()
        self.ended.set()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._passage.wake()

    # What the passage calls.

    def deliver(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def deliver_end(self) -> None:
        if self._transport is None:
            return
        if self._transport.can_write_eof():
            with suppress(OSError):  # the peer was quicker; the transport is about to be lost
                self._transport.write_eof()
        else:
            self._transport.close()

    def allow(self, wanted: bool) -> None:
        """Read, or leave it in the kernel, which then slows the peer down."""
        wanted = wanted and not self._passage.silent
        if wanted == self._held and self._transport is not None and not self._eof:
            self._held = not wanted
            self._transport.resume_reading() if wanted else self._transport.pause_reading()

    def broken(self) -> None:
        # Not now: uvloop may put writes off to the end of a turn, and what was delivered has to be on its way before.
        self._loop.call_soon(self.reset)

    def close(self) -> None:
        """Close it behind what was written."""
        if self._transport is not None:
            self._transport.close()

    def drop(self) -> None:
        """Close it now, and wait for nobody: a peer that does not read would never let it end."""
        if self._transport is not None:
            self._transport.abort() if self._full else self._transport.close()

    def reset(self) -> None:
        """End it now; the peer sees a reset."""
        if self._transport is not None:
            sock = self._socket()
            if sock is not None:
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self._transport.abort()

    def _socket(self) -> socket.socket | None:
        assert self._transport is not None
        return cast("socket.socket | None", self._transport.get_extra_info("socket"))
