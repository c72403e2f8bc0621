"""What one player is sent, tick by tick.

There is no queue: who is busy is skipped and later gets the whole state once.
"""

from __future__ import annotations

from pelton.protocol.close_codes import SLOW_CONSUMER
from pelton.protocol.typed import frame_head
from pelton.server.deliver.encoder import TickEncoder
from pelton.server.simulate.seat import Seat

__all__ = ["Outbox", "Written"]


class Written:
    """What `deliver` did."""

    SKIPPED, DELTA, KEYFRAME = range(3)


class Outbox:
    """A seat's way out. Its baseline is the tick it was last written, not the tick it was last meant to be."""

    __slots__ = ("_baseline", "_seat", "_send", "_stalled_since_ns")

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._send = seat.session.sender()
        self._baseline = -1
        self._stalled_since_ns: int | None = None

    def deliver(self, tick: int, encoder: TickEncoder) -> int:
        """Write this tick's frame if the client has taken the one before."""
        seat = self._seat
        behind = self._baseline != tick - 1
        body = encoder.keyframe() if behind else encoder.delta
        if not self._send(frame_head(seat.acked, seat.refused), body):
            return Written.SKIPPED
        if seat.refused:
            seat.refused.clear()
        self._baseline = tick
        self._stalled_since_ns = None
        return Written.KEYFRAME if behind else Written.DELTA

    def stalled(self, now_ns: int, timeout_ns: int) -> None:
        """The client was skipped; close it if that has gone on for too long."""
        if self._stalled_since_ns is None:
            self._stalled_since_ns = now_ns
        elif now_ns - self._stalled_since_ns > timeout_ns:
            self._seat.session.close(SLOW_CONSUMER.code, "the client does not read")
