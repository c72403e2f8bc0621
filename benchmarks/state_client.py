"""Clients of the state benchmark: one that only looks at its acks, and those that keep all they are sent."""

from __future__ import annotations

import socket
from typing import Any, cast

import msgpack  # type: ignore[import-untyped]  # the package ships no types

from benchmarks.client import ANSWER_TIMEOUT_S, SEQ_FIRST, Tally, Witness

__all__ = ["AckWitness", "Recorder", "Staller"]

JOINED = 17
HEAD_BYTES_MAX = 4096
RECEIVE_BUFFER_BYTES = 4096


def _packed(value: object) -> bytes:
    return cast("bytes", msgpack.packb(value))


class AckWitness(Witness):
    """Knows the game of no frame: it looks at the tick, and at how many of its own actions were taken."""

    __slots__ = ("acked",)

    def __init__(self, port: int, tally: Tally) -> None:
        super().__init__(port, tally)
        self.acked = SEQ_FIRST

    def actions_applied(self) -> int:
        """Of this player alone."""
        return max(0, self.acked - SEQ_FIRST)

    def _look(self, state: bytes, came_s: float) -> None:
        unpacker = msgpack.Unpacker()
        unpacker.feed(state[:HEAD_BYTES_MAX])
        unpacker.read_array_header()
        _, self.acked, refused, tick = (cast("Any", unpacker.unpack()) for _ in range(4))
        self.refused += len(refused)
        self.arrivals.append((tick, came_s))


class Recorder(AckWitness):
    """Keeps every frame, to be decoded when nobody measures any more."""

    __slots__ = ("frames", "tables")

    def __init__(self, port: int, tally: Tally) -> None:
        super().__init__(port, tally)
        self.frames: list[bytes] = []
        """As they came; `arrivals` says when."""
        self.tables: Any = ()
        """What the room said its tables are."""

    def await_message(self, wanted: int) -> Any:
        message = super().await_message(wanted)
        if wanted == JOINED:
            self.tables = message[-1]
        return message

    def look_through(self, ship: int) -> None:
        """See what this ship sees, and have it all told anew: what came with the joining was not kept."""
        self.seq += 1
        self.send(_packed([4, self.seq, ["look", ship]]))
        self.send(_packed([7, []]))

    def _look(self, state: bytes, came_s: float) -> None:
        super()._look(state, came_s)
        self.frames.append(state)


class Staller(Recorder):
    """One who will stop reading, with a kernel that does not read much for it either."""

    __slots__ = ()

    def connect(self, port: int) -> socket.socket:
        """With a small receive buffer; set before connecting, or the window would be offered already."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        sock.settimeout(ANSWER_TIMEOUT_S)
        sock.connect(("127.0.0.1", port))
        return sock
