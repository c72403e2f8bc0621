"""Notes what one room does while it does it: which phase takes how long, which callback is slow, what happened.

A clock is read where a phase begins, once, and what it says is handed on: the time until the next reading is that
phase's. So the phases of a tick add up, and nothing is counted twice.

    begin ─▶ [merge ─▶ game ─▶ merge ─▶ groups] in the ticker ─▶ [encode ─▶ flush] in the fan-out ─▶ end
                        └ within `on_tick` merge, pipeline and game take turns, action by action

Never raises, never waits, and the game cannot see it: a room plays the same with and without.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple, Protocol, TypeVar

from pelton.server.recorder.events import Events
from pelton.server.recorder.garbage import Garbage
from pelton.server.recorder.ring import Ring
from pelton.server.recorder.row import IS_FAULT, IS_STEP, REASONS
from pelton.server.recorder.thread_use import ThreadUse

__all__ = ["ENCODE", "FLUSH", "GAME", "GROUPS", "MERGE", "PIPELINE", "Before", "Counts", "Tape"]

MERGE, PIPELINE, GAME, GROUPS, ENCODE, FLUSH = range(6)
SLOW_NS = 20_000
"""A callback that is quicker, or the game's work on one action, is not worth a note of its own."""
STILL_NS = 300_000
"""A thread that ran less than the tick took by so much was kept from it, and it is asked by whom."""
SLOW_MAX = 256
"""Notes in one tick."""
CALLBACK_EVENTS = {"on_join": "join", "on_leave": "leave", "on_drop": "drop", "on_resume": "resume"}


class Somebody(Protocol):
    """A player."""

    id: int


P = TypeVar("P", bound=Somebody)
A = TypeVar("A")
T = TypeVar("T")


class Before(NamedTuple):
    """What held a tick up before it began."""

    lag_ns: int = 0
    late_ns: int = 0
    poll_ns: int = 0


class Counts(NamedTuple):
    """What a tick did, in the order of the row."""

    actions: int = 0
    deferred: int = 0
    players: int = 0
    frames: int = 0
    skipped: int = 0
    paced: int = 0
    keyframes: int = 0
    joined: int = 0
    left: int = 0
    bytes_out: int = 0


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
        self._before = Before()
        self._slow: dict[tuple[str, int], list[int]] = {}
        self._taking_ns = self._merging_ns = self._acts_ns = 0
        self._refused = [0] * len(REASONS)

    # What the beat calls.

    def begin(self, begun_ns: int, before: Before) -> None:
        """A tick begins."""
        self._begun_ns = self._since_ns = begun_ns
        self._before = before
        self._phase = MERGE
        self._spent = [0] * 6
        if self._slow:
            self._slow = {}
        self._garbage.generation = -1
        self._garbage_before_ns = self._garbage.total_ns
        self._cpu_before_ns = self._use.cpu_ns()

    def end(
        self, ended_ns: int, budget_ns: int, counts: Counts, *, is_step: bool = False, is_fault: bool = False
    ) -> int:
        """The tick is over. Answers how long it took."""
        spent, garbage, ring = self._spent, self._garbage, self.ring
        spent[self._phase] += ended_ns - self._since_ns
        took_ns = ended_ns - self._begun_ns
        cpu_ns = self._use.cpu_ns() - self._cpu_before_ns
        switches = self._use.switches() if took_ns - cpu_ns > STILL_NS else 0
        lag_ns, late_ns, poll_ns = self._before
        name, player, calls, slow_ns = self._slowest() if self._slow else ("", 0, 0, 0)
        refused, self._refused = self._refused, [0] * len(REASONS)
        ring.append(
            self.tick, self._begun_ns, (IS_STEP if is_step else 0) | (IS_FAULT if is_fault else 0), budget_ns, took_ns,
            lag_ns, late_ns, poll_ns, *spent, cpu_ns, garbage.total_ns - self._garbage_before_ns,
            slow_ns, garbage.generation, switches, ring.number(name), player, calls,
            *counts, *refused,
        )  # fmt: skip
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

    def taken(self, played: Iterator[tuple[P, A]]) -> Generator[tuple[P, A]]:
        """The actions of a tick; notes what it takes to get each, and what the game does with it."""
        now = self._now_ns
        asked_ns = now()
        for one in played:
            got_ns = now()
            self._taking_ns += got_ns - asked_ns
            yield one
            asked_ns = now()
            if asked_ns - got_ns > SLOW_NS:
                self._acts_ns += asked_ns - got_ns
                self._note_slow(f"on_action:{type(one[1]).__name__}", one[0].id, asked_ns - got_ns)
        self._taking_ns += now() - asked_ns

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
        if reason in REASONS:
            self._refused[REASONS.index(reason)] += 1
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
