"""What one player is sent, tick by tick.

The state has no queue: who is busy is skipped and later gets what he missed, once, as of then. Events have one, in
`lanes`.
"""

from __future__ import annotations

from collections import deque

from pelton.protocol.close_codes import SLOW_CONSUMER, UNRESPONSIVE
from pelton.protocol.typed import event_frame_head, frame_head
from pelton.server.deliver.encoder import TickEncoder
from pelton.server.deliver.lanes import Lanes
from pelton.server.deliver.sight import Sight, Sights
from pelton.server.recorder.lane import Lane
from pelton.server.simulate.seat import Seat

__all__ = ["Outbox", "Written"]

SIGHTS_KEPT = 64
"""Changes of what a client sees that are remembered, to build on a frame before the last."""


class Written:
    """What `deliver` did."""

    SKIPPED, DELTA, KEYFRAME = range(3)


class Outbox:
    """A seat's way out. Its baseline is the tick it was last written, not the tick it was last meant to be."""

    __slots__ = (
        "_acked",
        "_baseline",
        "_far_since",
        "_focus",
        "_head",
        "_history",
        "_lag_from",
        "_saw",
        "_seat",
        "_send",
        "_sight",
        "_sights",
        "_stalled_since_ns",
        "lanes",
        "pace",
        "skipped",
    )

    def __init__(self, seat: Seat, sights: Sights, history_ticks: int, lanes: Lanes) -> None:
        self._seat = seat
        self._send = seat.session.sender()
        self._baseline = 0
        self._acked: int = 0
        self._head = frame_head(0, ())
        """The head of a frame without refusals, and its ack: most players do nothing in most ticks."""
        self._sights = sights
        self._sight = sights.nothing
        self._focus = -1
        """What `_sight` was found by."""
        self._saw: deque[tuple[int, Sight, tuple[int, ...]]] = deque(maxlen=SIGHTS_KEPT)
        """From which tick on he saw what, and how old the values of the far groups were at first."""
        self._far_since: tuple[int, ...] = (0,) * len(sights.nothing.views)
        """By layer the tick whose values of the far groups the client has, or an earlier one."""
        self._history = history_ticks
        self._stalled_since_ns: int | None = None
        self._lag_from: int | None = None
        """The first frame on this connection: what came before says nothing about it."""
        self.lanes = lanes
        self.skipped = 0
        """Frames that were due while the client was busy with an earlier one."""
        self.pace = 1
        """Every how many ticks the client gets a frame."""

    def deliver(self, tick: int, encoder: TickEncoder) -> int:
        """Write this tick's frame if the client has taken the one before."""
        seat, sight = self._seat, self._sight
        focus, stirred = seat.player.focus, self._sights.stirred
        if (
            self._baseline != tick - 1
            or seat.questions is not None
            or focus != self._focus
            or stirred is None
            or focus in stirred
            or self.lanes.waiting
        ):
            return self._catch_up(tick, encoder)
        # As nearly all are, nearly always: in step, and seeing what he saw before.
        if sight.tick == tick and sight.far_since == self._far_since:
            body = sight.body
        else:
            body = encoder.body(sight, sight, tick - 1, self._far_since)
        if seat.acked != self._acked:
            self._acked = seat.acked
            self._head = frame_head(seat.acked, ())
        if not self._send(frame_head(seat.acked, seat.refused) if seat.refused else self._head, body):
            return Written.SKIPPED
        if seat.refused:
            self.lanes.written(tick, seat.refused)
            seat.refused.clear()
        self._far_since = encoder.far_now
        self._baseline = tick
        return Written.DELTA

    def _catch_up(self, tick: int, encoder: TickEncoder) -> int:
        """The same for somebody who sees something else, asked something, is told something, or was skipped."""
        seat, since, lanes = self._seat, self._baseline, self.lanes
        if since != tick - 1 and seat.session.busy:  # else each that stalls would have its own frame made, for nothing
            return Written.SKIPPED
        questions, before = seat.questions, self._sight
        sight = self._sights.of(seat.player, before)
        if since < tick - self._history or (questions is not None and questions.everything):
            since = 0
        if questions is None:
            body = encoder.body(before, sight, since, self._far_since)
        else:
            body = encoder.answer(before, sight, since, self._far_since, questions)
        if lanes.waiting:
            head = event_frame_head(seat.acked, seat.refused, lanes.take())
        else:
            head = frame_head(seat.acked, seat.refused)
        if not self._send(head, body):
            return Written.SKIPPED
        seat.questions = None
        self._focus = seat.player.focus
        if sight is not before:
            self._saw.append((tick, sight, encoder.far_now))
            self._sight = sight
        self._written(tick, encoder)
        if questions is not None and questions.verify:  # he was told all values, in no turn
            self._far_since = tuple(tick if layer.every > 1 else 0 for layer in encoder.layers)
        return Written.DELTA if since else Written.KEYFRAME

    def rebind(self, tick: int, now_tick: int) -> int:
        """The seat has another connection, where frames have arrived up to `tick`: go on from there.

        Answers how many events the player will never be told.
        """
        seat = self._seat
        self._send = seat.session.sender()
        self._stalled_since_ns = self._lag_from = None
        self.pace = 1
        seat.heard = tick
        lost, refused = self.lanes.rewind(tick, now_tick)
        seat.refused[:0] = refused
        self._acked, self._head = seat.acked, frame_head(seat.acked, ())
        saw = next((saw for saw in reversed(self._saw) if saw[0] <= tick), None)
        if saw is None or tick > self._baseline:  # too long ago, or not what we have sent: all of it, then
            self._baseline, self._sight = 0, self._sights.nothing
        else:
            self._baseline, self._sight, self._far_since = tick, saw[1], saw[2]
        self._focus = -1
        return lost

    def review(self, tick: int, slow_ticks: int, lag_ticks: int) -> None:
        """See how far the client is behind with saying what has arrived: halve its frames, or end its connection.

        Behind is who has not heard of the last frame written. By how much is counted up to now, and not up to that
        frame: who reads nothing is not written to for long.
        """
        seat = self._seat
        heard = max(seat.heard, seat.player.seen_tick)
        self.lanes.heard(heard)
        if self._lag_from is None:
            return
        lag = tick - max(heard, self._lag_from) if heard < self._baseline else 0
        if lag > lag_ticks:
            seat.session.close(UNRESPONSIVE.code, "unresponsive: the client does not say that frames have arrived")
        else:
            self.pace = 2 if lag > slow_ticks else 1

    @property
    def is_owed(self) -> bool:
        """Whether the client waits for more than the state: its first frame, an event, a refusal, an answer."""
        seat = self._seat
        is_first = self._lag_from is None
        return is_first or self.lanes.waiting or bool(seat.refused) or seat.questions is not None

    def stalled(self, now_ns: int, timeout_ns: int) -> None:
        """The client was skipped; close it if that has gone on for too long."""
        self.skipped += 1
        if self._stalled_since_ns is None:
            self._stalled_since_ns = now_ns
        elif now_ns - self._stalled_since_ns > timeout_ns:
            self._seat.session.close(SLOW_CONSUMER.code, "the client does not read")

    def forgive(self) -> None:
        """Count anew for how long the client has taken nothing."""
        self._stalled_since_ns = None

    def lane(self) -> Lane:
        """How it stands, for whoever looks on."""
        lanes, seat = self.lanes, self._seat
        return Lane(
            events_waiting=lanes.waiting_count,
            events_unheard=lanes.told_count,
            refusals_waiting=len(seat.refused),
            is_owed=self.is_owed,
            is_busy=seat.session.busy,
            skipped=self.skipped,
            pace=self.pace,
            written_tick=self._baseline,
            heard_tick=max(seat.heard, seat.player.seen_tick),
            views=tuple((view.near, view.far) for view in self._sight.views),
        )

    def _written(self, tick: int, encoder: TickEncoder) -> None:
        """The client has this tick now."""
        if self.lanes.waiting or self._seat.refused:
            self.lanes.written(tick, self._seat.refused)
            self._seat.refused.clear()
        self._far_since = encoder.far_now
        self._baseline = tick
        self._stalled_since_ns = None
        if self._lag_from is None:
            self._lag_from = tick
