"""The sending half of a WebSocket: frames out, in order, and at most one bounded remainder that waits.

What the system does not take at once is that remainder; while there is one, `send` takes nothing. How a connection
begins, and what arrives, is in websocket.py.
"""

from __future__ import annotations

import enum

from websockets.protocol import Protocol

from pelton.wire.frames import PING, Masks, binary_frame, control_frame, masked_frame
from pelton.wire.handshake import dismiss
from pelton.wire.seam import Channel, Endpoint

__all__ = ["LOST", "SLOW_CONSUMER", "Phase", "Sending"]

LOST, SLOW_CONSUMER = 1006, 4503


class Phase(enum.Enum):
    """How far a WebSocket has come."""

    HANDSHAKE = "handshake"
    OPEN = "open"
    CLOSED = "closed"
    """No message passes any more; the channel may still carry the goodbye."""


# An attribute of an enum costs ten times a module's name (Python 3.11), on every message both ways.
_HANDSHAKE, _OPEN = Phase.HANDSHAKE, Phase.OPEN


class Sending:
    """Base of `WebSocket`. `masks` is what a client masks its frames with; a server has none."""

    __slots__ = (
        "_backlog_bytes_max",
        "_channel",
        "_endpoint",
        "_finishing",
        "_masks",
        "_unsent",
        "congested",
        "gone",
        "phase",
    )

    def __init__(self, endpoint: Endpoint, masks: Masks | None, backlog_bytes_max: int) -> None:
        self.phase = _HANDSHAKE
        self.gone = False
        """Whether the channel is ended as well; until then the goodbye may still be under way."""
        self.congested = False
        """Set by a channel that holds a message itself: nothing more is sent until it says otherwise."""
        self._endpoint = endpoint
        self._masks = masks
        self._backlog_bytes_max = backlog_bytes_max
        self._channel: Channel = _NoChannel()
        self._unsent = b""
        self._finishing = False

    @property
    def peer(self) -> str:
        """Address of the other side, for logs."""
        return self._channel.peer

    @property
    def busy(self) -> bool:
        """Whether something still waits for the system to take it; `send` declines meanwhile."""
        return self.congested or bool(self._unsent)

    def send(self, payload: bytes, body: bytes = b"") -> bool:
        """Send a message now or not at all; `body` is more of the same message, so that many can share it.

        False if an earlier one is not through yet, or the WebSocket is not open.
        """
        if self._unsent or self.congested or self.phase is not _OPEN:
            return False
        masks = self._masks
        frame = masked_frame(payload + body, masks.take()) if masks else binary_frame(payload, body)
        taken = self._channel.write(frame)
        if taken != len(frame):
            self._unsent = frame[taken:]
            self._channel.watch_writable(True)
        return True

    def push(self, payload: bytes) -> bool:
        """Send a message that must not be skipped; it may wait.

        Past `backlog_bytes_max` the peer is closed as too slow.
        """
        if self.phase is not _OPEN:
            return False
        if len(self._unsent) + len(payload) > self._backlog_bytes_max and self._unsent:
            self.drop(SLOW_CONSUMER, "too much waits to be read")
            return False
        self._write(masked_frame(payload, self._masks.take()) if self._masks else binary_frame(payload))
        return True

    def ping(self) -> bool:
        """Ask for a sign of life, which every WebSocket library gives by itself. False if it could not be sent now."""
        if self.busy or self.phase is not _OPEN:
            return False
        self._write(control_frame(PING, b"", self._masks.take() if self._masks else None))
        return True

    def drop(self, code: int, reason: str) -> None:
        """End it now, without a goodbye on the wire."""
        self._unsent = b""
        self._abort()
        self._end(code, reason)

    def writable(self) -> None:
        """The system takes bytes again. The channel calls this."""
        if self._unsent:
            self._unsent = self._unsent[self._channel.write(self._unsent) :]
        if not self._unsent:
            self._channel.watch_writable(False)
            if self._finishing:
                self._channel.finish()
            elif self.phase is _OPEN:
                self._endpoint.drained()

    def _reply(self, data: bytes) -> None:
        """Send what answers the peer by itself (pongs, the closing frame): bounded like all else."""
        if len(self._unsent) + len(data) > self._backlog_bytes_max and self._unsent:
            self.drop(SLOW_CONSUMER, "too much waits to be read")
        elif data:
            self._write(data)

    def _write(self, data: bytes) -> None:
        """Write in order: behind what waits, if something waits."""
        if not self._unsent:
            data = data[self._channel.write(data) :]
        if data:
            self._unsent += data
            self._channel.watch_writable(True)

    def _finish(self) -> None:
        self._finishing = True
        if not self._unsent:
            self._channel.finish()

    def _abort(self) -> None:
        self.gone = True
        channel, self._channel = self._channel, _NoChannel(self._channel.peer)  # they refer to each other
        channel.abort()

    def _let_go(self, protocol: Protocol | None) -> Endpoint:
        """Refer to none any more who refers to this: what is over is freed at once, and not by the collector.

        Answers the endpoint, to be told.
        """
        endpoint, self._endpoint = self._endpoint, _NOBODY
        if protocol is not None:  # the handshake was done
            dismiss(protocol)
        return endpoint

    def _end(self, code: int, reason: str) -> None:
        """No message passes any more; the endpoint is told, once."""
        raise NotImplementedError


class _NoChannel:
    """Before a WebSocket is attached to a channel, and after that one has ended, there is nothing to end."""

    def __init__(self, peer: str = "nobody") -> None:
        self.peer = peer

    def write(self, data: bytes) -> int:
        return 0

    def watch_writable(self, wanted: bool) -> None:
        """Nothing is written."""

    def pause(self) -> None:
        """Nothing is read."""

    resume = again = finish = abort = pause


class _Nobody:
    """The endpoint of what is over."""

    def opened(self) -> None:
        """Nobody is told."""

    def received(self, payload: bytes) -> None:
        """Nobody takes it."""

    def closed(self, code: int, reason: str) -> None:
        """It is known."""

    drained = opened


_NOBODY = _Nobody()
