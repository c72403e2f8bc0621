"""The seam: what a WebSocket needs of the bytes below it and of the users above it.

Three channels implement it, tests one more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Carried", "Channel", "Endpoint", "Meter", "Traffic", "Uncounted", "address"]


class Traffic(Protocol):
    """Where sockets count what they carry, their frames' heads included; somebody's counters, or nobody's."""

    bytes_received: int
    bytes_sent: int


@dataclass(slots=True)
class Uncounted:
    """Traffic that nobody asked for."""

    bytes_received: int = 0
    bytes_sent: int = 0


class Channel(Protocol):
    """Where a WebSocket's bytes go: a swept socket, an asyncio transport, a simulated link.

    It feeds `WebSocket.feed`, `eof`, `lost` and `writable`, never from within one of the calls below.
    """

    @property
    def peer(self) -> str:
        """Address of the other side, for logs."""
        ...

    def write(self, data: bytes) -> int:
        """Hand over what the system takes at once and say how many bytes that was. Never queues, never raises."""
        ...

    def watch_writable(self, wanted: bool) -> None:
        """Whether `WebSocket.writable` is to be called when more can be written."""
        ...

    def pause(self) -> None:
        """Stop reading."""
        ...

    def resume(self) -> None:
        """Read again, and feed once even if nothing new came: the WebSocket may hold bytes it did not parse."""
        ...

    def again(self) -> None:
        """Feed once more, nothing, when others have had their turn; also while paused."""
        ...

    def finish(self) -> None:
        """Nothing more will be written: half-close, go on reading to the peer's end."""
        ...

    def abort(self) -> None:
        """End it now, without a word."""
        ...


class Carried(Protocol):
    """Whose bytes a channel carries: a WebSocket, or the TLS around one."""

    @property
    def congested(self) -> bool:
        """Set by a channel that holds a message itself: nothing more is to be written until it says otherwise."""
        ...

    @congested.setter
    def congested(self, congested: bool) -> None: ...

    def attach(self, channel: Channel) -> None:
        """Begin on this channel."""
        ...

    def feed(self, data: bytes) -> None:
        """Bytes have arrived (or none: parse what was held back)."""
        ...

    def eof(self) -> None:
        """The peer has sent its last byte."""
        ...

    def lost(self) -> None:
        """The connection broke."""
        ...

    def writable(self) -> None:
        """The system takes bytes again."""
        ...

    def fault(self, error: Exception) -> None:
        """Something of ours went wrong with this connection."""
        ...


class Endpoint(Protocol):
    """Who uses the WebSocket."""

    def opened(self) -> None:
        """The handshake is done."""
        ...

    def received(self, payload: bytes) -> None:
        """One whole binary message."""
        ...

    def drained(self) -> None:
        """What waited for the system to take it is through; `send` takes messages again."""
        ...

    def closed(self, code: int, reason: str) -> None:
        """It can no longer be used. Called once, also when this side closed it or the handshake failed."""
        ...


class Meter(Protocol):
    """Who says how many frames of any kind a peer may send."""

    def spent(self) -> int:
        """What was granted is used up: how many more may come. 0 holds the WebSocket until its `grant`."""
        ...

    def behind(self) -> None:
        """One visit was not enough for what was read; the rest is parsed later."""
        ...


def address(name: Any) -> str:
    """What the system calls the peer, for logs; unix sockets have no name worth telling."""
    return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "local"
