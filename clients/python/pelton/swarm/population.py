"""How many bots are wanted at each moment, and how long each stays. Pure: is told the time and who is there.

Closed: so many are kept alive, and a ramp leads from one number to another. Open: they come at random, whoever is
there. Both may be at once. Storms come on a beat of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from pelton.swarm.arrivals import Arrivals

__all__ = ["Orders", "Population", "Ramp", "Session", "Storm", "numbers", "stay_s"]


@dataclass(frozen=True, slots=True)
class Session:
    """How long a bot stays: all as long as the mean, or exponential, which is as if each left at any moment."""

    mean_s: float
    kind: Literal["fixed", "exp"] = "exp"


@dataclass(frozen=True, slots=True)
class Storm:
    """Every so often a share of the bots loses its connection, all at the same moment."""

    every_s: float
    share: float = 1.0

    def hits(self, seed: int, number: int, count: int) -> bool:
        """Whether the storm of this count, from 1, cuts this bot: its own dice say so, so that it can be replayed."""
        return self.share >= 1 or Random(f"{seed}/{number}/storm/{count}").random() < self.share


def stay_s(session: Session | None, churn_per_min: float, seed: int, number: int) -> float:
    """How long this bot stays, whatever the others do; infinity if nothing ends its stay.

    Churn is one more reason to leave: in every minute each bot does with this chance, which makes its stay exponential.
    """
    random = Random(f"{seed}/{number}/session")
    stay = math.inf
    if session is not None:
        stay = session.mean_s if session.kind == "fixed" else random.expovariate(1 / session.mean_s)
    if churn_per_min:
        stay = min(stay, random.expovariate(churn_per_min / 60))
    return stay


@dataclass(frozen=True, slots=True)
class Ramp:
    """From one number of bots to another, one by one, evenly over some seconds; the first step is at once."""

    before: int
    after: int
    began_s: float
    over_s: float

    def bots(self, now_s: float) -> int:
        """How many are wanted."""
        steps = abs(self.after - self.before)
        if now_s >= self.began_s + self.over_s:
            return self.after
        done = max(0, math.floor((now_s - self.began_s) / self.over_s * steps))
        while done < steps and self._step_s(done) <= now_s:
            done += 1
        return self.before + (done if self.after > self.before else -done)

    def next_s(self, now_s: float) -> float:
        """When that changes next; infinity if it does not."""
        done = abs(self.bots(now_s) - self.before)
        return self._step_s(done) if done < abs(self.after - self.before) else math.inf

    def _step_s(self, step: int) -> float:
        return self.began_s + step * self.over_s / abs(self.after - self.before)


@dataclass(frozen=True, slots=True)
class Orders:
    """What is to be done now."""

    closed: int = 0
    """So many more are to be kept alive; fewer, if below 0."""
    open: int = 0
    """So many have come by themselves."""
    storm: int = 0
    """The count of the storm that comes now, from 1; 0 if none does."""


class Population:
    """A plan of who is there when. `split` of `(0, 2)` is its first half, the other one being another process's."""

    def __init__(self, seed: int, storm: Storm | None, now_s: float, split: tuple[int, int] = (0, 1)) -> None:
        self._seed = seed
        self._part, self._parts = split
        self._ramp = Ramp(0, 0, now_s, 0.0)
        self._arrivals = Arrivals(0.0, Random(0), now_s)
        self._storm = storm
        self._began_s = now_s
        self._storms = 0
        self._streams = 0
        self.wanted = 0
        """Where the ramp leads."""
        self.spent = 0
        """Bots that count as there although they are not: they failed, or ended and are not to be replaced."""

    def aim(self, bots: int, over_s: float, now_s: float) -> None:
        """Keep so many alive, from where the last ramp was and over some seconds. Who failed is forgotten."""
        self.wanted = self.share(bots)
        self._ramp = Ramp(max(0, self._ramp.bots(now_s) - self.spent), self.wanted, now_s, over_s)
        self.spent = 0

    def share(self, bots: int) -> int:
        """How many of all bots are this part's."""
        return (bots + self._parts - 1 - self._part) // self._parts

    def arrivals(self, per_s: float, now_s: float) -> None:
        """From now on, so many a second come by themselves."""
        self._streams += 1
        random = Random(f"{self._seed}/arrivals/{self._streams}/{self._part}")
        self._arrivals = Arrivals(per_s / self._parts, random, now_s)

    @property
    def is_open(self) -> bool:
        """Whether anybody comes by himself."""
        return self._arrivals.per_s > 0

    def is_steady(self, now_s: float) -> bool:
        """Whether the last ramp is at its end."""
        return self._ramp.bots(now_s) == self.wanted

    def orders(self, now_s: float, closed: int) -> Orders:
        """What is to be done now, where so many of those that are kept alive are there."""
        return Orders(self._ramp.bots(now_s) - self.spent - closed, self._arrivals.due(now_s), self._storm_now(now_s))

    def next_s(self, now_s: float) -> float:
        """When there may be something to do again, if nobody comes or goes by then; infinity if never."""
        return min(self._ramp.next_s(now_s), self._arrivals.next_s, self._next_storm_s())

    def _storm_now(self, now_s: float) -> int:
        if now_s < self._next_storm_s():
            return 0
        self._storms += 1
        return self._storms

    def _next_storm_s(self) -> float:
        return math.inf if self._storm is None else self._began_s + (self._storms + 1) * self._storm.every_s


def numbers(part: int, parts: int) -> Iterator[int]:
    """Of the bots of one process out of several: bot k belongs to process k % parts."""
    number = part
    while True:
        yield number
        number += parts
