"""The source of a room's pipeline: this tick's actions, lazily, and an account of those that the pipeline dropped.

Stages are lazy and take one action at a time. So an action after which the next is asked for, without anything
having come out in between, was dropped by a stage: it is refused with `not_allowed`, never forgotten.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from typing import Any, TypeAlias

from pelton.protocol import Act, Reason
from pelton.server.simulate.seat import Player, Seat
from pelton.streams import PENDING, Err, Left, Poll, Stream, Waker

__all__ = ["Played", "TickActions"]

Played: TypeAlias = tuple[Player, Any]
"""A player and the action he sent."""


class TickActions(Stream[Played]):
    """A stream that is filled anew each tick with a sweep over the room's seats."""

    def __init__(self) -> None:
        self._sweep: Generator[tuple[Seat, Act[Any] | Err | Left]] | None = None
        self._under_way: tuple[Seat, Act[Any]] | None = None
        self._taken = 0
        self._drained = self._closed = False
        self.traced = True
        """Whether to find out what the stages drop. Without stages there is nothing to find out."""
        self.last: Played | None = None
        """What was taken last, for the report if game code raises."""

    def begin(self, sweep: Generator[tuple[Seat, Act[Any] | Err | Left]]) -> None:
        """Start a tick."""
        self._sweep = sweep
        self._drained = False
        self.last = None

    def end(self) -> int:
        """The tick is over: what was not taken keeps its place for the next. Answers how many were taken."""
        if self._closed:
            for _ in self.fused(None):
                """Nobody will ever want it: taken, and refused when the next is."""
            self.settle()
        if self._sweep is not None:
            self._sweep.close()
            self._sweep = None
        taken, self._taken = self._taken, 0
        return taken

    def arrived(self) -> None:
        """Something came out at the far end of the pipeline."""
        self._under_way = None

    def settle(self) -> None:
        """Whatever is under way was dropped."""
        if self._under_way is not None:
            seat, act = self._under_way
            seat.refuse(act.seq, Reason.NOT_ALLOWED, act.action)
            self._under_way = None

    def poll(self, waker: Waker | None = None) -> Played | Poll:
        for played in self.fused(1):
            return played
        return PENDING

    def fused(self, limit: int | None) -> Iterator[Played]:
        """Take from the sweep. An item asked for after this one settles it, if it has not come out by then."""
        sweep = self._sweep or ()
        for seat, act in sweep if limit is None else itertools.islice(sweep, limit):
            if self._under_way is not None:
                self.settle()
            if isinstance(act, (Err, Left)):
                continue  # an inbox has none of these while its seat is taken
            self._taken += 1
            seat.acked = act.seq
            if self.traced:
                self._under_way = (seat, act)
            player = seat.player
            player.seen_tick = act.seen
            self.last = played = (player, act.action)
            yield played

        self._drained = True

    def close(self) -> None:
        """A stage has had enough for ever: actions go on being taken, and refused."""
        self._closed = True

    def check_end(self) -> None:
        """The pipeline gave nothing more. RuntimeError if that was not because there was nothing more."""
        if self._under_way is not None and not self._drained and not self._closed:
            raise RuntimeError("a stage of the pipeline raised StopIteration, out of a bare next() perhaps")
        self.settle()
