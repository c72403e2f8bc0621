"""Sockets that are looked at on a beat: a packet wakes nobody, a sweep takes what is there.

`Sweep.sweep` visits every socket that has something, once, and reads at most one slice of it; what is left
waits in the kernel, which then slows the sender down. A sweep may end before all were visited: the others are first in
turn in the next. `recv` and `send` go straight to the socket. An error in one connection ends that connection.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import TypeAlias

from pelton.wire.poller import READ, WRITE, Poller, new_poller
from pelton.wire.seam import Carried, Traffic, Uncounted, address

__all__ = ["Sweep", "SweptChannel"]

_WOULD_BLOCK = (BlockingIOError, InterruptedError)

LATER = 4
"""Beside READ and WRITE in a visit's events: others were visited since they were asked for, and it may be different."""
VISITS_AT_ONCE = 16
"""So many visits before a sweep asks whether its time is over: 16 flooders cost a few milliseconds at most."""


class Sweep:
    """All swept sockets of a process, on a poller of their own."""

    def __init__(self, slice_bytes: int, traffic: Traffic | None = None) -> None:
        self._poller: Poller[SweptChannel] = new_poller()
        self.slice = bytearray(slice_bytes)
        """Where sockets are read into, one after the other; what is read is copied out before the next is."""
        self.view = memoryview(self.slice)
        self.traffic: Traffic = traffic or Uncounted()
        self._due: list[Visit] = []
        """First in turn: who was left when a sweep's time was over, and who asked to be visited."""

    def __len__(self) -> int:
        """How many sockets are watched; paused ones are not."""
        return len(self._poller)

    def add(self, sock: socket.socket, websocket: Carried) -> None:
        """Take over a connected, non-blocking socket and everything that happens on it."""
        websocket.attach(SweptChannel(self, sock, websocket))

    def sweep(self, over: Callable[[], bool] | None = None) -> int:
        """Visit each ready socket once. Never waits.

        `over` is asked now and then whether to end; answers how many visits that leaves for the next sweep.
        """
        if not self._due:
            return self._visit_all(self._poller.ready(), over)
        due, self._due = self._due, []
        left_before = {channel for channel, events in due if events}
        if left_before and (left := self._visit_all(due, over)):
            return left  # else whoever has a backlog would be asked over and over, and the others never
        ready = self._poller.ready()
        ready = [(channel, events | LATER) for channel, events in ready if channel not in left_before]
        return self._visit_all(ready if left_before else due + ready, over)

    def _visit_all(self, visits: Sequence[Visit], over: Callable[[], bool] | None) -> int:
        """Visit in turn, a few for certain, and then until it is over. Answers how many are left, now due."""
        for begin in range(0, len(visits), VISITS_AT_ONCE):
            if begin and over is not None and over():
                left = [(channel, events | LATER if events else 0) for channel, events in visits[begin:]]
                self._due = left + self._due
                return len(left)
            for channel, events in visits[begin : begin + VISITS_AT_ONCE]:
                if events == READ:  # nearly always, so not a call more than needed
                    try:
                        channel.readable()
                    except Exception as error:  # noqa: BLE001 - the edge where one connection's fault stops
                        channel.websocket.fault(error)
                else:
                    self._visit(channel, events)
        return 0

    def _visit(self, channel: SweptChannel, events: int) -> None:
        try:
            if events & READ and channel.watched & READ:
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
        """Visit the channel early in the next sweep, whether its socket is ready or not."""
        self._due.append((channel, 0))


class SweptChannel:
    """One socket of a sweep. See `pelton.wire.seam.Channel`."""

    __slots__ = ("_broken", "_sweep", "_traffic", "peer", "sock", "watched", "websocket")

    def __init__(self, sweep: Sweep, sock: socket.socket, websocket: Carried) -> None:
        self.sock = sock
        try:
            self.peer = address(sock.getpeername())
        except OSError:
            self.peer = "unknown"  # it is gone already; the first read will tell
        self._sweep = sweep
        self._traffic = sweep.traffic
        self.websocket = websocket
        self.watched = 0
        """The events it waits for."""
        self._broken = False
        self._watch(READ)

    def write(self, data: bytes) -> int:
        try:
            sent = self.sock.send(data)
        except _WOULD_BLOCK:
            return 0
        except OSError:
            self._break()  # not now: the caller may be in the middle of a round over all players
            return 0
        self._traffic.bytes_sent += sent
        return sent

    def watch_writable(self, wanted: bool) -> None:
        self._watch(self.watched | WRITE if wanted else self.watched & ~WRITE)

    def pause(self) -> None:
        self._watch(self.watched & ~READ)

    def resume(self) -> None:
        self._watch(self.watched | READ)
        self._sweep.revisit(self)

    def again(self) -> None:
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
            self._traffic.bytes_received += size
            self.websocket.feed(bytes(self._sweep.view[:size]))
        else:
            self.websocket.eof()

    def writable(self) -> None:
        """Write on, if the socket was not ended a moment ago."""
        if self.watched & WRITE:
            self.websocket.writable()

    def revisit(self) -> None:
        """Report a break, or let the WebSocket parse what it held back."""
        if self._broken:
            self.websocket.lost()
        else:
            self.websocket.feed(b"")  # which parses nothing if it was paused again meanwhile

    def _watch(self, events: int) -> None:
        if self._broken or self.sock.fileno() < 0:
            events = 0
        if events != self.watched:
            before, self.watched = self.watched, events
            self._sweep.watch(self, before, events)

    def _break(self) -> None:
        if not self._broken:
            self._watch(0)
            self._broken = True
            self._sweep.revisit(self)


Visit: TypeAlias = "tuple[SweptChannel, int]"
"""Who, and for what; for nothing in particular if that is 0."""
