"""Rows between two frames: where they were at a tick that is no whole number. Pure: time is an argument.

Frames come once a tick at best, and unevenly; a screen is drawn more often, and evenly. So what is shown is a little
in the past, where there is a frame on either side.

    frames      3 ------- 4 ------- 5 --------------- 7          (6 was skipped)
    shown                      ^ at 4.6: 0.4 of frame 4 and 0.6 of frame 5
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence, Set
from typing import TypeAlias

from pelton.client.wrap import Wraps, distance, wraps_of

__all__ = ["Interpolation"]

Values: TypeAlias = tuple[float, ...]
FRAMES_MAX = 32


class _Snapshot:
    """The rows after one frame. Those that are `fresh` did not exist in the frame before, though their id did."""

    __slots__ = ("fresh", "rows", "tick")

    def __init__(self, tick: int, rows: dict[int, Values], fresh: Set[int]) -> None:
        self.tick, self.rows, self.fresh = tick, rows, fresh


class Interpolation:
    """Some number columns of a table at any tick; made by `Room.interpolate`.

    Keeps the last `frames_max` frames. `delay_ticks` is how far behind the server `tick` stays. A row that moved by
    more than `snap` from one frame to the next (all fields together, the shortest way) jumps instead of gliding. After
    the newest frame rows go on as they did, for `extrapolate_ticks` at most.
    """

    def __init__(
        self,
        fields: Sequence[str],
        *,
        delay_ticks: float = 2.0,
        wrap: Wraps | None = None,
        snap: float | None = None,
        extrapolate_ticks: float = 1.0,
        frames_max: int = FRAMES_MAX,
        detach: Callable[[], None] = lambda: None,
    ) -> None:
        if not fields:
            raise ValueError("name the columns to interpolate")
        if delay_ticks < 0 or extrapolate_ticks < 0 or frames_max < 2:
            raise ValueError("delay_ticks and extrapolate_ticks are 0 or more, frames_max 2 or more")
        self.fields = tuple(fields)
        self.delay_ticks = delay_ticks
        self._wraps = wraps_of(self.fields, wrap)
        self._snap = snap
        self._extrapolate_ticks = extrapolate_ticks
        self._frames_max = frames_max
        self._snapshots: list[_Snapshot] = []
        self._detach = detach

    def record(self, tick: int, rows: dict[int, Values], fresh: Set[int]) -> None:
        """A frame: all rows by id, and which of them are not those of the same id before. The room calls it."""
        snapshots = self._snapshots
        if snapshots and tick <= snapshots[-1].tick:
            snapshots.clear()  # another run of ticks
        snapshots.append(_Snapshot(tick, rows, fresh))
        if len(snapshots) > self._frames_max:
            del snapshots[0]

    def tick(self, server_tick: float) -> float:
        """The tick to show when the server is at `server_tick` (see `Room.clock`): so much earlier."""
        return server_tick - self.delay_ticks

    def at(self, tick: float) -> dict[int, Values]:
        """All rows that were there at this tick: by id, the fields in the order in which they were named.

        Before the oldest frame that is kept, as in that one. A new row is there from the tick of the frame that
        brought it, one that is gone up to the tick of the frame without it. Empty before the first frame.
        """
        before, after, share = self._around(tick)
        if before is None:
            return {}
        return {row_id: self._between(row_id, values, before, after, share) for row_id, values in before.rows.items()}

    def row(self, row_id: int, tick: float) -> Values | None:
        """One row at this tick, None if it was not there."""
        before, after, share = self._around(tick)
        values = None if before is None else before.rows.get(row_id)
        if before is None or values is None:
            return None
        return self._between(row_id, values, before, after, share)

    def close(self) -> None:
        """Keep no more frames; what was kept can still be asked for."""
        self._detach()

    def _around(self, tick: float) -> tuple[_Snapshot | None, _Snapshot | None, float]:
        """The frame whose rows are shown, another by which they move, and how far, in what lies between both."""
        snapshots = self._snapshots
        if not snapshots:
            return None, None, 0.0
        index = bisect_right(snapshots, tick, key=lambda snapshot: snapshot.tick)
        if index == 0:
            return snapshots[0], None, 0.0
        before = snapshots[index - 1]
        if index < len(snapshots):
            after = snapshots[index]
            return before, after, (tick - before.tick) / (after.tick - before.tick)
        if len(snapshots) == 1:
            return before, None, 0.0
        beyond = min(tick - before.tick, self._extrapolate_ticks)
        earlier = snapshots[-2]
        return before, earlier, -beyond / (before.tick - earlier.tick)

    def _between(self, row_id: int, values: Values, before: _Snapshot, after: _Snapshot | None, share: float) -> Values:
        """A share of the way to the other frame; if that is the earlier one, the share is negative: away from it."""
        other = None if after is None or not share else after.rows.get(row_id)
        if other is None or row_id in (after if share > 0 and after is not None else before).fresh:
            return values
        ways = [
            end - start if wrap is None else wrap.shortest(start, end)
            for start, end, wrap in zip(values, other, self._wraps, strict=True)
        ]
        if self._snap is not None and distance(ways) > self._snap:
            return values
        return tuple(
            start + share * way if wrap is None else wrap.within(start + share * way)
            for start, way, wrap in zip(values, ways, self._wraps, strict=True)
        )
