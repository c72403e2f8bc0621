"""Sockets that are looked at on a beat: a packet wakes nobody, a sweep takes what is there.

`Sweep.sweep` visits every socket that has something, once, and reads at most one slice of it; what is left
waits in the kernel, which then slows the sender down. `recv` and `send` go straight to the socket. An error in
one connection ends that connection.
"""

from __future__ import annotations

import socket

from pelton.wire.poller import READ, WRITE, Poller, new_poller
from pelton.wire.seam import Carried, address

__all__ = ["Sweep", "SweptChannel"]

_WOULD_BLOCK = (BlockingIOError, InterruptedError)


class Sweep:
    """All swept sockets of a process, on a poller of their own."""

    def __init__(self, slice_bytes: int) -> None:
        self._poller: Poller[SweptChannel] = new_poller()
        self.slice = bytearray(slice_bytes)
        """Where sockets are read into, one after the other; what is read is copied out before the next is."""
        self.view = memoryview(self.slice)
        self._again: list[SweptChannel] = []

    def __len__(self) -> int:
        """How many sockets are watched; paused ones are not."""
        return len(self._poller)

    def add(self, sock: socket.socket, websocket: Carried) -> None:
        """Take over a connected, non-blocking socket and everything that happens on it."""
        websocket.attach(SweptChannel(self, sock, websocket))

    def sweep(self) -> None:
        """Visit each ready socket once. Never waits."""
        if self._again:
            again, self._again = self._again, []
            for channel in again:
                self._visit(channel, 0)
        for channel, events in self._poller.ready():
            if events == READ:  # nearly always, so not a call more than needed
                try:
                    channel.readable()
                except Exception as error:  # noqa: BLE001 - the edge where one connection's fault stops
                    channel.websocket.fault(error)
            else:
                self._visit(channel, events)

    def _visit(self, channel: SweptChannel, events: int) -> None:
        try:
            if events & READ:
                channel.readable()
            if events & WRITE:
                channel.writable()
            if not events:
                channel.revisit()
        except Exception as error:  # noqa: BLE001 - the same edge
            channel.websocket.fault(error)

    def close(self) -> None:
        """Let go of the selector. The sockets are their WebSockets' to end."""
        self._poller.close()

    def watch(self, channel: SweptChannel, before: int, after: int) -> None:
        """Change what a socket is watched for."""
        self._poller.watch(channel.sock.fileno(), channel, before, after)

    def revisit(self, channel: SweptChannel) -> None:
        """Visit the channel in the next sweep, whether its socket is ready or not."""
        self._again.append(channel)


class SweptChannel:
    """One socket of a sweep. See `pelton.wire.seam.Channel`."""

    __slots__ = ("_broken", "_sweep", "_watched", "peer", "sock", "websocket")

    def __init__(self, sweep: Sweep, sock: socket.socket, websocket: Carried) -> None:
        self.sock = sock
        try:
            self.peer = address(sock.getpeername())
        except OSError:
            self.peer = "unknown"  # it is gone already; the first read will tell
        self._sweep = sweep
        self.websocket = websocket
        self._watched = 0
        self._broken = False
        self._watch(READ)

    def write(self, data: bytes) -> int:
        try:
            return self.sock.send(data)
        except _WOULD_BLOCK:
            return 0
        except OSError:
            self._break()  # not now: the caller may be in the middle of a round over all players
            return 0

    def watch_writable(self, wanted: bool) -> None:
        self._watch(self._watched | WRITE if wanted else self._watched & ~WRITE)

    def pause(self) -> None:
        self._watch(self._watched & ~READ)

    def resume(self) -> None:
        self._watch(self._watched | READ)
        self._sweep.revisit(self)

    def finish(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._break()
        self._watch(READ)  # to its end, also if it was paused

    def abort(self) -> None:
        self._watch(0)
        self.sock.close()

    def readable(self) -> None:
        """Read one slice and pass it on."""
        try:
            # Into a buffer that is there: to allocate a slice and give most of it back takes longer than to read.
            size = self.sock.recv_into(self._sweep.slice)
        except _WOULD_BLOCK:
            return
        except OSError:
            self.websocket.lost()
            return
        if size:
            self.websocket.feed(bytes(self._sweep.view[:size]))
        else:
            self.websocket.eof()

    def writable(self) -> None:
        """Write on, if the socket was not ended a moment ago."""
        if self._watched & WRITE:
            self.websocket.writable()

    def revisit(self) -> None:
        """Report a break, or let the WebSocket parse what it held back."""
        if self._broken:
            self.websocket.lost()
        elif self._watched & READ:
            self.websocket.feed(b"")

    def _watch(self, events: int) -> None:
        if self._broken or self.sock.fileno() < 0:
            events = 0
        if events != self._watched:
            before, self._watched = self._watched, events
            self._sweep.watch(self, before, events)

    def _break(self) -> None:
        if not self._broken:
            self._watch(0)
            self._broken = True
            self._sweep.revisit(self)
