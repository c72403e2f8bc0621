"""What the own row will be once the server has taken what was sent to it. Pure: no clock, nothing is sent.

    authority    o----o----o                          the row as of the last frame
    predicted              '----a----b----.----c      steps that are not in it yet, replayed on top of it
    shown                  the same, plus what is left of the last error

A step is one action, or (`.`) a tick in which nothing was done. A frame takes away from the front what it has in it:
actions that were taken or refused, and as many idle ticks as went by besides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pelton.client.errors import TooFast
from pelton.client.frame import Action
from pelton.client.wrap import Wraps, distance, wraps_of

__all__ = ["PredictionStats", "Predictor", "Step"]

Step: TypeAlias = Callable[[dict[str, Any], Action | None, float], dict[str, Any]]
"""`step(state, action, dt) -> state`: the game's rule for one row. Pure; `state` is a copy, and may be changed."""


@dataclass(slots=True)
class PredictionStats:
    """How good the prediction is. Frames are counted while the row is there."""

    matched: int = 0
    """Frames after which the prediction was what it was before."""
    corrected: int = 0
    """Frames after which it was not."""
    snapped: int = 0
    """Of these, those with an error too large to be smoothed away."""
    refused: int = 0
    """Actions that were refused, so their effect was taken back."""
    largest_error: float = 0.0
    """In the fields' own unit, all smoothed fields together."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """One step; `seq` is the action's number, None for an idle tick."""

    seq: int | None
    action: Action | None
    dt_s: float


class Predictor:
    """One row, ahead of the server.

    Errors of the fields `smooth` are shown less and less: half after `half_life_s`; beyond `snap` (all together) not
    at all. Up to `tolerance` a difference is no error. At most `pending_max` steps are kept.
    """

    def __init__(
        self,
        step: Step,
        smooth: Sequence[str],
        *,
        tick_s: float,
        wrap: Wraps | None = None,
        half_life_s: float = 0.1,
        snap: float | None = None,
        tolerance: float = 1e-6,
        pending_max: int = 256,
    ) -> None:
        if half_life_s <= 0 or pending_max < 1 or tolerance < 0:
            raise ValueError("half_life_s and pending_max are more than 0, tolerance 0 or more")
        self.state: dict[str, Any] | None = None
        """The row as predicted, without smoothing; None while there is no such row. Not to be changed."""
        self.stats = PredictionStats()
        self._step = step
        self._smooth = tuple(smooth)
        self._wraps = wraps_of(self._smooth, wrap)
        self._tick_s = tick_s
        self._half_life_s = half_life_s
        self._snap = snap
        self._tolerance = tolerance
        self._pending: deque[_Pending] = deque()
        self._pending_max = pending_max
        self._base: dict[str, Any] | None = None
        self._error = [0.0] * len(self._smooth)
        self._error_at_s = 0.0

    def __len__(self) -> int:
        """How many steps the prediction is ahead."""
        return len(self._pending)

    def check_room(self) -> None:
        """TooFast if no more steps can be kept."""
        if len(self._pending) >= self._pending_max:
            raise TooFast(f"{self._pending_max} steps are predicted and in no frame yet; act less often")

    def act(self, seq: int, action: Action, dt_s: float) -> None:
        """An action is sent under this number, and stands for so much time."""
        self._add(_Pending(seq, action, dt_s))

    def idle(self) -> bool:
        """A tick goes by without an action. False if no more steps can be kept: the server is silent."""
        if len(self._pending) >= self._pending_max:
            return False
        self._add(_Pending(None, None, self._tick_s))
        return True

    def withdraw(self, seq: int) -> None:
        """The action was never sent."""
        self._pending = deque(pending for pending in self._pending if pending.seq != seq)
        self._replay()

    def correct(
        self, row: Mapping[str, Any] | None, ticks: int, taken: Collection[int], refused: Collection[int], now_s: float
    ) -> None:
        """A frame, `ticks` after the one before: the row in it (None: gone), and the actions that it answers."""
        old, shown = self.state, self.shown(now_s)
        carried = self._drop(ticks * self._tick_s, taken, refused)
        if row is None:
            self._base = self.state = None
            return
        self._base = {**carried, **row}
        self._replay()
        if old is None or shown is None:
            self._error = [0.0] * len(self._smooth)
        else:
            self._note_error(old, shown, now_s)

    def shown(self, now_s: float) -> dict[str, Any] | None:
        """The row as it should be drawn at this local time: the prediction, with errors smoothed away."""
        if self.state is None:
            return None
        shown = dict(self.state)
        fade = 0.5 ** (max(0.0, now_s - self._error_at_s) / self._half_life_s)
        for name, error, wrap in zip(self._smooth, self._error, self._wraps, strict=True):
            if error:
                value = shown[name] + error * fade
                shown[name] = value if wrap is None else wrap.within(value)
        return shown

    def _add(self, pending: _Pending) -> None:
        if self.state is not None:
            self.state = self._step(dict(self.state), pending.action, pending.dt_s)
        self._pending.append(pending)

    def _replay(self) -> None:
        if self._base is None:
            return
        state = dict(self._base)
        for pending in self._pending:
            state = self._step(state, pending.action, pending.dt_s)
        self.state = state

    def _drop(self, time_s: float, taken: Collection[int], refused: Collection[int]) -> Mapping[str, Any]:
        """Take away what is in the frame. Answers the state after it as predicted, for what no column holds."""
        pending, state = self._pending, None if self._base is None else dict(self._base)
        last = max((index for index, one in enumerate(pending) if one.seq in taken), default=-1)
        kept: deque[_Pending] = deque()
        for index, one in enumerate(pending):
            if one.seq is not None and one.seq in refused:
                self.stats.refused += 1
            elif one.seq in taken or (one.seq is None and (index < last or self._fits(one, time_s, kept))):
                time_s -= one.dt_s
                state = state and self._step(state, one.action, one.dt_s)
            else:
                kept.append(one)
        self._pending = kept
        return state or {}

    def _fits(self, idle: _Pending, time_s: float, kept: deque[_Pending]) -> bool:
        """Whether an idle tick at the front is in the time that went by."""
        return not kept and time_s > idle.dt_s / 2

    def _note_error(self, old: Mapping[str, Any], shown: Mapping[str, Any], now_s: float) -> None:
        state = self.state
        assert state is not None
        error = distance(self._ways(state, old))
        others = any(old.get(name) != value for name, value in state.items() if name not in self._smooth)
        if error <= self._tolerance and not others:
            self.stats.matched += 1
        else:
            self.stats.corrected += 1
            self.stats.largest_error = max(self.stats.largest_error, error)
        ways = self._ways(state, shown)
        if self._snap is not None and distance(ways) > self._snap:
            self.stats.snapped += 1
            ways = [0.0] * len(ways)
        self._error, self._error_at_s = ways, now_s

    def _ways(self, start: Mapping[str, Any], end: Mapping[str, Any]) -> list[float]:
        return [
            end[name] - start[name] if wrap is None else wrap.shortest(start[name], end[name])
            for name, wrap in zip(self._smooth, self._wraps, strict=True)
        ]
