"""A network without sockets: two ends of a connection, and between them what `pelton.netsim` makes of the line.

What was written and not yet read is bounded by `WINDOW_BYTES` in each direction, as a kernel's buffers bound it, so a
client that does not read slows its server down here too.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from ssl import SSLContext

from pelton.netsim import Conditions, Route, Uplink, Way
from pelton.testing.virtual_time import VirtualLoop, VirtualTime
from pelton.wire import Phase, WebSocket

__all__ = ["End", "Network"]

_HANDSHAKE = Phase.HANDSHAKE  # an attribute of an enum costs ten times as much

WINDOW_BYTES = 131_072
"""The kernel's: what 64 KiB to send and 64 KiB received and unread come to."""

GRAINS_PER_S = 10_000
"""Nothing arrives between two tenths of a millisecond, as network cards collect packets; it costs less, too."""
STALL_S = 0.15
"""What takes so much longer than the latency says is a stall."""


@dataclass(slots=True)
class _Piece:
    """Bytes under way; the end of the stream if there are none."""

    data: bytes


class End:
    """One end of a connection, a `pelton.wire.seam.Channel`, and the `Line` that a client holds."""

    __slots__ = (
        "_behind",
        "_closed",
        "_held",
        "_loop",
        "_other",
        "_paused",
        "_revisits",
        "_slice_bytes",
        "_time",
        "_way",
        "_window_bytes",
        "arrived_s",
        "awaits_room",
        "ended",
        "flight",
        "held_back",
        "outstanding",
        "patience_s",
        "peer",
        "sent",
        "silent_from_s",
        "stalls",
        "websocket",
    )

    def __init__(
        self,
        loop: VirtualLoop,
        time: VirtualTime,
        websocket: WebSocket,
        way: Way,
        slice_bytes: int,
        window_bytes: int = WINDOW_BYTES,
    ) -> None:
        self.peer = "simulated"
        self.ended = asyncio.Event()
        self.websocket = websocket
        self.silent_from_s = math.inf
        self.arrived_s = 0.0
        """When the last that was written arrives at the other end."""
        self.stalls: list[tuple[float, float]] = []
        """Of a client's end: from when to when nothing reached it, though something was on the way."""
        self.sent: Callable[[bytes], None] | None = None
        """Told of everything written."""
        self._loop, self._time = loop, time
        self._way = way
        self._slice_bytes = slice_bytes
        self._window_bytes = window_bytes
        self.patience_s = math.inf
        self.held_back: Sequence[tuple[float, float]] = ()
        self._other: End
        self.flight: deque[_Piece] = deque()
        """On the way to this end, in the order of arrival."""
        self._held = b""
        """Arrived at this end and not read."""
        self.outstanding = 0
        """Written at this end and not read at the other."""
        self._paused = self._behind = self.awaits_room = self._closed = self._revisits = False

    def join(self, other: End) -> None:
        """Make them the two ends of one connection."""
        self._other, other._other = other, self

    @property
    def other(self) -> End:
        """The end that this one is connected with."""
        return self._other

    def hold_back(self, stalls: Sequence[tuple[float, float]]) -> None:
        """Have nothing arrive at this end from one time to another."""
        self._other.held_back = stalls

    def note_stalls(self, patience_s: float) -> None:
        """Write down when something takes longer to this end than that."""
        self._other.patience_s = patience_s

    # What the WebSocket calls.

    def write(self, data: bytes) -> int:
        if self._closed:
            return 0
        now_s = self._time.now_s
        taken = min(len(data), self._way.room(now_s), self._window_bytes - self.outstanding)
        if taken <= 0:
            return 0
        if taken != len(data):
            data = data[:taken]
        if self.sent is not None and self.websocket.phase is not _HANDSHAKE:  # which has a date and a secret in it
            self.sent(data)
        self.outstanding += taken
        pieces = self._way.send(now_s, taken)
        if len(pieces) == 1:
            self._fly(pieces[0][0], data)
        else:
            position = 0
            for at_s, size in pieces:
                self._fly(at_s, data[position : position + size])
                position += size
        return taken

    def watch_writable(self, wanted: bool) -> None:
        self.awaits_room = wanted

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._come_back()

    def again(self) -> None:
        self._behind = True
        self._come_back()

    def finish(self) -> None:
        if not self._closed:
            self._fly(max(self.arrived_s, self._way.send(self._time.now_s, 1)[-1][0]), b"")
        self._paused = False

    def abort(self) -> None:
        if not self._closed:
            self._closed = True
            self.ended.set()
            self.flight.clear()
            self._held = b""
            at_s = self._way.send(self._time.now_s, 1)[-1][0]
            if at_s < self.silent_from_s:
                self._loop.happen_at(at_s, self._other.break_off)

    # What the network does.

    def note_stall(self, from_s: float, until_s: float) -> None:
        """Nothing arrives here meanwhile."""
        if self.stalls and self.stalls[-1][1] >= from_s:
            self.stalls[-1] = (self.stalls[-1][0], until_s)
        else:
            self.stalls.append((from_s, until_s))

    def reset(self) -> None:
        """End the connection at both ends, in the middle of whatever is under way."""
        other = self._other
        self.cut(0.5)
        other.cut(0.5)

    def break_off(self) -> None:
        """The connection is gone, at this end."""
        if not self._closed:
            self.websocket.lost()

    def cut(self, share: float) -> None:
        """The connection is gone in the middle of what is under way: of the next piece, this share still arrives."""
        if self.flight and not self._closed:
            data = self.flight[0].data
            self._feed(data[: int(len(data) * share)])
        self.flight.clear()
        self.break_off()

    def _fly(self, at_s: float, data: bytes) -> None:
        if at_s >= self.silent_from_s:
            return  # swallowed, and never acknowledged: the window fills up
        other = self._other
        for begin_s, until_s in self.held_back:
            if begin_s <= at_s < until_s:
                at_s = until_s
        if at_s - self._time.now_s > self.patience_s:
            other.note_stall(self._time.now_s, at_s)
        at_s = math.ceil(at_s * GRAINS_PER_S) / GRAINS_PER_S
        self.arrived_s = at_s
        other.flight.append(_Piece(data))
        self._loop.happen_at(at_s, other.arrive)

    def arrive(self) -> None:
        if not self.flight:
            return  # it was cut off meanwhile
        data = self.flight.popleft().data
        if self._closed:
            return
        if not data:
            self._take_in()
            self.websocket.eof()
        elif self._paused or self._held:
            self._held += data
            self._take_in()
        elif len(data) <= self._slice_bytes:
            self._feed(data)
        else:
            self._held = data
            self._take_in()

    def _take_in(self) -> None:
        """Read, a slice at a time, until the WebSocket pauses."""
        while self._held and not (self._paused or self._closed):
            data, self._held = self._held[: self._slice_bytes], self._held[self._slice_bytes :]
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        other = self._other
        other.outstanding -= len(data)
        if other.awaits_room:
            self._loop.call_soon(other.write_on)
        try:
            self.websocket.feed(data)
        except Exception as error:  # noqa: BLE001 - the edge where one connection's fault stops
            self.websocket.fault(error)

    def write_on(self) -> None:
        if self.awaits_room and not self._closed:
            self.websocket.writable()

    def _come_back(self) -> None:
        if not self._revisits:
            self._revisits = True
            self._loop.call_soon(self._revisit)

    def _revisit(self) -> None:
        self._revisits = False
        behind, self._behind = self._behind, False
        if not self._closed and (behind or not self._paused):
            self.websocket.feed(b"")
            self._take_in()


class Network:
    """Connections between clients and one server. `window_bytes` may be under way or unread in each direction."""

    def __init__(
        self,
        loop: VirtualLoop,
        time: VirtualTime,
        admit: Callable[[], WebSocket | None],
        slice_bytes: int,
        window_bytes: int = WINDOW_BYTES,
    ) -> None:
        self._loop, self._time = loop, time
        self._admit = admit
        self._slice_bytes = slice_bytes
        self._window_bytes = window_bytes
        self.heard: Callable[[bytes], None] | None = None
        """Told of everything that the server writes, after the handshake."""

    def connect(
        self, websocket: WebSocket, conditions: Conditions, random: Random, shared: Uplink | None = None
    ) -> End:
        """A client's WebSocket gets a connection to the server. OSError if it takes none."""
        at_server = self._admit()
        if at_server is None:
            raise ConnectionRefusedError("the server takes no more connections")
        route = Route.draw(conditions, random, self._time.now_s, shared)
        fate = route.fate
        client = End(self._loop, self._time, websocket, route.up, self._slice_bytes, self._window_bytes)
        server = End(self._loop, self._time, at_server, route.down, self._slice_bytes, self._window_bytes)
        client.join(server)
        client.silent_from_s = server.silent_from_s = fate.silent_from_s
        client.note_stalls(conditions.latency_ms / 1000 + STALL_S)
        server.sent = self.heard
        if fate.reset_at_s < math.inf:
            self._loop.happen_at(fate.reset_at_s, client.reset)
        at_server.attach(server)
        websocket.attach(client)
        return client

    def dial(
        self, conditions: Conditions, random: Random, shared: Uplink | None = None
    ) -> Callable[[WebSocket, str, int, SSLContext | None], asyncio.Future[End]]:
        """A `pelton.client.dial.Dial` over this network, for one client. Each connection draws anew from `random`."""

        def dial(websocket: WebSocket, _host: str, _port: int, _tls: SSLContext | None) -> asyncio.Future[End]:
            connected: asyncio.Future[End] = self._loop.create_future()

            def arrive() -> None:
                if connected.done():
                    return  # the client has given up
                try:
                    connected.set_result(self.connect(websocket, conditions, random, shared))
                except OSError as error:
                    connected.set_exception(error)

            # One round trip, as TCP's handshake takes; nothing of it can be seen by either side.
            self._loop.happen_at(self._time.now_s + 2 * conditions.latency_ms / 1000, arrive)
            return connected

        return dial
