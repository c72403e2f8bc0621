"""What a swarm came to, in one process or in several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pelton.swarm.crew import Crew
from pelton.swarm.plan import Plan
from pelton.swarm.tally import Tally

__all__ = ["Outcome", "Playing", "outcome_of"]


class Playing(Protocol):
    """A crowd, or a crew of them: what its progress is read from."""

    @property
    def plan(self) -> Plan: ...
    @property
    def tally(self) -> Tally: ...
    @property
    def alive(self) -> int: ...
    @property
    def arrived(self) -> int: ...
    @property
    def wanted(self) -> int: ...
    def elapsed(self) -> tuple[float, float]: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """For a report."""

    plan: Plan
    tally: Tally
    played_s: float
    cpu_s: float
    """Of all processes together, while all bots were in."""
    troubles: Sequence[str] = ()
    """What happened to processes of the swarm."""


def outcome_of(playing: Playing) -> Outcome:
    """Once it is over."""
    played_s, cpu_s = playing.elapsed()
    troubles = tuple(playing.troubles) if isinstance(playing, Crew) else ()
    return Outcome(playing.plan, playing.tally, played_s, cpu_s, troubles)
