"""A player's own row without the wait for the server: actions take effect at once, frames put it right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pelton.client.frame import Action, Frame
from pelton.client.predictor import PredictionStats, Predictor

__all__ = ["Prediction"]


class Prediction:
    """One row of a table, predicted; made by `Room.predict`."""

    def __init__(
        self,
        predictor: Predictor,
        act: Callable[[Action, Callable[[int], None]], Awaitable[int]],
        row: Callable[[], Any],
        action_s: float,
        detach: Callable[[], None],
        tick: int,
    ) -> None:
        self._predictor = predictor
        self._act = act
        self._row = row
        self._action_s = action_s
        self._detach = detach
        self._last_tick = tick

    @property
    def state(self) -> Mapping[str, Any] | None:
        """The row as predicted, by column, without smoothing; None while there is no such row."""
        return self._predictor.state

    @property
    def stats(self) -> PredictionStats:
        """How good the prediction is."""
        return self._predictor.stats

    @property
    def pending(self) -> int:
        """How many steps it is ahead of the last frame."""
        return len(self._predictor)

    def shown(self, now_s: float) -> Mapping[str, Any] | None:
        """The row as it should be drawn at this local time (`time.monotonic()`); None while there is none."""
        return self._predictor.shown(now_s)

    async def act(self, action: str | Action, /, **fields: Any) -> int:
        """Send an action as `Room.act` does, and see its effect at once.

        TooFast also if too many steps are in no frame yet.
        """
        self._predictor.check_room()
        name, given = (action.name, action.fields) if isinstance(action, Action) else (action, {})
        whole = Action(name, **{**given, **fields})
        began: list[int] = []

        def begin(seq: int) -> None:
            self._predictor.act(seq, whole, self._action_s)
            began.append(seq)

        try:
            return await self._act(whole, begin)
        except BaseException:
            for seq in began:
                self._predictor.withdraw(seq)  # it was never sent
            raise

    def idle(self) -> bool:
        """A tick goes by without an action; call it in each tick in which the game would move the row all the same.

        False if too many steps are in no frame yet.
        """
        return self._predictor.idle()

    def follow(self, frame: Frame, now_s: float) -> None:
        """The replica is at this frame (called by the room)."""
        ticks = max(0, frame.tick - self._last_tick)
        self._last_tick = frame.tick
        row = self._row()
        taken = {seq for seq, _ in frame.taken}
        refused = {seq for seq, _ in frame.refused}
        self._predictor.correct(None if row is None else row.values(), ticks, taken, refused, now_s)

    def close(self) -> None:
        """Predict no more."""
        self._detach()
