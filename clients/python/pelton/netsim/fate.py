"""What will happen to one connection as a whole: when it freezes, is reset, falls silent. Pure, drawn from a seed."""

from __future__ import annotations

import math
from collections import deque
from random import Random

from pelton.netsim.conditions import Conditions

__all__ = ["Fate", "Freezes", "exponential", "offspring"]


def exponential(random: Random, mean: float) -> float:
    """A draw from the exponential distribution; from `random()` alone, which Python promises to keep as it is."""
    return -mean * math.log(1.0 - random.random())


def offspring(random: Random) -> Random:
    """Dice of its own for a part, so that the order in which parts throw theirs does not matter."""
    return Random(int(random.random() * 2**53))


class Freezes:
    """The freezes of a connection, in order, drawn as far as they are asked for.

    Its two directions ask at different times, so each has its own copy with the same dice.
    """

    __slots__ = ("_begin_s", "_every_s", "_lasts_s", "_random", "_spans")

    def __init__(self, conditions: Conditions, seed: int, begin_s: float | None) -> None:
        self._every_s = conditions.freeze_every_s
        self._lasts_s = conditions.freeze_ms / 1000
        self._random = Random(seed)
        self._begin_s = begin_s
        self._spans: deque[tuple[float, float]] = deque()

    def forget(self, now_s: float) -> None:
        """Nobody will ask about earlier times any more. With no beginning so far, this is it."""
        if self._begin_s is None:
            self._begin_s = now_s
        spans = self._spans
        while spans and spans[0][1] <= now_s:
            spans.popleft()

    def done(self, at_s: float, takes_s: float = 0.0) -> float:
        """When work is done that begins at `at_s` and takes so long, standing still in every freeze."""
        index = 0
        while True:
            if index == len(self._spans):
                self._draw()
            begin_s, end_s = self._spans[index]
            index += 1
            if at_s + takes_s < begin_s:
                return at_s + takes_s
            if at_s < end_s:
                takes_s -= max(0.0, begin_s - at_s)
                at_s = end_s

    def _draw(self) -> None:
        assert self._begin_s is not None, "asked before it was told the time"
        begin_s = self._begin_s + exponential(self._random, self._every_s)
        self._begin_s = begin_s + self._lasts_s
        self._spans.append((begin_s, self._begin_s))


class Fate:
    """Drawn once for each connection, when it begins."""

    __slots__ = ("_conditions", "_now_s", "_seed", "cut", "reset_at_s", "silent_from_s")

    def __init__(self, conditions: Conditions, random: Random, now_s: float) -> None:
        life_s = exponential(random, conditions.reset_every_s)  # drawn also if it means nothing: the rest stays
        speech_s = exponential(random, conditions.half_open_every_s)
        self.reset_at_s = now_s + life_s if conditions.reset_every_s else math.inf
        """When it is reset; `math.inf` for never."""
        self.silent_from_s = now_s + speech_s if conditions.half_open_every_s else math.inf
        """From when on its bytes vanish; `math.inf` for never."""
        self.cut = random.random()
        """How much of the piece that is next to arrive still does when it is reset: a share, in each direction."""
        self._seed = int(random.random() * 2**53)
        self._conditions = conditions
        self._now_s = now_s

    def freezes(self) -> Freezes | None:
        """The connection's freezes, the same ones at every call; None if it has none."""
        if not self._conditions.freeze_every_s:
            return None
        return Freezes(self._conditions, self._seed, self._now_s)
