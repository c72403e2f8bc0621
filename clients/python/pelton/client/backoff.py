"""When a client whose connection was lost tries again, and when it stops trying. Pure but for the randomness given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

__all__ = ["Backoff"]

SECOND_S = 0.5
"""The limit of the second pause, if there was none before."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses before tries: each at random between nothing and a limit, so that a thousand clients do not come at once.

    The limit is `first_s` at first, which may be nothing, and doubles with each failure, up to `most_s`.
    """

    first_s: float = 0.5
    most_s: float = 10.0

    def pauses(self, random: Random) -> Iterator[float]:
        """Seconds to wait before each try, without an end."""
        limit_s = self.first_s
        while True:
            yield random.uniform(0, limit_s)
            limit_s = min(max(limit_s * 2, SECOND_S), self.most_s)
