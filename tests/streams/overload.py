"""How long an item may wait while every source is kept full, and how long a source may go unserved."""

from __future__ import annotations

from collections import deque
from math import ceil

from tests.streams.modelled import Modelled


class Ages:
    """In sweeps with the same quantum and total, over the same sources."""

    def __init__(self, sources: dict[int, Modelled], quantum: int, total: int) -> None:
        self.sources = sources
        weights = sum(source.shape.weight for source in sources.values())
        # A visit to a source whose stages drop items may cost all of its credit.
        visits = sum(s.shape.weight * (quantum if s.shape.drops else 1) for s in sources.values())
        self.turn_max = ceil(2 * quantum * weights / total) + 2
        self.wait_max = {
            key: ceil(source.shape.hard * visits / total)
            + ceil(source.shape.hard / (quantum * source.shape.weight))
            + 2
            for key, source in sources.items()
        }
        self.waiting: dict[int, deque[int]] = {key: deque() for key in sources}
        self.unserved = dict.fromkeys(sources, 0)
        self.read = dict.fromkeys(sources, 0)

    def sweep_begins(self) -> None:
        for key, source in self.sources.items():
            expected = source.expected
            self.read[key] = expected.read
            self.waiting[key].append(expected.read + len(expected.waiting) + (expected.lag > 0))

    def sweep_ended(self) -> None:
        for key, source in self.sources.items():
            read, waiting = source.expected.read, self.waiting[key]
            idle = read == self.read[key] < waiting[-1]
            self.unserved[key] = self.unserved[key] + 1 if idle else 0
            assert self.unserved[key] < self.turn_max, "somebody is passed over"
            if len(waiting) == self.wait_max[key]:
                assert read >= waiting.popleft(), "an item waits too long"
