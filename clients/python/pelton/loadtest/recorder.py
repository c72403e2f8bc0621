"""Makes seconds and stages of what the generator's processes and the server told. Pure: is told the time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields

from pelton.loadtest.seconds import (
    Counts,
    Histograms,
    Second,
    ServerSecond,
    Share,
    StageResult,
    histograms,
    merged,
    spread,
)

__all__ = ["Recorder"]


class Recorder:
    """Everything that a run has measured so far."""

    def __init__(self) -> None:
        self.seconds: list[Second] = []
        self.stages: list[StageResult] = []
        self.total: Histograms = histograms()
        """Of all holds together."""
        self.started = self.connected = 0
        self.errors: Counter[str] = Counter()
        self.trace = ""

    def begin(self, name: str, began_s: float) -> None:
        """A stage begins. It holds as soon as a second of it does."""
        self.stages.append(StageResult(name, began_s, began_s, began_s))

    def add(self, shares: Sequence[Share], at_s: float, *, holds: bool, server: ServerSecond | None) -> Second:
        """A second is over: what all processes measured in it."""
        stage = self.stages[-1]
        together = merged(share.histograms for share in shares)
        second = Second(
            at_s=at_s,
            length_s=at_s - (self.seconds[-1].at_s if self.seconds else 0.0),
            stage=len(self.stages) - 1,
            holds=holds,
            bots=sum(share.bots for share in shares),
            counts=_sum([share.counts for share in shares]),
            latencies={name: spread(histogram) for name, histogram in together.items()},
            generator_cpu=max((share.cpu for share in shares), default=0.0),
            server=server,
        )
        self.seconds.append(second)
        stage.ended_s = at_s
        if holds:
            for name, histogram in together.items():
                stage.histograms[name].merge(histogram)
                self.total[name].merge(histogram)
        else:
            stage.held_from_s = at_s
        self.note(shares)
        return second

    def note(self, shares: Sequence[Share]) -> None:
        """Count who came and what went wrong."""
        for share in shares:
            self.started += share.started
            self.connected += share.connected
            self.errors.update(share.errors)
            self.trace = self.trace or share.trace


def _sum(parts: Sequence[Counts]) -> Counts:
    return Counts(**{field.name: sum(getattr(part, field.name) for part in parts) for field in fields(Counts)})
