"""The beat: the one timer that drives a server.

Looks at the sockets right before each tick, and in between for those who have no tick to wait for.
Nothing here waits, and packets do not wake it: what arrived is there at the next look.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from pelton.server.clock import NS_PER_S, Clock
from pelton.server.config import Config
from pelton.server.deliver.fanout import Fanout
from pelton.server.metrics import Metrics
from pelton.server.overseer import Overseer
from pelton.server.pulse import IDLE_NS, Pulse
from pelton.server.receive.deadlines import NEVER_NS
from pelton.server.receive.listener import Listener
from pelton.server.recorder.lane import Lane
from pelton.server.recorder.recorder import Recorder
from pelton.server.simulate.errors import RoomFault
from pelton.server.simulate.lobby import Lobby, OpenRoom
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.ticker import Outcome
from pelton.server.taping import Taping
from pelton.server.tick_times import TickTimes

__all__ = ["Beat", "Observer"]

log = logging.getLogger(__name__)

NS_PER_MS = 1_000_000
SLACK_NS = 500_000
"""A tick due within half a millisecond is run now: timers of event loops are that coarse, and fire early too."""


class Observer(Protocol):
    """Somebody who looks on, tick by tick, and never raises: it stands in the middle of the beat."""

    def ticked(self, opened: OpenRoom, outcome: Outcome) -> None:
        """A room has run a tick, and its players were told."""
        ...

    def failed(self, opened: OpenRoom, fault: Exception) -> None:
        """A room is ended, because this came out of it."""
        ...


class Beat:
    """Turns all rooms of a process. `on_beat`, if given, is called at the end of each round."""

    def __init__(self, config: Config, clock: Clock, listener: Listener, lobby: Lobby, metrics: Metrics) -> None:
        self._config = config
        self._clock = clock
        self._listener = listener
        self._lobby = lobby
        self._metrics = metrics
        self._interval_ns = config.receive.intake_interval_ms * 1_000_000
        self._seated_interval_ns = config.receive.intake_seated_interval_ms * 1_000_000
        self._fanouts: dict[OpenRoom, Fanout] = {}
        lobby.on_fault = self._note_fault
        self._loop: asyncio.AbstractEventLoop
        self._timer: asyncio.TimerHandle | None = None
        self._next_ns = 0
        self.times = TickTimes()
        self.recorder = Recorder(config.recorder, clock, metrics)
        self._taping = Taping(self.recorder, clock, metrics)
        self.pulse = Pulse()
        self.overseer = Overseer(config.overload, lobby, metrics)
        self.on_beat: Callable[[], None] | None = None
        self.observer: Observer | None = None

    def start(self) -> None:
        """Begin to turn on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._listener.on_connection = self._hurry
        self._round()

    def stop(self) -> None:
        """Stand still."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self.pulse.since_ns = IDLE_NS

    def _round(self) -> None:
        now_ns = self._clock.now_ns()
        if self._next_ns:
            self._taping.lag_ns = lag_ns = max(now_ns - self._next_ns, 0)
            self.times.lag.add(lag_ns)
        self.pulse.since_ns = now_ns
        next_ns = now_ns + self._interval_ns
        try:
            next_ns = self.turn(now_ns)
        finally:
            self._wait_until(next_ns)
        if self.on_beat is not None:
            self.on_beat()

    def _wait_until(self, next_ns: int) -> None:
        self._next_ns = self.pulse.since_ns = next_ns
        delay_ns = max(next_ns - self._clock.now_ns(), 0)
        self._timer = self._loop.call_later(delay_ns / NS_PER_S, self._round)

    def _hurry(self) -> None:
        """Somebody has connected: do not let him wait as long as those who have a seat."""
        soon_ns = self._clock.now_ns() + self._interval_ns
        if self._timer is not None and self._next_ns > soon_ns:
            self._timer.cancel()
            self._wait_until(soon_ns)

    def turn(self, now_ns: int) -> int:
        """Look at the sockets, then run the rooms that are due. Answers when the next turn should be."""
        self._listener.look(now_ns)
        self._taping.looked(now_ns)
        due_ns = NEVER_NS
        for opened in self._lobby:
            if opened.is_paused:
                continue
            if opened.cadence.due_ns <= now_ns + SLACK_NS:
                self._tick(opened, now_ns)
            due_ns = min(due_ns, opened.cadence.due_ns)
        if len(self._fanouts) > len(self._lobby):  # some ended between two ticks
            self._fanouts = {opened: fanout for opened, fanout in self._fanouts.items() if opened in self._lobby}
        for ending in self.overseer.turn(now_ns):
            if ending.fault is not None:
                self._fail(ending.opened, ending.fault)
            else:
                self._close(ending.opened, "room_overrun")
        # A seated player's action waits for the tick in any case, and every tick looks right before.
        return min(due_ns, now_ns + (self._interval_ns if self._listener.waiting else self._seated_interval_ns))

    def drain(self, seconds: float) -> None:
        """Tell every game that the server is going to stop. Who is paused goes on: his room has to end as well."""
        for opened in self._lobby:
            self.unpause(opened)
            try:
                opened.ticker.draining(seconds)
            except RoomFault as fault:
                self._fail(opened, fault)

    def finish(self) -> None:
        """Look once more, and run one tick of each room, whether due or not: what has arrived is answered."""
        now_ns = self._clock.now_ns()
        self._listener.look(now_ns)
        for opened in self._lobby:
            self._tick(opened, now_ns, at_once=True)

    def pause(self, opened: OpenRoom) -> None:
        """Let a room stand still: no ticks and so no frames, while connections go on. Nothing if it does already."""
        opened.is_paused = True

    def unpause(self, opened: OpenRoom) -> None:
        """Let it go on at its own rate, as if no time had passed. Nothing if it does already."""
        if opened.is_paused:
            opened.is_paused = False
            opened.cadence.restart(self._clock.now_ns())
            fanout = self._fanouts.get(opened)
            if fanout is not None:
                fanout.forgive()

    def step(self, opened: OpenRoom) -> None:
        """Run one tick of a room that stands still. It is no measure of anything: not counted as slow, or as late."""
        self._tick(opened, self._clock.now_ns(), at_once=True, is_step=True)
        if self._timer is not None:
            self.pulse.since_ns = self._next_ns

    def lane(self, opened: OpenRoom, seat: Seat) -> Lane | None:
        """How a player's way out stands; None if he has none yet."""
        fanout = self._fanouts.get(opened)
        return fanout.lane(seat) if fanout is not None else None

    def _tick(self, opened: OpenRoom, now_ns: int, *, at_once: bool = False, is_step: bool = False) -> None:
        metrics, pulse, taping = self._metrics, self.pulse, self._taping
        skipped_before = opened.cadence.skipped
        fanout = self._fanouts.get(opened)
        if fanout is None:
            fanout = self._fanouts[opened] = Fanout(self._config.deliver, metrics, self._lobby.overload)
            taping.opened(opened)
        begun_ns = self._clock.now_ns()
        late_ns = 0 if opened.is_paused else begun_ns - opened.cadence.due_ns
        if late_ns > opened.cadence.interval_ns:
            metrics.ticks_late += 1
        pulse.opened = opened
        try:
            for _ in range(1 if at_once else opened.cadence.take(now_ns + SLACK_NS)):
                pulse.since_ns = begun_ns
                taping.begin(opened, begun_ns, late_ns)
                outcome = opened.ticker.step()
                self._lobby.let_go(outcome.left)
                metrics.ticks += 1
                metrics.actions_taken += outcome.taken
                metrics.actions_refused += outcome.late
                metrics.actions_late += outcome.late
                metrics.turns_deferred += outcome.deferred
                metrics.ticks_full += outcome.taken >= self._config.simulate.actions_per_tick_max
                taping.deliver(opened)
                fanout.deliver(opened.ticker, outcome, now_ns)
                if self.observer is not None:
                    self.observer.ticked(opened, outcome)
                begun_ns = self._clock.now_ns() if is_step else self._measure(opened, begun_ns)
                taping.end(opened, outcome, begun_ns, is_step=is_step)
                late_ns = begun_ns - opened.cadence.due_ns + opened.cadence.interval_ns
                if opened.ticker.room.ended:
                    break
        except KeyboardInterrupt:
            raise
        except RoomFault as fault:
            self._fail(opened, fault)
            return
        except BaseException as error:  # noqa: BLE001 - the edge: whatever a room causes ends that room and no other
            self._fail(opened, opened.ticker.fault("frames", error))
            return
        finally:
            pulse.since_ns = self._clock.now_ns()
            pulse.opened = None
        metrics.ticks_skipped += opened.cadence.skipped - skipped_before
        if self._lobby.close_empty(opened, now_ns):
            self._forget(opened)

    def _fail(self, opened: OpenRoom, fault: RoomFault) -> None:
        """End a room because of what came out of its game."""
        where = {"room_id": opened.room_id, "game": opened.ticker.game, "tick": opened.ticker.tick}
        log.error("room %s is ended: %s", opened.room_id, fault, exc_info=fault.__cause__, extra=where)
        self._note_fault(opened, fault)
        self._lobby.fail(opened, self._clock.now_ns())
        self._forget(opened)
        if self.observer is not None:
            self.observer.failed(opened, fault)

    def _close(self, opened: OpenRoom, reason: str) -> None:
        self._lobby.close(opened, reason)
        self._forget(opened)

    def _note_fault(self, opened: OpenRoom, fault: RoomFault) -> None:
        self._metrics.room_faults += 1
        self._taping.failed(opened, fault)

    def _forget(self, opened: OpenRoom) -> None:
        self._fanouts.pop(opened, None)
        self._taping.closed(opened)

    def _measure(self, opened: OpenRoom, begun_ns: int) -> int:
        """Note how long a tick took. Answers when it was over, which is when the next one begins that catches up."""
        ended_ns = self._clock.now_ns()
        took_ns = ended_ns - begun_ns
        opened.times.durations.add(took_ns)
        self.times.add(opened.ticker.game, took_ns)
        self.overseer.ticked(opened, took_ns)
        if took_ns > opened.cadence.interval_ns:
            self._overran(opened, took_ns, ended_ns)
        return ended_ns

    def _overran(self, opened: OpenRoom, took_ns: int, now_ns: int) -> None:
        ticker = opened.ticker
        self._metrics.ticks_overrun += 1
        self.times.game(ticker.game).overruns += 1
        unlogged = opened.times.overran(now_ns)
        if unlogged is None:
            return
        log.warning(
            "room %s (%s): tick %d took %.1f ms, and its budget is %.1f ms%s",
            opened.room_id,
            ticker.game,
            ticker.tick,
            took_ns / NS_PER_MS,
            opened.cadence.interval_ns / NS_PER_MS,
            f"; {unlogged} more overran since this was last said" if unlogged else "",
            extra={"room_id": opened.room_id, "game": ticker.game, "tick": ticker.tick, "took_us": took_ns // 1000},
        )
