"""What a swarm is asked to do."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from pelton.swarm.mix import Mix
from pelton.swarm.population import Session, Storm

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who plays what, where, for how long."""

    url: str
    game: str
    mix: Mix
    bots: int
    """Kept alive: one that ends by itself is replaced. 0 if somebody else says how many, or if `arrivals_per_s` do."""
    seed: int
    ramp_s: float
    """From the first bot's start to the last one's."""
    duration_s: float
    """From the moment all are in; 0 means until somebody ends it."""
    arrivals_per_s: float = 0.0
    """So many more come each second by themselves, at random."""
    bots_max: int | None = None
    """Of those that come by themselves, as many are let in as keep the number alive within this."""
    session: Session | None = None
    churn_per_min: float = 0.0
    storm: Storm | None = None
    is_network_bad: bool = False
    """Connections may be lost and frames may be missing without anything being wrong."""
    is_patient: bool = False
    """For company: a bot that cannot be had comes back for ever, and nothing that happens to it is wrong."""
    only: int | None = None
    """Play this one bot of the swarm, and no other."""
    part: int = 0
    """Of a swarm in several processes, which this is; bot k is in process k % parts."""
    parts: int = 1
    words: Sequence[str] = ("pelton", "swarm")
    """The command that plays this swarm."""

    @property
    def may_return(self) -> bool:
        """Whether a bot that is cut off comes back."""
        return self.is_network_bad or self.storm is not None or self.is_patient

    def replay(self, bot: int) -> str:
        """The command that plays this bot again, with the same dice."""
        return shlex.join([*self.words, "--bot", str(bot)])
