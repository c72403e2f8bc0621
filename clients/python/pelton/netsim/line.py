"""A client's transport with a bad network in it: a WebSocket on one end of a passage, a real socket on the other."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from random import Random

from pelton.netsim.conditions import Conditions
from pelton.netsim.passage import Passage
from pelton.netsim.sockets import SocketEnd
from pelton.netsim.uplink import Uplink
from pelton.netsim.way import Route
from pelton.wire import WebSocket
from pelton.wire.seam import address

__all__ = ["Line", "open_line"]

PARKED_S = 60.0
"""How long the server's side of a silent connection is kept after the client has given it up."""


async def open_line(
    websocket: WebSocket,
    place: tuple[str, int],
    tls: ssl.SSLContext | None,
    model: tuple[Conditions, Random, Uplink | None],
    now_s: Callable[[], float],
) -> Line:
    """Connect a WebSocket to a host and port. OSError if nobody is there."""
    conditions, random, shared = model
    await asyncio.sleep(2 * conditions.latency_ms / 1000)  # TCP's own handshake
    passage = Passage(Route.draw(conditions, random, now_s(), shared), now_s)
    far = SocketEnd(passage, passage.down, conditions.buffer_bytes)
    line = Line(websocket, passage, far)
    far.on_made = line.begin
    await asyncio.get_running_loop().create_connection(lambda: far, *place, ssl=tls)
    return line


class Line:
    """A channel (see `pelton.wire.seam.Channel`) and the client's end of the passage."""

    def __init__(self, websocket: WebSocket, passage: Passage, far: SocketEnd) -> None:
        self.peer = "unknown"
        self.ended = far.ended
        """Set when the connection is closed for good."""
        self.passage = passage
        self._websocket = websocket
        self._far = far
        self._loop = asyncio.get_running_loop()
        self._held = self._behind = self._watched = self._scheduled = self._gone = False

    def begin(self) -> None:
        """The real connection is made."""
        self.peer = address(self._far.peername)
        self.passage.join(self, self._far)
        self._websocket.attach(self)

    # What the WebSocket calls.

    def write(self, data: bytes) -> int:
        room = self.passage.room(self.passage.up)
        if room:
            self.passage.send(self.passage.up, data[:room])
        return min(room, len(data))

    def watch_writable(self, wanted: bool) -> None:
        self._watched = wanted
        if wanted:
            self.passage.wake()

    def pause(self) -> None:
        self._held = True

    def resume(self) -> None:
        self._held = False
        self._schedule()

    def again(self) -> None:
        self._behind = True
        self._schedule()

    def finish(self) -> None:
        self._held = False
        self.passage.end(self.passage.up)
        self._schedule()

    def abort(self) -> None:
        """End it. What is under way is lost, and the server hears of it at once: unless the line is silent."""
        if self._gone:
            return
        self._gone = True
        self.passage.stop()
        if not self.passage.silent:
            self._far.drop()
            return
        self._loop.call_later(PARKED_S, self._far.reset)
        self.ended.set()

    # What the passage calls.

    @property
    def ready(self) -> bool:
        return not self._held

    @property
    def wants_room(self) -> bool:
        return self._watched

    def deliver(self, data: bytes) -> None:
        self._guard(lambda: self._websocket.feed(data))

    def deliver_end(self) -> None:
        self._guard(self._websocket.eof)

    def allow(self, wanted: bool) -> None:
        if wanted and self._watched:
            self._guard(self._websocket.writable)

    def broken(self) -> None:
        self._gone = True
        self._guard(self._websocket.lost)

    def close(self) -> None:
        """Nothing to do: at the server's end the WebSocket has ended itself."""

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Let the WebSocket parse what it held back, then whatever has arrived meanwhile."""
        self._scheduled = False
        behind, self._behind = self._behind, False
        if not self._gone and (behind or not self._held):
            self._guard(lambda: self._websocket.feed(b""))
        self.passage.wake()

    def _guard(self, call: Callable[[], None]) -> None:
        """The edge where one connection's fault stops."""
        try:
            call()
        except Exception as error:  # noqa: BLE001 - as it says
            self._websocket.fault(error)
