"""One frame per seat per tick, written in one synchronous pass: no task, no await, no queue of states per client."""

from __future__ import annotations

from pelton.protocol.close_codes import SLOW_CONSUMER
from pelton.protocol.schema import Event
from pelton.protocol.typed import encode_event
from pelton.server.clock import NS_PER_S
from pelton.server.config import DeliverConfig
from pelton.server.deliver.encoder import TickEncoder
from pelton.server.deliver.lanes import Lanes
from pelton.server.deliver.outbox import Outbox, Written
from pelton.server.deliver.sight import Sights
from pelton.server.metrics import Metrics
from pelton.server.overload.state import Overload
from pelton.server.recorder.lane import Lane
from pelton.server.recorder.tape import FLUSH
from pelton.server.simulate.errors import RoomFault
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
            tape=ticker.tape,
        )
        sights = self._sights
        if sights is None:
            sights = self._sights = Sights([layer.layer for layer in encoder.layers])
        sights.begin()
        for layer in encoder.layers:
            layer.layer.forget(outcome.tick - self._config.history_ticks)
        self._come_and_go(ticker, outcome, sights)
        if outcome.emitted:
            self._post(ticker, outcome)
        self._come_back(ticker, outcome)
        if outcome.tick % self._config.digest_interval_ticks == 0:
            for seat in self._outboxes:
                seat.asked = 0
        hz = ticker.room.tick_hz
        if outcome.tick % max(1, round(hz)) == 0:
            self._review(outcome.tick, hz)
        if ticker.tape is not None:
            ticker.tape.enter(FLUSH)
        self._write(outcome.tick, encoder, now_ns, is_pause=is_pause)

    def forgive(self) -> None:
        """The room stood still: who had not taken his frame by then has the whole time for it again."""
        for outbox in self._outboxes.values():
            outbox.forgive()

    def lane(self, seat: Seat) -> Lane | None:
        """How a player's way out stands; None if he has none yet."""
        outbox = self._outboxes.get(seat)
        return outbox.lane() if outbox is not None else None

    def _come_and_go(self, ticker: Ticker, outcome: Outcome, sights: Sights) -> None:
        config = self._config
        for seat in outcome.left:
            self._outboxes.pop(seat, None)
        for seat in outcome.joined:
            if seat.live:
                seat.session.joined(seat, ticker.card(seat), ticker.event_names(), ticker.grace_s)
            if seat.live:  # still: telling may have found the connection broken
                lanes = Lanes(config.events_max, config.events_bytes_max, config.cosmetic_max)
                self._outboxes[seat] = Outbox(seat, sights, config.history_ticks, lanes)
        for seat, _ in outcome.resumed:
            if seat in self._outboxes:
                self._outboxes[seat].lanes.drop_cosmetic()

    def _come_back(self, ticker: Ticker, outcome: Outcome) -> None:
        """After the events of this tick, as nobody is closed for what piled up while he was away."""
        for seat, tick in outcome.resumed:
            outbox = self._outboxes.get(seat)
            if outbox is not None and seat.live and not seat.away:
                seat.session.resumed(seat, ticker.tick, outbox.rebind(tick, outcome.tick))

    def _post(self, ticker: Ticker, outcome: Outcome) -> None:
        """Encode each event once, and queue it for those it is for."""
        everybody = self._outboxes.values()
        by_player = {seat.player.id: outbox for seat, outbox in self._outboxes.items()}
        for event, ids in outcome.emitted:
            encoded = _encoded(event, ticker)
            to = everybody if ids is None else [by_player[player] for player in ids if player in by_player]
            if event.cosmetic and self._overload.sheds_cosmetic:
                self._metrics.cosmetic_dropped += len(to)
            elif event.cosmetic:
                self._metrics.cosmetic_dropped += sum([outbox.lanes.post_cosmetic(encoded) for outbox in to])
            else:
                for outbox in to:
                    outbox.lanes.post(encoded)
        returning = {seat for seat, _ in outcome.resumed}
        for seat, outbox in self._outboxes.items():
            if outbox.lanes.full and seat.live:
                if not seat.away and seat not in returning:
                    seat.session.close(SLOW_CONSUMER.code, "slow_consumer: too many events wait")
                self._metrics.events_shed += outbox.lanes.shed()

    def _review(self, tick: int, hz: float) -> None:
        slow, lag = self._config.slow_after_s * hz, self._config.ack_lag_max_s * hz
        for seat, outbox in list(self._outboxes.items()):
            if seat.live and not seat.away:
                outbox.review(tick, max(2, int(slow)), max(3, int(lag)))

    def _write(self, tick: int, encoder: TickEncoder, now_ns: int, *, is_pause: bool) -> None:
        sent = skipped = paced = keyframes = 0
        for seat, outbox in self._outboxes.items():
            if not seat.live or seat.away or (is_pause and not outbox.is_owed):
                continue
            if outbox.pace > 1 and tick % outbox.pace:
                paced += 1
                continue
            sent += 1
            written = outbox.deliver(tick, encoder)
            if written == Written.SKIPPED:
                skipped += 1
                outbox.stalled(now_ns, self._stall_timeout_ns)
            elif written == Written.KEYFRAME:
                keyframes += 1
        metrics = self._metrics
        metrics.frames_sent += sent - skipped
        metrics.frames_skipped += skipped
        metrics.frames_paced += paced
        metrics.keyframes_sent += keyframes


def _encoded(event: Event, ticker: Ticker) -> bytes:
    try:
        return encode_event(event)
    except (TypeError, OverflowError, ValueError, RecursionError) as error:
        raise RoomFault(ticker.room.room_id, "emit", ticker.tick, event) from error
