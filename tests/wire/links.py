"""Links of several kinds between a WebSocket and a raw peer, with one behaviour.

In memory, on a swept socket, on a transport, on a line of pelton.netsim that suffers nothing, and with TLS on the
first two.

The peer is bytes: what it sends is queued and leaves when it can, what it gets is kept. `settle` lets everything
happen that can happen without waiting.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
import termios
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from pelton.netsim import Conditions, Route
from pelton.netsim.line import Line
from pelton.netsim.passage import Passage
from pelton.netsim.sockets import SocketEnd
from pelton.wire import Carried, Meter, Sweep, TlsChannel, TransportChannel
from pelton.wire.websocket import SLICE_FRAMES_MAX
from tests.certificates import server_context
from tests.wire.fakes import BACKLOG_MAX, MESSAGE_MAX, UPGRADE, accepted, new_websocket, request
from tests.wire.memory import MemoryChannel
from tests.wire.tls_peer import TlsPeer

KINDS = ("memory", "swept", "transport", "line", "tls", "tls on a transport")
"""With TLS it is always the server that the WebSocket is on; a client's is tested on plain sockets."""
SLICE = 512
QUIET_ROUNDS = 12
"""So many rounds without any change, and nothing more is going to happen."""


@dataclass
class Options:
    side: str = "server"
    message_max: int = MESSAGE_MAX
    backlog_max: int = BACKLOG_MAX
    slice_bytes: int = SLICE
    slice_frames_max: int = SLICE_FRAMES_MAX
    meter: Meter | None = None
    send_buffer: int | None = None
    tcp: bool = False
    open: bool = True


class Link:
    """The WebSocket and its endpoint on one side, the raw peer on the other."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.websocket, self.endpoint = new_websocket(
            options.side, options.message_max, options.backlog_max, options.slice_frames_max, options.meter
        )
        self.carried: Carried = self.websocket
        """What the channel carries."""
        self.mask = b"\x11\x22\x33\x44" if options.side == "server" else None
        """What the peer has to mask its frames with."""
        self.outgoing = b""
        self.received = b""
        self.ended = False
        """The peer has seen the end of what it gets, or a reset."""
        self.reads = True
        """Whether the peer reads."""

    def send(self, data: bytes) -> None:
        """The peer sends; it leaves in `settle`."""
        self.outgoing += data

    async def say(self, data: bytes) -> None:
        self.send(data)
        await self.settle()

    async def settle(self) -> None:
        """Round by round, until nothing has changed for a while."""
        quiet = 0
        before: object = None
        while quiet < QUIET_ROUNDS:
            await self.round()
            endpoint = self.endpoint
            counts = (len(self.received), len(self.outgoing), len(endpoint.messages), endpoint.drained_count)
            now = (
                *counts,
                self.unread(),
                self.ended,
                self.websocket.phase,
                self.websocket.gone,
                len(endpoint.closings),
            )
            quiet = quiet + 1 if now == before else 0
            before = now

    async def round(self) -> None:
        raise NotImplementedError

    def make_room(self) -> None:
        """The peer reads what is there, but the WebSocket has not heard of it yet."""
        raise NotImplementedError

    def half_close(self) -> None:
        """The peer sends nothing more, but still reads."""
        raise NotImplementedError

    def reset(self) -> None:
        """The peer is gone without a word."""
        raise NotImplementedError

    def unread(self) -> int:
        """Bytes that the system holds for the WebSocket."""
        return 0

    def waiting_below(self) -> int:
        """Bytes that wait between the WebSocket and the system."""
        return 0


class MemoryLink(Link):
    """No operating system: what is not read stays in `outgoing`."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.channel = MemoryChannel()
        self.half_closed = self.was_reset = False
        self.websocket.attach(self.channel)

    async def round(self) -> None:
        channel = self.channel
        channel.room = None if self.reads else (self.options.send_buffer or 0) if channel.room is None else channel.room
        if self.reads:
            self.received, channel.taken = self.received + channel.taken, b""
            self.ended = channel.finished or channel.aborted
        if channel.aborted:
            return
        if channel.wants_again:
            channel.wants_again = False
            self.websocket.feed(b"")
        if channel.watched and channel.room != 0:
            self.websocket.writable()
        if self.was_reset:
            self.websocket.lost()
        elif self.outgoing and not channel.paused:
            data, self.outgoing = self.outgoing[: self.options.slice_bytes], self.outgoing[self.options.slice_bytes :]
            self.websocket.feed(data)
        elif self.half_closed and not channel.paused:
            self.websocket.eof()

    def make_room(self) -> None:
        self.channel.room = None

    def half_close(self) -> None:
        self.half_closed = True

    def reset(self) -> None:
        self.was_reset = True


class SocketLink(Link):
    """A pair of sockets; the peer's is a plain one that never waits."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.ours, self.theirs = tcp_pair() if options.tcp else socket.socketpair()
        for sock in (self.ours, self.theirs):
            sock.setblocking(False)
        if options.send_buffer is not None:
            self.ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, options.send_buffer)

    async def round(self) -> None:
        if self.theirs.fileno() >= 0:
            self._write()
            if self.reads:
                self._read()

    def unread(self) -> int:
        if self.ours.fileno() < 0:
            return 0
        return int.from_bytes(fcntl.ioctl(self.ours, termios.FIONREAD, b"\0" * 4), sys.byteorder)

    def make_room(self) -> None:
        before = -1
        while before != len(self.received):
            before = len(self.received)
            self._read()

    def half_close(self) -> None:
        self.theirs.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        self.theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.theirs.close()

    def _write(self) -> None:
        try:
            self.outgoing = self.outgoing[self.theirs.send(self.outgoing) :] if self.outgoing else b""
        except BlockingIOError:
            pass
        except OSError:
            self.outgoing = b""

    def _read(self) -> None:
        try:
            data = self.theirs.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.received += data
        self.ended = self.ended or not data


class TlsLink(SocketLink):
    """The same with TLS, which the peer speaks by hand."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.carried = TlsChannel(self.websocket, server_context(), options.slice_bytes)
        self._peer = TlsPeer()
        self._unsent = b""

    def half_close(self) -> None:
        self._peer.say_goodbye()
        self._send()
        super().half_close()

    def _write(self) -> None:
        self._send()
        if self.outgoing and not self._unsent:
            self.outgoing = self.outgoing[self._peer.encrypt(self.outgoing[: self.options.slice_bytes]) :]
            self._send()

    def _send(self) -> None:
        """What SocketLink sends, here encrypted."""
        plain, self.outgoing = self.outgoing, self._unsent + self._peer.to_send()
        super()._write()
        self.outgoing, self._unsent = plain, self.outgoing

    def _read(self) -> None:
        before, self.received = self.received, b""
        super()._read()
        self.received = before + self._peer.decrypt(self.received)


class SweptLink(SocketLink):
    """One socket of a sweep."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.sweep = Sweep(options.slice_bytes)
        self.sweep.add(self.ours, self.carried)

    async def round(self) -> None:
        await super().round()
        self.sweep.sweep()


class TransportLink(SocketLink):
    """An asyncio transport."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.channel = TransportChannel(self.carried, memoryview(bytearray(options.slice_bytes)))
        self.transport: asyncio.Transport

    async def begin(self) -> None:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_connection(lambda: self.channel, sock=self.ours)

    async def round(self) -> None:
        await super().round()
        await asyncio.sleep(0)

    def waiting_below(self) -> int:
        return self.transport.get_write_buffer_size()


class SweptTlsLink(SweptLink, TlsLink):
    """TLS on a swept socket."""


class TransportTlsLink(TransportLink, TlsLink):
    """TLS on an asyncio transport."""


class LineLink(SocketLink):
    """A line of pelton.netsim that suffers nothing."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.passage = Passage(Route.draw(Conditions(buffer_bytes=4096), Random(1), 0.0), time.monotonic)
        self.far = SocketEnd(self.passage, self.passage.down, 4096, memoryview(bytearray(options.slice_bytes)))
        self.line = Line(self.websocket, self.passage, self.far)
        self.far.on_made = self.line.begin

    async def begin(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self.far, sock=self.ours)

    async def round(self) -> None:
        await super().round()
        await asyncio.sleep(0)


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        theirs = socket.create_connection(listening.getsockname())
        ours, _ = listening.accept()
    return ours, theirs


LINKS: dict[str, type[Link]] = {
    "memory": MemoryLink,
    "swept": SweptLink,
    "transport": TransportLink,
    "line": LineLink,
    "tls": SweptTlsLink,
    "tls on a transport": TransportTlsLink,
}


@asynccontextmanager
async def linked(kind: str, options: Options | None = None) -> AsyncGenerator[Link]:
    """A link of this kind, open unless it should not be; ended with everything that belongs to it."""
    options = options or Options()
    if options.side == "client":
        kind = {"tls": "swept", "tls on a transport": "transport"}.get(kind, kind)
    link = LINKS[kind](options)
    if isinstance(link, TransportLink | LineLink):
        await link.begin()
    try:
        if options.open:
            await shake_hands(link)
        yield link
    finally:
        await end(link)


async def shake_hands(link: Link) -> None:
    await link.settle()
    if link.options.side == "server":
        await link.say(request(*UPGRADE))
        assert link.received.startswith(b"HTTP/1.1 101 ")
    else:
        await link.say(accepted(link.received))
    assert link.endpoint.opened_count == 1
    link.received = b""


async def end(link: Link) -> None:
    link.endpoint.on_closed = lambda: None
    if not link.websocket.gone:
        link.websocket.drop(1006, "the test is over")
    if isinstance(link, TransportLink):
        await link.channel.ended.wait()
    if isinstance(link, LineLink):
        await link.line.ended.wait()
    if isinstance(link, SocketLink):
        link.theirs.close()
    if isinstance(link, SweptLink):
        link.sweep.close()
