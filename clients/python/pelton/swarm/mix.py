"""Which behaviour each bot has: one for all, or a weighted mix of which each bot draws its own."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from pelton.swarm.behaviour import BadBehaviour, Behaviour, find_behaviour

__all__ = ["Mix", "parse_mix"]


@dataclass(frozen=True, slots=True)
class Mix:
    """Behaviours and their weights, which need not add up to anything."""

    shares: Sequence[tuple[Behaviour, float]]

    @classmethod
    def of(cls, behaviour: Behaviour) -> Mix:
        """The same for everybody."""
        return cls(((behaviour, 1.0),))

    @property
    def name(self) -> str:
        """As in `--mix`; of one behaviour, its name."""
        if len(self.shares) == 1:
            return self.shares[0][0].name
        return ",".join(f"{behaviour.name}={weight:g}" for behaviour, weight in self.shares)

    def pick(self, seed: int, number: int) -> Behaviour:
        """Of this bot, whoever else plays."""
        if len(self.shares) == 1:
            return self.shares[0][0]
        ends = list(accumulate(weight for _, weight in self.shares))
        place = bisect_right(ends, Random(f"{seed}/{number}/behaviour").random() * ends[-1])
        return self.shares[min(place, len(ends) - 1)][0]


def parse_mix(text: str) -> Mix:
    """`wanderer=80,hunter=15,mybots:camper=5`. BadBehaviour says what is wrong."""
    shares: list[tuple[Behaviour, float]] = []
    for item in text.split(","):
        place, _, weight = item.strip().rpartition("=")
        if not place:
            raise BadBehaviour(f"{item.strip()!r} in the mix has no weight: expected BEHAVIOUR=WEIGHT,...")
        shares.append((find_behaviour(place.strip()), _weight(weight, item.strip())))
    return Mix(tuple(shares))


def _weight(text: str, item: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise BadBehaviour(f"{item!r} in the mix: expected a weight above 0, got {text!r}")
    return weight
