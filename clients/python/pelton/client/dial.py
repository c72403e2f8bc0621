"""How a client reaches its server: a TCP connection of the event loop, unless another way is given.

Others are a connection with a bad network in between (`pelton.netsim`), sockets that many bots share a sweep for, and
the virtual network of a simulation.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from pelton.wire import TransportChannel, WebSocket

__all__ = ["Dial", "Line", "dial_tcp"]

SLICE_BYTES = 16_384


class Line(Protocol):
    """A connection that was made and has its WebSocket attached."""

    @property
    def ended(self) -> asyncio.Event:
        """Set when nothing more can come of it."""
        ...


Dial: TypeAlias = Callable[[WebSocket, str, int, ssl.SSLContext | None], Awaitable[Line]]
"""Connects a WebSocket to a host and port, with TLS if a context is given. OSError if nobody is there."""


async def dial_tcp(websocket: WebSocket, host: str, port: int, tls: ssl.SSLContext | None) -> Line:
    """The usual way."""
    view = memoryview(bytearray(SLICE_BYTES))
    loop = asyncio.get_running_loop()
    _, channel = await loop.create_connection(lambda: TransportChannel(websocket, view), host, port, ssl=tls)
    return channel
