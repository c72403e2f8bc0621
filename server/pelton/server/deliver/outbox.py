"""What one player is sent, tick by tick.

There is no queue: who is busy is skipped and later gets what he missed, once, as of then.
"""

from __future__ import annotations

from pelton.protocol.close_codes import SLOW_CONSUMER
from pelton.protocol.typed import frame_head
from pelton.server.deliver.encoder import TickEncoder, Views, is_due
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.state.layer import NOWHERE

__all__ = ["Outbox", "Written"]


class Written:
    """What `deliver` did."""

    SKIPPED, DELTA, KEYFRAME = range(3)


class Outbox:
    """A seat's way out. Its baseline is the tick it was last written, not the tick it was last meant to be."""

    __slots__ = ("_baseline", "_far_since", "_history", "_seat", "_send", "_stalled_since_ns", "_views")

    def __init__(self, seat: Seat, layers: int, history_ticks: int) -> None:
        self._seat = seat
        self._send = seat.session.sender()
        self._baseline = 0
        self._views: Views = (NOWHERE,) * layers
        self._far_since = (0,) * layers
        """By layer the tick whose values of the far groups the client has."""
        self._history = history_ticks
        self._stalled_since_ns: int | None = None

    def deliver(self, tick: int, encoder: TickEncoder) -> int:
        """Write this tick's frame if the client has taken the one before."""
        seat = self._seat
        player, questions = seat.player, seat.questions
        before = self._views
        views = tuple([layer.layer.view_of(player, view) for layer, view in zip(encoder.layers, before, strict=True)])
        since = self._baseline
        if since < tick - self._history or (questions is not None and questions.everything):
            since = 0
        if questions is None:
            body = encoder.body(before, views, since, self._far_since)
        else:
            body = encoder.answer(before, views, since, self._far_since, questions)
        if not self._send(frame_head(seat.acked, seat.refused), body):
            return Written.SKIPPED
        if seat.refused:
            seat.refused.clear()
        self._written(tick, encoder, views, since)
        return Written.DELTA if since else Written.KEYFRAME

    def stalled(self, now_ns: int, timeout_ns: int) -> None:
        """The client was skipped; close it if that has gone on for too long."""
        if self._stalled_since_ns is None:
            self._stalled_since_ns = now_ns
        elif now_ns - self._stalled_since_ns > timeout_ns:
            self._seat.session.close(SLOW_CONSUMER.code, "the client does not read")

    def _written(self, tick: int, encoder: TickEncoder, views: Views, since: int) -> None:
        """The client has this tick now."""
        verified = self._seat.questions is not None and self._seat.questions.verify
        if not since or verified:
            self._far_since = (tick,) * len(views)
        elif encoder.some_far:
            self._far_since = tuple(
                [
                    tick if is_due(tick, had, layer.every) else had
                    for layer, had in zip(encoder.layers, self._far_since, strict=True)
                ]
            )
        self._views = views
        self._baseline = tick
        self._seat.questions = None
        self._stalled_since_ns = None
