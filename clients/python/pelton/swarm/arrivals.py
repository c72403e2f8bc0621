"""When bots of an open population come: at random moments, so many a second on average. Pure and seeded."""

from __future__ import annotations

import math
from random import Random

__all__ = ["Arrivals"]


class Arrivals:
    """A Poisson process from a moment on: pauses between arrivals are exponential, independent of who is there."""

    def __init__(self, per_s: float, random: Random, began_s: float) -> None:
        if not 0 <= per_s < math.inf:
            raise ValueError(f"{per_s} arrivals a second; expected 0 or more")
        self.per_s = per_s
        self._random = random
        self.next_s = began_s
        """When the next one comes; infinity if none does."""
        self._step()

    def due(self, now_s: float) -> int:
        """How many have come by now, of those not told yet."""
        count = 0
        while self.next_s <= now_s:
            count += 1
            self._step()
        return count

    def _step(self) -> None:
        self.next_s += self._random.expovariate(self.per_s) if self.per_s else math.inf
