"""One frame per seat per tick, written in one synchronous pass: no task, no await, no queue per client."""

from __future__ import annotations

from pelton.server.clock import NS_PER_S
from pelton.server.config import DeliverConfig
from pelton.server.deliver.encoder import TickEncoder
from pelton.server.deliver.outbox import Outbox, Written
from pelton.server.deliver.sight import Sights
from pelton.server.metrics import Metrics
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.ticker import Outcome, Ticker

__all__ = ["Fanout"]


class Fanout:
    """The way out of one room."""

    def __init__(self, config: DeliverConfig, metrics: Metrics) -> None:
        self._outboxes: dict[Seat, Outbox] = {}
        self._config = config
        self._stall_timeout_ns = round(config.stall_timeout_s * NS_PER_S)
        self._metrics = metrics
        self._sights: Sights | None = None

    def deliver(self, ticker: Ticker, outcome: Outcome, now_ns: int) -> None:
        """Tell every seat of the room what the tick did."""
        encoder = TickEncoder(outcome.tick, ticker.tables, self._config.digest_interval_ticks)
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
            if not seat.live:
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
