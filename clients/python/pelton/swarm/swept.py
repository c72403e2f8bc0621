"""Sockets of many bots in one sweep, looked at on a beat: what is cheapest for a server's players is so for bots too.

A frame waits for the next look, so it counts as having arrived up to `SWEEP_S` later than it did. Everything else is
as on a connection of the event loop, where each packet would wake the process.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

from pelton.client.dial import Line, dial_tcp
from pelton.wire import Sweep, WebSocket
from pelton.wire.swept import SweptChannel

__all__ = ["SWEEP_S", "SweptLines"]

SWEEP_S = 0.002
SLICE_BYTES = 16_384


class SweptLines:
    """Connections of one process, on the event loop that is running when the first is made."""

    def __init__(self, sweep_s: float = SWEEP_S) -> None:
        self._sweep_s = sweep_s
        self._sweep = Sweep(SLICE_BYTES)
        self._lines: set[_SweptLine] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def dial(self, websocket: WebSocket, host: str, port: int, tls: ssl.SSLContext | None) -> Line:
        """See `pelton.client.dial.Dial`. TLS needs a transport, so such a connection is one of the event loop."""
        if tls is not None:
            return await dial_tcp(websocket, host, port, tls)
        sock = await _connected(host, port)
        line = _SweptLine(self._sweep, sock, websocket, self._lines.discard)
        self._lines.add(line)
        if self._timer is None:
            self._wait()
        websocket.attach(line)
        return line

    def close(self) -> None:
        """Look no more. Connections that are open end without a goodbye."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for line in list(self._lines):
            line.websocket.drop(1006, "the swarm is over")
        self._sweep.close()

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._sweep_s, self._look)

    def _look(self) -> None:
        self._timer = None
        self._sweep.sweep()
        if self._lines:
            self._wait()


class _SweptLine(SweptChannel):
    """A swept socket that can be waited for to end."""

    __slots__ = ("_forget", "ended")

    def __init__(
        self, sweep: Sweep, sock: socket.socket, websocket: WebSocket, forget: Callable[[_SweptLine], None]
    ) -> None:
        super().__init__(sweep, sock, websocket)
        self.ended = asyncio.Event()
        self._forget = forget

    def abort(self) -> None:
        super().abort()
        self._forget(self)
        self.ended.set()


async def _connected(host: str, port: int) -> socket.socket:
    """A connection to the first address of the host that answers. OSError if none does."""
    loop = asyncio.get_running_loop()
    refusal = OSError(f"{host} has no address")
    for family, kind, proto, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, proto)
        sock.setblocking(False)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            refusal = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise refusal
