"""What a swarm is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from pelton.swarm.behaviour import Behaviour

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who plays what, where, for how long."""

    url: str
    game: str
    behaviour: Behaviour
    bots: int
    seed: int
    ramp_s: float
    """From the first bot's start to the last one's."""
    duration_s: float
    """From the moment all are in; 0 means until somebody ends it."""
