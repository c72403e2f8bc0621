"""How interpolation and prediction hang on a room: they look at each frame right after the replica took it in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pelton.client.frame import Action, Frame
from pelton.client.interpolation import Interpolation
from pelton.client.prediction import Prediction
from pelton.client.predictor import Predictor, Step
from pelton.client.replica import ReplicaTable
from pelton.client.wrap import Wraps

__all__ = ["Interpolated", "make_prediction"]


class Interpolated:
    """Records each frame of a table for an interpolation."""

    def __init__(self, view: Interpolation, table: ReplicaTable) -> None:
        self._view, self._table = view, table

    def follow(self, frame: Frame, now_s: float) -> None:
        """The replica is at this frame."""
        self._view.record(frame.tick, self._table.pick(self._view.fields), frozenset(self._table.ended))


def make_prediction(
    table: ReplicaTable,
    row_id: int,
    step: Step,
    act: Callable[[Action, Callable[[int], None]], Awaitable[int]],
    detach: Callable[[], None],
    *,
    tick: int,
    tick_s: float,
    action_ticks: float,
    wrap: Wraps | None,
    half_life_s: float,
    snap: float | None,
    tolerance: float,
    pending_max: int,
) -> Prediction:
    """The prediction of one row, begun with the row as it is now."""
    if action_ticks < 0:
        raise ValueError("action_ticks is 0 or more")
    predictor = Predictor(
        step,
        [name for name in table.columns if table.is_continuous(name)],
        tick_s=tick_s,
        wrap=wrap,
        half_life_s=half_life_s,
        snap=snap,
        tolerance=tolerance,
        pending_max=pending_max,
    )

    def row() -> Any:
        return table.get(row_id)

    now = row()
    if now is not None:
        predictor.correct(now.values(), 0, (), (), 0.0)
    return Prediction(predictor, act, row, action_ticks * tick_s, detach, tick)
