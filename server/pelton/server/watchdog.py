"""A thread that sees the event loop stand still, and says whose code holds it: room, tick, callback and line.

It only looks and writes the log, unless the loop stands still for so long that the process is of no use to anybody:
then it ends it, and a supervisor starts another.

A process that was stopped as a whole, or whose machine was asleep, is not at fault: the watchdog stood still as well.
"""

from __future__ import annotations

import logging
import os
import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pelton.server.clock import NS_PER_S, Clock
from pelton.server.config import WatchdogConfig
from pelton.server.metrics import Metrics
from pelton.server.overload.state import Overload
from pelton.server.pulse import Pulse
from pelton.server.recorder.recorder import Recorder
from pelton.server.stacks import frame_of, innermost_of_game

__all__ = ["EXIT_CODE", "Watchdog", "end_process"]

log = logging.getLogger(__name__)

LOOK_INTERVAL_S = 0.05
LONG_NS = NS_PER_S
LONG_STALLS, WITHIN_NS = 3, 15 * NS_PER_S
"""So many stalls of more than a second in so short a time, and the process is not healthy any more."""
EXIT_CODE = 70
NS_PER_MS = 1_000_000


@dataclass(slots=True)
class _Stall:
    """One that goes on."""

    since_ns: int
    what: str
    is_long: bool = False


def end_process() -> None:
    """At once, whatever its threads do. What was logged is written before."""
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(EXIT_CODE)


class Watchdog:
    """Watches one loop. `start`, then `stop`; or call `look` by hand."""

    def __init__(
        self,
        config: WatchdogConfig,
        clock: Clock,
        pulse: Pulse,
        metrics: Metrics,
        overload: Overload,
        end: Callable[[], None] = end_process,
        recorder: Recorder | None = None,
    ) -> None:
        self._recorder = recorder
        self._stall_ns = config.stall_ms * NS_PER_MS
        self._kill_ns = round(config.kill_after_s * NS_PER_S)
        self._clock = clock
        self._pulse = pulse
        self._metrics = metrics
        self._overload = overload
        self._end = end
        self._stall: _Stall | None = None
        self._long: deque[int] = deque(maxlen=LONG_STALLS)
        """When the last long ones were noticed."""
        self._looked_ns = clock.now_ns()
        self._awake_since_ns = 0
        self._loop_thread_id = threading.get_ident()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Watch the loop that runs on this thread."""
        self._loop_thread_id = threading.get_ident()
        self._looked_ns = self._clock.now_ns()
        self._thread = threading.Thread(target=self._watch, name="pelton-watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more. Nothing happens if it was not started."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_INTERVAL_S):
            self.look()

    def look(self) -> None:
        """See whether the loop goes on."""
        now_ns, since_ns = self._clock.now_ns(), self._pulse.since_ns
        if now_ns - self._looked_ns > self._stall_ns:
            self._awake_since_ns = now_ns
        self._looked_ns = now_ns
        stall = self._stall
        if stall is not None and stall.since_ns != since_ns:
            self._over(stall, now_ns)
            stall = None
        stood_ns = now_ns - max(since_ns, self._awake_since_ns)
        if stall is None and stood_ns > self._stall_ns:
            stall = self._begun(since_ns, stood_ns)
        if stall is not None:
            self._goes_on(stall, now_ns, stood_ns)
        self._overload.is_stalling = len(self._long) == LONG_STALLS and now_ns - self._long[0] <= WITHIN_NS

    def _begun(self, since_ns: int, stood_ns: int) -> _Stall:
        self._metrics.stalls += 1
        opened = self._pulse.opened
        frame = frame_of(self._loop_thread_id)
        if opened is None:
            what = "the event loop, outside of any room"
            where = innermost_of_game(frame)  # a game's on_create, perhaps
        else:
            ticker = opened.ticker
            what = f"room {opened.room_id} ({ticker.game}), tick {ticker.tick}, {ticker.doing}"
            where = innermost_of_game(frame, type(ticker.room).__module__)
            if self._recorder is not None and ticker.tape is not None:
                self._recorder.stalled(ticker.tape, ticker.doing, where)
        log.warning("stall: %s has held the loop for %d ms, at %s", what, stood_ns // NS_PER_MS, where)
        self._stall = stall = _Stall(since_ns, what)
        return stall

    def _goes_on(self, stall: _Stall, now_ns: int, stood_ns: int) -> None:
        if stood_ns > LONG_NS and not stall.is_long:
            stall.is_long = True
            self._long.append(now_ns)
        if self._kill_ns and stood_ns > self._kill_ns:
            frame = frame_of(self._loop_thread_id)
            text = "stall: %s has held the loop for %.1f s, more than watchdog.kill_after_s; the process ends (%d)"
            stack = None if frame is None else "".join(traceback.format_stack(frame)).rstrip()
            arguments = stall.what, stood_ns / NS_PER_S, EXIT_CODE
            # The stack is another thread's, and a logger takes only the caller's.
            log.handle(log.makeRecord(log.name, logging.CRITICAL, "", 0, text, arguments, None, sinfo=stack))
            opened = self._pulse.opened
            if self._recorder is not None and opened is not None and opened.ticker.tape is not None:
                self._recorder.last_words(opened.ticker.tape)
            self._end()

    def _over(self, stall: _Stall, now_ns: int) -> None:
        self._stall = None
        log.warning("stall over: %s held the loop for %d ms", stall.what, (now_ns - stall.since_ns) // NS_PER_MS)
