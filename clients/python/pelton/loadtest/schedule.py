"""When each stage begins, holds and ends, and when it is looked at. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pelton.loadtest.plan import Arrivals, Population, Stage

__all__ = ["Look", "Phase", "schedule"]


@dataclass(frozen=True, slots=True)
class Look:
    """The end of a second."""

    at_s: float
    length_s: float
    holds: bool


@dataclass(frozen=True, slots=True)
class Phase:
    """A stage and its times, from the start of the run."""

    stage: Stage
    number: int
    """From 0."""
    began_s: float

    @property
    def held_from_s(self) -> float:
        """The end of its ramp."""
        return self.began_s + self.stage.ramp_s

    @property
    def ended_s(self) -> float:
        """The end of its hold."""
        return self.held_from_s + self.stage.hold_s

    @property
    def name(self) -> str:
        """For a person."""
        match self.stage:
            case Population(bots=bots):
                return f"{bots:,} bots"
            case Arrivals(arrivals_per_s=per_s, session_s=session_s):
                return f"{per_s:g}/s for {session_s:g} s"

    def looks(self) -> Iterator[Look]:
        """Ends of equal seconds: those of the ramp, then those of the hold; no second is half of each."""
        yield from _seconds(self.began_s, self.stage.ramp_s, holds=False)
        yield from _seconds(self.held_from_s, self.stage.hold_s, holds=True)


def schedule(stages: Sequence[Stage]) -> list[Phase]:
    """One after the other."""
    phases: list[Phase] = []
    for number, stage in enumerate(stages):
        phases.append(Phase(stage, number, phases[-1].ended_s if phases else 0.0))
    return phases


def _seconds(from_s: float, for_s: float, *, holds: bool) -> Iterator[Look]:
    if not for_s:
        return
    count = max(1, round(for_s))
    for number in range(1, count + 1):
        yield Look(from_s + for_s * number / count, for_s / count, holds)
