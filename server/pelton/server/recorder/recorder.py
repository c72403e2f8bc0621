"""All tapes of a process: made when a room first ticks, kept for a while when it is gone, dumped when there is trouble.

Runs on the loop, but for `stalled` and `last_words`, which are the watchdog's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from pelton.server.clock import NS_PER_S, Clock
from pelton.server.config import RecorderConfig
from pelton.server.metrics import Metrics
from pelton.server.recorder.dumps import Dumps
from pelton.server.recorder.events import Event, Events
from pelton.server.recorder.explain import ms
from pelton.server.recorder.garbage import Garbage
from pelton.server.recorder.record import Record
from pelton.server.recorder.ring import Ring
from pelton.server.recorder.row import TickRow
from pelton.server.recorder.tape import Tape
from pelton.server.recorder.thread_use import ThreadUse

__all__ = ["Recorder"]

ENDED_MAX = 8
"""Rooms that are gone and whose tapes are still there to be read."""
ROWS_MIN = 16


class Recorder:
    """Of one process. `start` and `stop` have it hear of garbage collections; without, it knows of none."""

    def __init__(
        self,
        config: RecorderConfig,
        clock: Clock,
        metrics: Metrics,
        use: ThreadUse | None = None,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """CannotDump if there is to be a folder for dumps, and it cannot be used."""
        self._config = config
        self._now_ns = clock.now_ns
        self.use = use or ThreadUse()
        """Of the loop's thread."""
        self._utc = utc
        self._garbage = Garbage(self._now_ns)
        self._tapes: dict[str, Tape] = {}
        self._ended: dict[str, Tape] = {}
        self._dumped_ns: dict[str, int] = {}
        """When each room that is open was dumped last."""
        self.events = Events(config.events_max)
        """Of the process: what admins did, and what has no room."""
        self.is_on = config.enabled == "on"
        self.dumps = Dumps(Path(config.dump_dir), config.dumps_max, metrics) if config.dump_dir and self.is_on else None

    def start(self) -> None:
        """Listen to the collector."""
        if self.is_on:
            self._garbage.start()

    def stop(self) -> None:
        """Listen no more, and write down what waits to be."""
        self._garbage.stop()
        if self.dumps is not None:
            self.dumps.stop()

    def open(self, room_id: str, game: str, tick_hz: float) -> Tape | None:
        """The tape of a room that begins to tick; None if nothing is to be recorded."""
        if not self.is_on:
            return None
        rows = max(math.ceil(self._config.seconds * tick_hz), ROWS_MIN)
        room = room_id, game, tick_hz
        tape = Tape(room, rows, self._config.events_max, self._now_ns, self.use, self._garbage)
        self._tapes[room_id] = tape
        return tape

    def close(self, room_id: str) -> None:
        """A room is gone. Nothing happens if it has no tape."""
        tape = self._tapes.pop(room_id, None)
        self._dumped_ns.pop(room_id, None)
        if tape is not None:
            self._ended[room_id] = tape
            while len(self._ended) > ENDED_MAX:
                self._ended.pop(next(iter(self._ended))).erase()

    def tape(self, room_id: str) -> Tape | None:
        """The tape of a room that is open, or was a while ago."""
        return self._tapes.get(room_id) or self._ended.get(room_id)

    @property
    def ended(self) -> Iterator[Tape]:
        """Those of rooms that are gone, the last first."""
        return reversed(self._ended.values())

    def ticked(self, tape: Tape, took_ns: int, budget_ns: int) -> None:
        """A tick is over and on the tape: see whether it is a reason to dump."""
        if took_ns > budget_ns:
            tape.happened("overrun", detail=f"{ms(took_ns)} of {ms(budget_ns)}")
        if took_ns > self._config.overrun_factor * budget_ns and not tape.wanted:
            tape.wanted = f"tick {tape.tick} took {ms(took_ns)} of its {ms(budget_ns)}"
        if tape.wanted:
            why, tape.wanted = tape.wanted, ""
            self._dump_now_and_then(tape, why)

    def failed(self, tape: Tape, callback: str, text: str) -> None:
        """A room ends because its game raised: its record is dumped in any case."""
        tape.happened("fault", name=callback, detail=text)
        self.dump(tape, f"fault in {callback}, tick {tape.tick}")

    def dump(self, tape: Tape, why: str) -> bool:
        """Write a record down. Whether it will be: False without a folder, or if too many wait."""
        self._dumped_ns[tape.room_id] = self._now_ns()
        if self.dumps is None:
            return False
        return self.dumps.put(self._frozen(tape, why))

    def record(self, tape: Tape, since: int = 0, limit: int | None = None) -> Record:
        """A room's record, or some ticks of it, with all events."""
        return _record(tape, tape.ring, tape.ring.rows(since, limit), tape.events.copy(), self._now_ns())

    # What the watchdog's thread calls, while the loop stands still.

    def stalled(self, tape: Tape, callback: str, where: str) -> None:
        """A room holds the loop, at this line of code."""
        tape.happened("stall", name=callback, detail=where)
        tape.wanted = f"tick {tape.tick} held the loop, at {where}"

    def last_words(self, tape: Tape) -> None:
        """The process is going to be ended: write the record down at once."""
        if self.dumps is not None:
            self.dumps.write(self._frozen(tape, f"tick {tape.tick} never ended")())

    def _frozen(self, tape: Tape, why: str) -> Callable[[], Record]:
        """A room's record as it is now; what takes time to make of it is left to whoever calls what is returned."""
        ring, events, now_ns = tape.ring.copy(), tape.events.copy(), self._now_ns()
        at = self._utc().isoformat(timespec="seconds")
        return lambda: _record(tape, ring, ring.rows(), events, now_ns, why, at)

    def _dump_now_and_then(self, tape: Tape, why: str) -> None:
        before_ns = self._dumped_ns.get(tape.room_id)
        if before_ns is None or self._now_ns() - before_ns >= self._config.dump_interval_s * NS_PER_S:
            self.dump(tape, why)


def _record(
    tape: Tape, ring: Ring, ticks: Iterable[TickRow], events: Iterable[Event], now_ns: int, why: str = "", at: str = ""
) -> Record:
    room = tape.room_id, tape.game, tape.tick_hz
    return Record(*room, now_ns, tuple(ticks), tuple(events), at, why, ring.oldest, ring.newest)
