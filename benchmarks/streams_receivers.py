"""Our receive path under a flood, put together as the server does it, and driven by hand so that time can stand still.

`Wired` leaves out the protocol, so that it can be sent the same frames as any other server; streams_seated.py has all.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from benchmarks.streams_flooder import MINIMAL, Flood, Flooder, Notes
from benchmarks.streams_timing import run_on_loop
from pelton.protocol import SUBPROTOCOL
from pelton.server.config import load_config
from pelton.streams import Inbox, Offer
from pelton.wire import Endpoint, Phase, ServerHandshake, Sweep, WebSocket
from pelton.wire.frames import extent

__all__ = ["CONFIG", "Receiver", "Wired"]

CONFIG = load_config(None, {}, []).config
LOOK_S = 0.001


class Watched(WebSocket):
    """Notes each slice that it is fed."""

    __slots__ = ("receiver",)

    receiver: Receiver

    def feed(self, data: bytes) -> None:
        receiver = self.receiver
        before = receiver.received
        receiver.notes.begin()
        super().feed(data)
        receiver.notes.end(receiver.received - before)
        receiver.note_waiting(self._tail)


def _whole_frames(unparsed: bytes) -> int:
    count = position = 0
    while (found := extent(unparsed, position)) is not None and (position := position + sum(found)) <= len(unparsed):
        count += 1
    return count


class Receiver:
    """One connection on a swept socket."""

    name: str
    greeting: tuple[bytes, ...] = ()

    def __init__(self) -> None:
        self.notes = Notes()
        self.sweep = Sweep(CONFIG.receive.slice_bytes)
        handshake = ServerHandshake(SUBPROTOCOL, CONFIG.receive.message_bytes_max, lambda _: None)
        sizes = CONFIG.receive.message_bytes_max, CONFIG.deliver.backlog_bytes_max
        self.websocket = Watched(handshake, self.endpoint(), *sizes)
        self.websocket.receiver = self
        self.inbox: Inbox[Any] = Inbox(0, 1, 1)  # until there is one

    def endpoint(self) -> Endpoint:
        """Who uses the WebSocket."""
        raise NotImplementedError

    def frames(self, count: int) -> list[bytes]:
        """What the client floods with."""
        raise NotImplementedError

    @property
    def received(self) -> int:
        """Frames so far."""
        return self.inbox.accepted + self.inbox.shed

    @property
    def ready(self) -> bool:
        """Whether the flood may begin."""
        raise NotImplementedError

    def tick(self) -> None:
        """Take what one tick takes."""
        raise NotImplementedError

    def note_waiting(self, unparsed: bytes) -> None:
        """Note how much waits now, in frames and in bytes."""
        self.notes.waiting(len(self.inbox) + _whole_frames(unparsed), len(unparsed))

    async def attach(self, sock: socket.socket) -> None:
        """Begin on this socket."""
        self.sweep.add(sock, self.websocket)

    async def look(self) -> None:
        """Read what may be read now."""
        self.sweep.sweep()
        await asyncio.sleep(0)

    async def end(self) -> None:
        """End it without a word."""
        self.websocket.drop(1006, "measured")
        self.sweep.close()

    def flood(self, count: int, asleep_s: float) -> Flood:
        """Let a client send so many frames, while nobody takes any, and then as they come."""
        return run_on_loop(self._flood(count, asleep_s))

    async def _flood(self, count: int, asleep_s: float) -> Flood:
        frames = self.frames(count)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            flooder = Flooder(listening.getsockname()[1], self.greeting, b"".join(frames))
            sock, _ = listening.accept()
        sock.setblocking(False)
        with flooder:
            await self.attach(sock)
            try:
                await self._through(flooder, count, asleep_s)
            finally:
                await self.end()
        return self.notes.flood(min(map(len, frames)), count)

    async def _through(self, flooder: Flooder, count: int, asleep_s: float) -> None:
        while not self.ready:
            await self._round()
        flooder.go()
        clock = asyncio.get_running_loop().time
        awake_at = clock() + asleep_s
        while clock() < awake_at:
            await self.look()
            await asyncio.sleep(LOOK_S)
        while self.received < count:
            await self._round()

    async def _round(self) -> None:
        await self.look()
        self.tick()
        if self.websocket.phase is Phase.CLOSED:
            raise RuntimeError("the connection ended before all frames were through")


class Wired(Receiver):
    """Without the protocol: each frame's payload is an item."""

    name = "Pelton, wire and Inbox alone"

    def endpoint(self) -> Endpoint:
        return _ToInbox(self)

    def frames(self, count: int) -> list[bytes]:
        return [MINIMAL] * count

    @property
    def ready(self) -> bool:
        return self.websocket.phase is Phase.OPEN

    def tick(self) -> None:
        for _ in self.inbox.ready():
            """Nothing is to be done."""


class _ToInbox:
    """What `Connection` does with an action, and nothing else."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def opened(self) -> None:
        websocket, config = self._receiver.websocket, CONFIG.receive
        self._receiver.inbox = Inbox(config.inbox_low, config.inbox_high, config.inbox_max, websocket.resume)

    def received(self, payload: bytes) -> None:
        if self._receiver.inbox.offer(payload) is Offer.PAUSE:
            self._receiver.websocket.pause()

    def drained(self) -> None:
        """Nothing is sent."""

    def closed(self, code: int, reason: str) -> None:
        """The receiver finds out."""
