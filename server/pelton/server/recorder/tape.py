"""Notes what one room does while it does it: which phase takes how long, which callback is slow, what happened.

A clock is read where a phase begins, once, and what it says is handed on: the time until the next reading is that
phase's. So the phases of a tick add up, and nothing is counted twice.

    begin ─▶ [merge ─▶ game ─▶ merge ─▶ groups] in the ticker ─▶ [encode ─▶ flush] in the fan-out ─▶ end
                        └ within `on_tick` merge, pipeline and game take turns, action by action

Never raises, never waits, and the game cannot see it: a room plays the same with and without.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Protocol, TypeAlias, TypeVar

from pelton.server.recorder.events import Events
from pelton.server.recorder.garbage import Garbage
from pelton.server.recorder.ring import Ring
from pelton.server.recorder.row import REASONS
from pelton.server.recorder.thread_use import ThreadUse

__all__ = ["ENCODE", "FLUSH", "GAME", "GROUPS", "MERGE", "PIPELINE", "Counts", "Tape"]

MERGE, PIPELINE, GAME, GROUPS, ENCODE, FLUSH = range(6)
SLOW_NS = 20_000
"""A callback that is quicker, or the game's work on one action, is not worth a note of its own."""
STILL_NS = 300_000
"""A thread that ran less than the tick took by so much was kept from it, and it is asked by whom."""
LONG_NS = 1_000_000
"""A tick that is over sooner is taken to have run all the time."""
SLOW_MAX = 256
"""Notes in one tick."""
CALLBACK_EVENTS = {"on_join": "join", "on_leave": "leave", "on_drop": "drop", "on_resume": "resume"}
NONE_REFUSED = (0,) * len(REASONS)
Counts: TypeAlias = tuple[int, int, int, int, int, int, int, int, int, int]
"""What a tick did, in the order of the row: actions to bytes_out. Plain, as names cost half a microsecond."""


class Somebody(Protocol):
    """A player."""

    id: int


P = TypeVar("P", bound=Somebody)
A = TypeVar("A")
T = TypeVar("T")


class Tape:
    """Of one room."""

    __slots__ = (
        "_acts_ns",
        "_before",
        "_begun_ns",
        "_cpu_before_ns",
        "_garbage",
        "_garbage_before_ns",
        "_merging_ns",
        "_now_ns",
        "_phase",
        "_refused",
        "_since_ns",
        "_slow",
        "_spent",
        "_taking_ns",
        "_use",
        "events",
        "game",
        "ring",
        "room_id",
        "tick",
        "tick_hz",
        "wanted",
    )

    def __init__(
        self,
        room: tuple[str, str, float],
        rows: int,
        events_max: int,
        now_ns: Callable[[], int],
        use: ThreadUse,
        garbage: Garbage,
    ) -> None:
        """`room`: its id, its game, its ticks a second."""
        self.room_id, self.game, self.tick_hz = room
        self.ring = Ring(rows)
        self.events = Events(events_max)
        self.tick = 0
        """That is under way, or came last."""
        self.wanted = ""
        """Why the record is to be dumped when the tick is over; empty if it is not. Also set by the watchdog."""
        self._now_ns, self._use, self._garbage = now_ns, use, garbage
        self._spent = [0] * 6
        self._phase = MERGE
        self._begun_ns = self._since_ns = 0
        self._cpu_before_ns = 0
        self._garbage_before_ns = 0
        self._before = (0, 0, 0)
        self._slow: dict[tuple[str, int], list[int]] = {}
        self._taking_ns = self._merging_ns = self._acts_ns = 0
        self._refused = NONE_REFUSED

    # What the beat calls.

    def erase(self) -> None:
        """Give the memory back now: a room and what it is made of hold each other, and go when the collector comes."""
        self.ring, self.events = Ring(1), Events(1)

    def begin(self, begun_ns: int, lag_ns: int, late_ns: int, poll_ns: int) -> None:
        """A tick begins; the last three say what held it up, see TickRow."""
        self._begun_ns = self._since_ns = begun_ns
        self._before = (lag_ns, late_ns, poll_ns)
        self._phase = MERGE
        self._spent = [0, 0, 0, 0, 0, 0]
        if self._slow:
            self._slow = {}
        garbage = self._garbage
        garbage.generation = -1
        self._garbage_before_ns = garbage.total_ns
        self._cpu_before_ns = self._use.cpu_ns()

    def end(self, ended_ns: int, budget_ns: int, counts: Counts, flags: int = 0) -> int:
        """The tick is over. `flags` as in the row. Answers how long it took."""
        spent, garbage, ring = self._spent, self._garbage, self.ring
        spent[self._phase] += ended_ns - self._since_ns
        took_ns = cpu_ns = ended_ns - self._begun_ns
        switches = waits = callback = player = calls = slow_ns = 0
        if took_ns > LONG_NS:  # to ask takes a microsecond, and nobody asks about a short tick
            cpu_ns = self._use.cpu_ns() - self._cpu_before_ns
            if took_ns - cpu_ns > STILL_NS:
                switches, waits = self._use.switches()
        if self._slow:
            name, player, calls, slow_ns = self._slowest()
            callback = ring.number(name)
        refused = self._refused
        if refused is not NONE_REFUSED:
            self._refused = NONE_REFUSED
        ring.append((
            self.tick, self._begun_ns, flags, budget_ns, took_ns, *self._before, *spent,
            cpu_ns, garbage.total_ns - self._garbage_before_ns, slow_ns, garbage.generation, switches, waits,
            callback, player, calls, *counts, *refused,
        ))  # fmt: skip
        self._phase = MERGE
        return took_ns

    # What the ticker and the fan-out call.

    def enter(self, phase: int) -> None:
        """Another phase begins."""
        now_ns = self._now_ns()
        self._spent[self._phase] += now_ns - self._since_ns
        self._since_ns, self._phase = now_ns, phase

    def called(self, callback: str, player: int = 0) -> None:
        """A callback of the game, for which a phase was entered, has returned or raised."""
        now_ns = self._now_ns()
        own_ns = now_ns - self._since_ns
        spent = self._spent
        if self._taking_ns:
            spent[MERGE] += self._merging_ns or self._taking_ns
            if self._merging_ns:
                spent[PIPELINE] += self._taking_ns - self._merging_ns
            own_ns -= self._taking_ns
            self._taking_ns = self._merging_ns = 0
        spent[self._phase] += own_ns
        if self._acts_ns:
            own_ns -= self._acts_ns
            self._acts_ns = 0
        if own_ns > SLOW_NS and self._phase == GAME:
            self._note_slow(callback, player, own_ns)
        self._since_ns, self._phase = now_ns, MERGE
        if player:
            self.happened(CALLBACK_EVENTS.get(callback, callback), player=player)

    def taken(self, played: Iterator[tuple[P, A]], every: int = 1) -> Generator[tuple[P, A]]:
        """The actions of a tick; notes what the game does with each, and what it takes to get one, of `every` so many.

        To get one takes a tenth of what it costs to look at the clock, where no pipeline of the game's is in between.
        """
        now, slow_ns = self._now_ns, SLOW_NS
        taking_ns = number = 0
        asked_ns = now()
        try:
            for one in played:
                got_ns = asked_ns
                number += 1
                if number % every == 0:
                    got_ns = now()
                    took_ns = got_ns - asked_ns
                    taking_ns += took_ns if took_ns > slow_ns else took_ns * every
                yield one
                asked_ns = now()
                if asked_ns - got_ns > slow_ns:
                    self._acts_ns += asked_ns - got_ns
                    self._note_slow(f"on_action:{type(one[1]).__name__}", one[0].id, asked_ns - got_ns)
            taking_ns += now() - asked_ns
        finally:  # also if the game has gone away from its loop
            self._taking_ns += taking_ns

    def merged(self, sweep: Generator[T]) -> Generator[T]:
        """The merge below a pipeline, whose own time is told apart from that of the pipeline."""
        now = self._now_ns
        try:
            asked_ns = now()
            for one in sweep:
                self._merging_ns += now() - asked_ns
                yield one
                asked_ns = now()
            self._merging_ns += now() - asked_ns
        finally:
            sweep.close()

    # What anybody calls who has something to tell.

    def refused(self, player: int, seq: int, reason: str, action: str, detail: str) -> None:
        """An action is refused."""
        self._refused = tuple([count + (reason == one) for count, one in zip(self._refused, REASONS, strict=True)])
        self.happened("refusal", player=player, seq=seq, name=action, reason=reason, detail=detail)

    def happened(
        self, kind: str, *, player: int = 0, seq: int = 0, name: str = "", reason: str = "", detail: str = ""
    ) -> None:
        """Anything else."""
        self.events.add(
            self.tick, self._now_ns(), kind, player=player, seq=seq, name=name, reason=reason, detail=detail
        )

    def _note_slow(self, callback: str, player: int, took_ns: int) -> None:
        noted = self._slow.get((callback, player))
        if noted is not None:
            noted[0] += took_ns
            noted[1] += 1
        elif len(self._slow) < SLOW_MAX:
            self._slow[callback, player] = [took_ns, 1]

    def _slowest(self) -> tuple[str, int, int, int]:
        (name, player), (took_ns, calls) = max(self._slow.items(), key=lambda item: item[1][0])
        return name, player, calls, took_ns
