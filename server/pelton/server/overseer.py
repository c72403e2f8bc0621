"""Watches how much there is to do, and does something about it: takes the ladder's steps, judges rooms and memory.

The beat tells it of every tick and asks it after every turn; it writes `lobby.overload`, which everybody else reads.
Rooms are not ended here: it answers which are to be.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pelton.server.clock import NS_PER_S
from pelton.server.config import OverloadConfig
from pelton.server.metrics import Metrics
from pelton.server.overload.burden import Burden, Sentence
from pelton.server.overload.ladder import Ladder, Marks, Window
from pelton.server.overload.load import Heaviest, RoomLoad, blame, heaviest
from pelton.server.overload.memory import MemoryLimit
from pelton.server.simulate.errors import RoomFault
from pelton.server.simulate.lobby import Lobby, OpenRoom

__all__ = ["Ending", "Overseer"]

log = logging.getLogger(__name__)

WINDOW_NS = NS_PER_S
SLOWED = 2.0
FAR_FACTOR = 2
NS_PER_MS = 1_000_000
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Ending:
    """A room that is to be ended: because of a fault of its game, or for the sake of the others."""

    opened: OpenRoom
    fault: RoomFault | None = None


@dataclass(slots=True)
class _Charge:
    """What is kept of one room."""

    load: RoomLoad
    burden: Burden
    told: int = 0
    """The step that its game knows of."""
    events: list[str] = field(default_factory=list)
    """What it is to be told besides."""


class Overseer:
    """Of one process. `rss_bytes`, if given, is asked once a second at most."""

    def __init__(self, config: OverloadConfig, lobby: Lobby, metrics: Metrics) -> None:
        self._config = config
        self._lobby = lobby
        self._metrics = metrics
        self._state = lobby.overload
        marks = Marks(config.high, config.low, config.up_after_windows, config.down_after_windows)
        self._ladder = Ladder(marks) if config.ladder == "on" else None
        self._memory = MemoryLimit(config.memory_soft_bytes)
        self._charges: dict[OpenRoom, _Charge] = {}
        self._window_ends_ns: int | None = None
        self._ticks = self._late = 0
        """Of all ticks, and of those late or skipped, when the window began."""
        self.rss_bytes: Callable[[], int] | None = None

    def ticked(self, opened: OpenRoom, took_ns: int) -> None:
        """A room has run a tick."""
        charge = self._charges.get(opened)
        if charge is None:
            burden = Burden(round(self._config.room_timeout_s * NS_PER_S), self._config.down_after_windows)
            charge = self._charges[opened] = _Charge(RoomLoad(), burden)
            self._set_pace(opened, charge)
        charge.load.add(took_ns / opened.cadence.full_speed_ns, in_pairs=self._state.is_thin)

    def turn(self, now_ns: int) -> list[Ending]:
        """Judge, if a window is over. Which rooms are to be ended."""
        if self._window_ends_ns is not None and now_ns < self._window_ends_ns:
            return []
        is_first = self._window_ends_ns is None
        self._window_ends_ns = now_ns + WINDOW_NS
        return [] if is_first else list(self._judge(now_ns))

    def _judge(self, now_ns: int) -> Iterator[Ending]:
        charges = self._charges = {opened: self._charges[opened] for opened in self._lobby if opened in self._charges}
        loads = {opened: charge.load for opened, charge in charges.items()}
        for load in loads.values():
            load.close()
        blamed = blame(loads, self._config.room_share_max, self._config.high)
        rest = heaviest({opened: load for opened, load in loads.items() if opened not in blamed})
        late_share = self._late_share()  # the heavy rooms made the others late: what these are like is not known
        self._climb(Window(rest.load, 0.0 if blamed else late_share), rest, now_ns)
        self._weigh()
        for opened, charge in charges.items():
            if self._sentence(opened, charge, now_ns, is_blamed=opened in blamed):
                yield Ending(opened)
            else:
                fault = self._tell(opened, charge)
                if fault is not None:
                    yield Ending(opened, fault)

    def _late_share(self) -> float:
        metrics = self._metrics
        ticks = metrics.ticks + metrics.ticks_skipped
        late = metrics.ticks_late + metrics.ticks_skipped
        share = (late - self._late) / max(ticks - self._ticks, 1)
        self._ticks, self._late = ticks, late
        return share

    def _climb(self, window: Window, rest: Heaviest[OpenRoom], now_ns: int) -> None:
        state, ladder = self._state, self._ladder
        state.p95_share = round(window.load, 3)
        if ladder is None or not ladder.judge(window):
            return
        rung, before = ladder.rung, state.step
        state.step, state.name, state.since_ns, state.dilation = rung.step, rung.name, now_ns, rung.dilation
        state.far_factor = FAR_FACTOR if rung.step >= 1 else 1
        state.is_thin, state.sheds_cosmetic = rung.step >= 2, rung.step >= 3
        self._admit()
        self._metrics.overload_changes += 1
        log.warning(
            "overload: step %d (%s), was %d; load %.0f %% of the budget, %.0f %% of ticks late%s%s",
            rung.step,
            rung.name,
            before,
            window.load * 100,
            window.late_share * 100,
            "" if rest.room is None else f"; heaviest room {_weight(rest.room, self._charges[rest.room].load)}",
            f"; ticks x{rung.dilation:g} apart" if rung.dilation > 1 else "",
        )
        for opened, charge in self._charges.items():
            self._set_pace(opened, charge)

    def _weigh(self) -> None:
        """Look at the memory."""
        if self.rss_bytes is None or not self._memory.soft_bytes:
            return
        rss_bytes = self.rss_bytes()
        if self._memory.judge(rss_bytes):
            log.warning(
                "memory: %.0f MiB in RAM, overload.memory_soft_bytes is %.0f MiB; %s",
                rss_bytes / MIB,
                self._memory.soft_bytes / MIB,
                "nobody new is let in" if self._memory.is_over else "players are let in again",
            )
        self._admit()

    def _admit(self) -> None:
        self._state.busy = "memory" if self._memory.is_over else "overload" if self._state.step >= 4 else ""

    def _sentence(self, opened: OpenRoom, charge: _Charge, now_ns: int, *, is_blamed: bool) -> bool:
        """Judge one room. Whether it is to be closed."""
        sentence = charge.burden.judge(now_ns, is_blamed=is_blamed, is_light=charge.load.p95 < self._config.high)
        if sentence is Sentence.NOTHING:
            return False
        what = {
            Sentence.SLOW: "it ticks half as often from now on, as it alone makes the others late",
            Sentence.RESTORE: "it ticks at its own rate again",
            Sentence.CLOSE: "it is closed (room_overrun), for the sake of the others",
        }[sentence]
        log.warning("room %s: %s", _weight(opened, charge.load), what)
        if sentence is Sentence.CLOSE:
            self._metrics.rooms_overrun += 1
            return True
        charge.events.append("room_slowed" if sentence is Sentence.SLOW else "room_restored")
        self._set_pace(opened, charge)
        return False

    def _set_pace(self, opened: OpenRoom, charge: _Charge) -> None:
        charge.load.slowed_by = SLOWED if charge.burden.slowed else 1.0
        opened.cadence.stretch(max(self._state.dilation, charge.load.slowed_by))

    def _tell(self, opened: OpenRoom, charge: _Charge) -> RoomFault | None:
        """Tell the game what is new. Its fault, if it raised."""
        state = self._state
        if charge.told != state.step:
            charge.told = state.step
            charge.events.insert(0, state.name)
        events, charge.events = charge.events, []
        try:
            for event in events:
                opened.ticker.overloaded(state.step, event)
        except RoomFault as fault:
            return fault
        return None


def _weight(opened: OpenRoom, load: RoomLoad) -> str:
    budget_ms = opened.cadence.full_speed_ns / NS_PER_MS
    return f"{opened.room_id} ({opened.ticker.game}), p95 {load.p95 * budget_ms:.1f} ms of {budget_ms:.1f}"
