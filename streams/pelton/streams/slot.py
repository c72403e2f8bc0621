"""One source's place in a merge, and what is counted of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pelton.streams.poll import Budget

if TYPE_CHECKING:
    from pelton.streams.merge import Merge
    from pelton.streams.stream import Stream

__all__ = ["MergeStats", "Slot", "SourceStats"]

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SourceStats:
    """What one source of a merge did since it was added."""

    delivered: int
    dropped: int
    """Items that its own stages took and gave nothing for."""
    fruitless: int
    """Polls that found nothing."""
    ready: bool
    """Whether it may have something now."""


@dataclass(frozen=True, slots=True)
class MergeStats:
    """What all sources together did, those that are gone included."""

    sources: int
    ready: int
    delivered: int
    dropped: int
    fruitless: int
    ended: int
    failed: int


class Slot(Budget, Generic[K, T]):
    """A source of a merge and the waker it is polled with. It stands in the FIFO at most once."""

    __slots__ = (
        "deficit",
        "dropped",
        "fruitless",
        "key",
        "limit",
        "live",
        "merge",
        "queued",
        "stream",
        "sweep",
        "used",
        "weight",
    )

    def __init__(self, merge: Merge[K, T], key: K, stream: Stream[T], weight: int) -> None:
        self.merge = merge
        self.key = key
        self.stream = stream
        self.weight = self.deficit = weight
        self.used = self.dropped = self.fruitless = 0
        """`used` counts what was delivered and what was dropped: what is charged."""
        self.limit = self.sweep = 0
        """How far `used` may go in which sweep."""
        self.live = True
        self.queued = False

    def __call__(self) -> None:
        if self.live and not self.queued:
            self.queued = True
            merge = self.merge
            merge.fifo.append(self)
            if merge.waker is not None:
                merge.wake()

    def spend(self) -> bool:
        if self.merge.spend(self):
            return True
        self()
        return False

    @property
    def delivered(self) -> int:
        """Items that came out."""
        return self.used - self.dropped

    def stats(self) -> SourceStats:
        """So far."""
        return SourceStats(self.delivered, self.dropped, self.fruitless, self.queued)
