"""The search for the most players with which the thresholds hold: doubles, then bisects. Pure."""

from __future__ import annotations

from pelton.loadtest.plan import Capacity
from pelton.loadtest.result import CapacityResult, CapacityStep
from pelton.loadtest.verdict import Code

__all__ = ["Search"]

EXACT_TO = 0.05
"""It ends when what held and what did not are this close."""


class Search:
    """`next` says how many to try, `tell` what came of it, until `next` is None."""

    def __init__(self, capacity: Capacity) -> None:
        self.steps: list[CapacityStep] = []
        self._max = capacity.bots_max
        self._held = 0
        self._missed: CapacityStep | None = None
        """The fewest that did not hold."""
        self._next: int | None = capacity.bots_min

    @property
    def next(self) -> int | None:
        """How many players to try now."""
        return self._next

    def tell(self, step: CapacityStep) -> None:
        """What came of the last try."""
        self.steps.append(step)
        if step.held:
            self._held = max(self._held, step.bots)
        elif self._missed is None or step.bots < self._missed.bots:
            self._missed = step
        self._next = self._choose()

    def result(self) -> CapacityResult:
        """What was found so far."""
        held, missed = self._held, self._missed
        players = f"{held:,} players"
        if missed is not None and missed.saturated:
            sentence = f"at least {players}; the generator was the bottleneck"
        elif missed is None:
            sentence = f"at least {players} hold every threshold, and no more were tried"
        elif not held:
            sentence = f"not even {missed.bots:,} players hold every threshold: {_why(missed)}"
        else:
            sentence = f"{players} hold every threshold; {missed.bots:,} do not: {_why(missed)}"
        return CapacityResult(held, missed is None or missed.saturated, sentence, tuple(self.steps))

    @property
    def code(self) -> Code:
        """The exit code."""
        if self._missed is not None and self._missed.saturated:
            return Code.SATURATED
        return Code.PASSED if self._held else Code.MISSED

    def _choose(self) -> int | None:
        if self._missed is None:
            return min(2 * self._held, self._max) if self._held < self._max else None
        if not self._held or self._missed.bots - self._held <= max(1, EXACT_TO * self._held):
            return None
        return (self._held + self._missed.bots) // 2


def _why(step: CapacityStep) -> str:
    return step.reasons[0] if step.reasons else "nothing was measured"
