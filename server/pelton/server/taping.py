"""Between the beat and the recorder: what a tick is to be noted with, when one begins, ends or fails."""

from __future__ import annotations

from pelton.server.clock import Clock
from pelton.server.metrics import Metrics
from pelton.server.recorder.recorder import Recorder
from pelton.server.recorder.row import IS_FAULT, IS_STEP
from pelton.server.recorder.tape import ENCODE, Counts
from pelton.server.simulate.errors import RoomFault
from pelton.server.simulate.lobby import OpenRoom
from pelton.server.simulate.ticker import Outcome

__all__ = ["Taping"]


class Taping:
    """Of one beat. Every method does nothing for a room without a tape."""

    def __init__(self, recorder: Recorder, clock: Clock, metrics: Metrics) -> None:
        self._recorder = recorder
        self._clock = clock
        self._metrics = metrics
        self.lag_ns = self.poll_ns = 0
        """Of this turn: how late its timer was, and how long the look at the sockets took."""
        self._frames = self._skipped = self._paced = self._keyframes = self._bytes = 0
        """The counters when the tick began."""

    def opened(self, opened: OpenRoom) -> None:
        """A room is going to tick for the first time."""
        ticker = opened.ticker
        ticker.tape = self._recorder.open(opened.room_id, ticker.game, ticker.room.tick_hz)

    def closed(self, opened: OpenRoom) -> None:
        """A room is gone."""
        self._recorder.close(opened.room_id)

    def looked(self, begun_ns: int) -> None:
        """The look at the sockets, which began then, is over."""
        if self._recorder.is_on:
            self.poll_ns = self._clock.now_ns() - begun_ns
            self._recorder.use.mark()

    def begin(self, opened: OpenRoom, begun_ns: int, late_ns: int) -> None:
        """A tick begins."""
        tape = opened.ticker.tape
        if tape is None:
            return
        metrics = self._metrics
        self._frames, self._skipped, self._paced = metrics.frames_sent, metrics.frames_skipped, metrics.frames_paced
        self._keyframes, self._bytes = metrics.keyframes_sent, metrics.bytes_sent
        tape.begin(begun_ns, self.lag_ns, max(late_ns, 0), self.poll_ns)

    def deliver(self, opened: OpenRoom) -> None:
        """The room has done its part; what is left are the frames."""
        if opened.ticker.tape is not None:
            opened.ticker.tape.enter(ENCODE)

    def end(self, opened: OpenRoom, outcome: Outcome, ended_ns: int, *, is_step: bool) -> None:
        """A tick is over."""
        tape = opened.ticker.tape
        if tape is None:
            return
        budget_ns = opened.cadence.interval_ns
        took_ns = tape.end(ended_ns, budget_ns, self._counts(opened, outcome), IS_STEP if is_step else 0)
        self._recorder.ticked(tape, took_ns, budget_ns)

    def failed(self, opened: OpenRoom, fault: RoomFault) -> None:
        """A room is ended by its game's fault: in a tick, or between two."""
        tape = opened.ticker.tape
        if tape is None:
            return
        if tape.tick > tape.ring.newest:  # the tick that was under way
            counts = self._counts(opened, Outcome(tape.tick))
            tape.end(self._clock.now_ns(), opened.cadence.interval_ns, counts, IS_FAULT)
        cause = fault.__cause__
        self._recorder.failed(tape, fault.callback, f"{type(cause).__name__}: {_said(cause)}" if cause else str(fault))

    def _counts(self, opened: OpenRoom, outcome: Outcome) -> Counts:
        metrics = self._metrics
        return (
            outcome.taken,
            outcome.deferred,
            len(opened.ticker.room.players),
            metrics.frames_sent - self._frames,
            metrics.frames_skipped - self._skipped,
            metrics.frames_paced - self._paced,
            metrics.keyframes_sent - self._keyframes,
            len(outcome.joined),
            len(outcome.left),
            metrics.bytes_sent - self._bytes,
        )


def _said(error: BaseException) -> str:
    """Its text, on one line."""
    try:
        return " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a game's own exception, which cannot even be printed
        return "its text cannot be had"
