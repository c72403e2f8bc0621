"""What one player is sent, tick by tick.

There is no queue: who is busy is skipped and later gets what he missed, once, as of then.
"""

from __future__ import annotations

from pelton.protocol.close_codes import SLOW_CONSUMER
from pelton.protocol.typed import frame_head
from pelton.server.deliver.encoder import TickEncoder, is_due
from pelton.server.deliver.sight import Sight, Sights
from pelton.server.simulate.seat import Seat

__all__ = ["Outbox", "Written"]


class Written:
    """What `deliver` did."""

    SKIPPED, DELTA, KEYFRAME = range(3)


class Outbox:
    """A seat's way out. Its baseline is the tick it was last written, not the tick it was last meant to be."""

    __slots__ = ("_baseline", "_far_since", "_history", "_seat", "_send", "_sight", "_sights", "_stalled_since_ns")

    def __init__(self, seat: Seat, sights: Sights, history_ticks: int) -> None:
        self._seat = seat
        self._send = seat.session.sender()
        self._baseline = 0
        self._sights = sights
        self._sight = sights.nothing
        self._far_since = (0,) * len(sights.nothing.views)
        """By layer the tick whose values of the far groups the client has."""
        self._history = history_ticks
        self._stalled_since_ns: int | None = None

    def deliver(self, tick: int, encoder: TickEncoder) -> int:
        """Write this tick's frame if the client has taken the one before."""
        seat = self._seat
        questions = seat.questions
        before = self._sight
        sight = self._sights.of(seat.player, before)
        since = self._baseline
        if since < tick - self._history or (questions is not None and questions.everything):
            since = 0
        if questions is None:
            body = encoder.body(before, sight, since, self._far_since)
        else:
            body = encoder.answer(before, sight, since, self._far_since, questions)
        if not self._send(frame_head(seat.acked, seat.refused), body):
            return Written.SKIPPED
        if seat.refused:
            seat.refused.clear()
        self._written(tick, encoder, sight, since)
        return Written.DELTA if since else Written.KEYFRAME

    def stalled(self, now_ns: int, timeout_ns: int) -> None:
        """The client was skipped; close it if that has gone on for too long."""
        if self._stalled_since_ns is None:
            self._stalled_since_ns = now_ns
        elif now_ns - self._stalled_since_ns > timeout_ns:
            self._seat.session.close(SLOW_CONSUMER.code, "the client does not read")

    def _written(self, tick: int, encoder: TickEncoder, sight: Sight, since: int) -> None:
        """The client has this tick now."""
        verified = self._seat.questions is not None and self._seat.questions.verify
        if not since or verified:
            self._far_since = (tick,) * len(sight.views)
        elif encoder.some_far:
            self._far_since = tuple(
                [
                    tick if is_due(tick, had, layer.every) else had
                    for layer, had in zip(encoder.layers, self._far_since, strict=True)
                ]
            )
        self._sight = sight
        self._baseline = tick
        self._seat.questions = None
        self._stalled_since_ns = None
