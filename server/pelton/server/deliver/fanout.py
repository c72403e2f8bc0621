"""One frame per seat per tick, written in one synchronous pass: no task, no await, no queue per client."""

from __future__ import annotations

from pelton.server.clock import NS_PER_S
from pelton.server.config import DeliverConfig
from pelton.server.deliver.encoder import TickEncoder
from pelton.server.deliver.outbox import Outbox, Written
from pelton.server.deliver.sight import Sights
from pelton.server.metrics import Metrics
from pelton.server.overload.state import Overload
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.ticker import Outcome, Ticker

__all__ = ["Fanout"]


class Fanout:
    """The way out of one room.

    While the server is overloaded, frames go out with every other tick, and to all in the same: then one encode serves
    two ticks. Half of the players in each tick would make the ticks even, and would encode as often as ever.
    """

    def __init__(self, config: DeliverConfig, metrics: Metrics, overload: Overload | None = None) -> None:
        self._overload = overload or Overload()
        self._outboxes: dict[Seat, Outbox] = {}
        self._config = config
        self._stall_timeout_ns = round(config.stall_timeout_s * NS_PER_S)
        self._metrics = metrics
        self._sights: Sights | None = None

    def deliver(self, ticker: Ticker, outcome: Outcome, now_ns: int) -> None:
        """Tell every seat of the room what the tick did."""
        is_thin = self._overload.is_thin
        is_pause = is_thin and outcome.tick % 2 == 1
        encoder = TickEncoder(
            outcome.tick,
            ticker.tables,
            self._config.digest_interval_ticks,
            usual=outcome.tick if is_pause else outcome.tick - 2 if is_thin else None,
            far_factor=self._overload.far_factor,
        )
        sights = self._sights
        if sights is None:
            sights = self._sights = Sights([layer.layer for layer in encoder.layers])
        sights.begin()
        for layer in encoder.layers:
            layer.layer.forget(outcome.tick - self._config.history_ticks)
        for seat in outcome.left:
            self._outboxes.pop(seat, None)
        for seat in outcome.joined:
            if seat.live:
                seat.session.joined(seat, ticker.card(seat))
            if seat.live:  # still: telling may have found the connection broken
                self._outboxes[seat] = Outbox(seat, sights, self._config.history_ticks)
        if outcome.tick % self._config.digest_interval_ticks == 0:
            for seat in self._outboxes:
                seat.asked = 0
        sent = skipped = keyframes = 0
        for seat, outbox in self._outboxes.items():
            if not seat.live or (is_pause and not outbox.is_owed):
                continue
            sent += 1
            written = outbox.deliver(outcome.tick, encoder)
            if written == Written.SKIPPED:
                skipped += 1
                outbox.stalled(now_ns, self._stall_timeout_ns)
            elif written == Written.KEYFRAME:
                keyframes += 1
        metrics = self._metrics
        metrics.frames_sent += sent - skipped
        metrics.frames_skipped += skipped
        metrics.keyframes_sent += keyframes
