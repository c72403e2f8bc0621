"""A proxy for any TCP: whoever connects gets a connection to the target, with a bad network in between.

What is under way is bounded for each connection and each direction; a side that sends more is left unread, which it
feels as backpressure. Connections are bounded in number.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from pelton.netsim.conditions import Conditions
from pelton.netsim.fate import offspring
from pelton.netsim.flow import SLICE_BYTES
from pelton.netsim.passage import Passage
from pelton.netsim.sockets import SocketEnd
from pelton.netsim.uplink import Uplink
from pelton.netsim.way import Route

__all__ = ["Counts", "Proxy"]

FINISH_S = 5.0
"""What connections have to end in order, when the proxy is stopped."""


@dataclass(slots=True)
class Counts:
    """What a proxy has seen so far."""

    connections: int = 0
    unreachable: int = 0
    """Closed again, because the target could not be reached."""
    refused: int = 0
    """Closed at once, because too many were open."""
    open: int = 0
    """Now."""
    up_bytes: int = 0
    down_bytes: int = 0
    stalls: int = 0
    """Segments that were lost, and sent again."""
    resets: int = 0
    half_open: int = 0

    def add(self, passage: Passage) -> None:
        """Count what went through a connection."""
        self.up_bytes += passage.up.arrived_bytes
        self.down_bytes += passage.down.arrived_bytes
        self.stalls += passage.up.stalls + passage.down.stalls
        self.resets += passage.was_reset
        self.half_open += passage.silent


@dataclass(frozen=True, slots=True, eq=False)
class _Connection:
    passage: Passage
    client: SocketEnd
    server: SocketEnd

    def reset(self) -> None:
        self.passage.stop()
        self.client.reset()
        self.server.reset()


class Proxy:
    """`listen`, then `run` until `finish` is called.

    `say` gets a line about what went wrong. All that share `shared` wait for each other with what clients send.
    """

    def __init__(
        self,
        target: tuple[str, int],
        conditions: Conditions,
        random: Random,
        *,
        say: Callable[[str], None],
        shared: Uplink | None = None,
        connections_max: int = 1024,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.say = say
        self._target = target
        self._conditions = conditions
        self._random = random
        self._shared = shared
        self._connections_max = connections_max
        self._now_s = now_s
        self._counts = Counts()
        self._open: dict[_Connection, None] = {}
        self._view = memoryview(bytearray(SLICE_BYTES))
        self._finishing = asyncio.Event()
        self._server: asyncio.Server
        self._group: asyncio.TaskGroup

    def counts(self) -> Counts:
        """What it has seen so far, with the connections that are open now."""
        counts = replace(self._counts, open=len(self._open))
        for connection in self._open:
            counts.add(connection.passage)
        return counts

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Take the address, and say which, as port 0 is any free one. OSError if it cannot be had.

        Nobody is let in before `run`.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, host, port, start_serving=False)
        name: tuple[str, int] = self._server.sockets[0].getsockname()[:2]
        return name

    async def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Carry until `finish`, then end the connections in order. Cancelled, it ends them at once.

        `started` is called when clients can connect.
        """
        try:
            async with asyncio.TaskGroup() as self._group:
                await self._server.start_serving()
                started()
                await self._finishing.wait()
                self._server.close()
                await self._end_in_order()
        finally:
            self._server.close()
            for connection in self._open:
                connection.reset()

    def finish(self) -> None:
        """Accept nobody more; what is under way still arrives."""
        self._finishing.set()

    def _accept(self) -> SocketEnd:
        passage = Passage(
            Route.draw(self._conditions, offspring(self._random), self._now_s(), self._shared), self._now_s
        )
        client, server = (
            SocketEnd(passage, flow, self._conditions.buffer_bytes, self._view) for flow in (passage.up, passage.down)
        )
        connection = _Connection(passage, client, server)
        client.on_made = lambda: self._begin(connection)
        return client

    def _begin(self, connection: _Connection) -> None:
        if len(self._open) >= self._connections_max or self._finishing.is_set():
            self._counts.refused += 1
            self.say(f"a connection was refused: {len(self._open)} are open")
            connection.reset()
            return
        self._counts.connections += 1
        self._open[connection] = None
        self._group.create_task(self._carry(connection))

    async def _carry(self, connection: _Connection) -> None:
        if await self._connect(connection):
            await connection.server.ended.wait()
        await connection.client.ended.wait()
        self._counts.add(connection.passage)
        del self._open[connection]

    async def _connect(self, connection: _Connection) -> bool:
        host, port = self._target
        try:
            await asyncio.get_running_loop().create_connection(lambda: connection.server, host, port)
        except OSError as error:
            self._counts.unreachable += 1
            self.say(f"cannot reach {host}:{port}: {error.strerror or error}")
            connection.passage.stop()
            connection.client.close()
            return False
        connection.passage.join(connection.client, connection.server)
        return True

    async def _end_in_order(self) -> None:
        for connection in self._open:
            connection.passage.end(connection.passage.up)
            connection.passage.end(connection.passage.down)
            connection.passage.wake()
        try:
            async with asyncio.timeout(FINISH_S):
                for connection in list(self._open):
                    await connection.client.ended.wait()
        except TimeoutError:
            self.say(f"{len(self._open)} connections did not end in {FINISH_S:g} s, and were reset")
            for connection in self._open:
                connection.reset()
