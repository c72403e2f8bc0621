"""The players' lines to the server, and what can be done to them: clogged, cut, silenced, and who dials again.

A line is a player's, across all of his connections: what stands still does so also for the next one.
"""

from __future__ import annotations

import asyncio
import math
from bisect import insort
from collections.abc import Callable
from random import Random
from ssl import SSLContext

from pelton.netsim import Conditions
from pelton.testing.network import End, Network
from pelton.testing.virtual_time import VirtualLoop, VirtualTime
from pelton.wire import WebSocket
from pelton.wire.seam import Endpoint

__all__ = ["Link", "Witness"]

BRITTLE_S = 0.4


class Witness:
    """Stands before an endpoint, and tells of its end."""

    def __init__(self, endpoint: Endpoint, closed: Callable[[int, str], None]) -> None:
        self._closed = closed
        self._endpoint = endpoint
        self.opened, self.received, self.drained = endpoint.opened, endpoint.received, endpoint.drained

    def closed(self, code: int, reason: str) -> None:
        """It is over; whoever stands here is told after the endpoint."""
        self._endpoint.closed(code, reason)
        self._closed(code, reason)


class Link:
    """The line of player `name`. `closed` is told how each of his connections ended, as the client sees it."""

    def __init__(
        self,
        name: str,
        loop: VirtualLoop,
        time: VirtualTime,
        network: Network,
        conditions: Conditions,
        random: Random,
        closed: Callable[[int, str], None],
    ) -> None:
        self.name = name
        self.end: End | None = None
        """The client's end of the newest connection."""
        self.brittle = 0
        """So many of the next connections break as soon as they are made, or nearly."""
        self._holds: list[tuple[float, float]] = []
        self._loop, self._time = loop, time
        self._network = network
        self._conditions = conditions
        self._random = random
        self._closed = closed
        self._dumb: list[End] = []
        """Ends that think they are connected, and are not."""

    def dial(self, websocket: WebSocket, _host: str, _port: int, _tls: SSLContext | None) -> asyncio.Future[End]:
        """A `pelton.client.dial.Dial`."""
        websocket._endpoint = Witness(websocket._endpoint, self._closed)
        connected: asyncio.Future[End] = self._loop.create_future()

        def arrive() -> None:
            if connected.done():
                return
            try:
                self.end = end = self._network.connect(websocket, self._conditions, self._random)
            except OSError as error:
                connected.set_exception(error)
                return
            end.held_back = end.other.held_back = self._holds
            if self.brittle:
                self.brittle -= 1
                self._loop.happen_at(self._time.now_s + BRITTLE_S * self._random.random(), lambda: self._snap(end))
            connected.set_result(end)

        at_s = self._time.now_s + 2 * self._conditions.latency_ms / 1000
        for begin_s, until_s in self._holds:
            if begin_s <= at_s < until_s:
                at_s = until_s
        self._loop.happen_at(at_s, arrive)
        return connected

    def clog(self, begin_s: float, until_s: float) -> None:
        """Have nothing arrive meanwhile, in either direction; it arrives later."""
        insort(self._holds, (begin_s, until_s))

    def cut(self, client_after_s: float, server_after_s: float) -> None:
        """From now on nothing arrives; each side notices after so long, or by itself only (`math.inf`)."""
        end = self.end
        if end is None or end.silent_from_s < math.inf:
            return
        end.silent_from_s = end.other.silent_from_s = self._time.now_s
        for side, after_s in ((end, client_after_s), (end.other, server_after_s)):
            side.flight.clear()
            if after_s < math.inf:
                self._loop.happen_at(self._time.now_s + after_s, side.break_off)
            else:
                self._dumb.append(side)

    def heal(self) -> None:
        """Who still talks to nobody is told so, as a reset would."""
        for side in self._dumb:
            side.break_off()
        self._dumb.clear()

    def _snap(self, end: End) -> None:
        if self.end is end:
            self.cut(0.0, 0.0)
