"""Sockets of many bots in one sweep, looked at in each turn: what is cheapest for a server's players is so for bots.

A frame waits for the next look, so it counts as having arrived up to a turn later than it did. Everything else is as on
a connection of the event loop.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

from pelton.client.dial import Line, dial_tcp
from pelton.swarm.turns import Turns
from pelton.wire import Sweep, WebSocket
from pelton.wire.swept import SweptChannel

__all__ = ["SweptLines"]

SLICE_BYTES = 16_384


class SweptLines:
    """Connections of one process, looked at in these turns."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._sweep = Sweep(SLICE_BYTES)
        self._lines: set[_SweptLine] = set()

    async def dial(self, websocket: WebSocket, host: str, port: int, tls: ssl.SSLContext | None) -> Line:
        """See `pelton.client.dial.Dial`. TLS needs a transport, so such a connection is one of the event loop."""
        if tls is not None:
            return await dial_tcp(websocket, host, port, tls)
        sock = await _connected(host, port)
        line = _SweptLine(self._sweep, sock, websocket, self._lines.discard)
        self._lines.add(line)
        self._turns.look_with(self._look)
        websocket.attach(line)
        return line

    def _look(self) -> bool:
        self._sweep.sweep()
        return bool(self._lines)


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
