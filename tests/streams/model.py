"""What must come out of a source of a merge, in plain words: a list of what waits, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from pelton.streams import Err, Inbox, Lagged, Left, Stream
from tests.streams.fakes import Wakes

POISON = -1
"""An item that makes the stage above the inbox raise."""

ERROR = OSError("the source failed")
POISONED = LookupError("poison")

NOTHING: Final = object()
"""Came out: an item was dropped, or is held until there are more."""

Kind: TypeAlias = Literal["plain", "refusing", "filtered", "chunked", "filtered and chunked"]
KINDS: tuple[Kind, ...] = ("plain", "refusing", "filtered", "chunked", "filtered and chunked")
CHUNK = 2
WEIGHTS = (1, 2, 1, 3, 1, 7)
"""Of items by their number; the last is too heavy for most inboxes even if they are empty."""


@dataclass(frozen=True)
class Shape:
    """What a source is like: its marks, its weight in the merge, the stages above it, and the inbox's options."""

    low: int
    above: int
    """`high`, above `low`."""
    more: int
    """`hard`, above `high`."""
    weight: int = 1
    kind: Kind = "plain"
    weighs: bool = False
    classifies: bool = False
    reports: bool = False

    @property
    def hard(self) -> int:
        return self.low + self.above + self.more

    @property
    def refuses(self) -> bool:
        return self.kind in {"refusing", "filtered", "filtered and chunked"}

    @property
    def filters(self) -> bool:
        return self.kind in {"filtered", "filtered and chunked"}

    @property
    def chunks(self) -> bool:
        return self.kind in {"chunked", "filtered and chunked"}

    @property
    def drops(self) -> bool:
        return self.filters or self.chunks

    @property
    def is_plain(self) -> bool:
        return self.kind == "plain" and not self.weighs and not self.classifies

    def weigh(self, item: int) -> int:
        return WEIGHTS[item % len(WEIGHTS)] if self.weighs else 1

    def key(self, item: int) -> int | None:
        """Two of five items may be replaced by a later one of their kind."""
        return item % 5 if self.classifies and item % 5 < 2 else None

    def inbox(self, on_low: Wakes) -> Inbox[int]:
        return Inbox(
            self.low,
            self.low + self.above,
            self.hard,
            on_low,
            weigh=self.weigh if self.weighs else None,
            classify=self.key if self.classifies else None,
            report_lag=self.reports,
        )

    def stages(self, source: Stream[int]) -> Stream[Any]:
        stream: Stream[Any] = source
        if self.refuses:
            stream = stream.map(refuse_poison)
        if self.filters:
            stream = stream.filter(is_wanted)
        return stream.chunks(CHUNK) if self.chunks else stream


def refuse_poison(item: int) -> int:
    if item == POISON:
        raise POISONED
    return item


def is_wanted(item: int | Lagged) -> bool:
    return isinstance(item, Lagged) or item % 2 == 0


@dataclass
class Expected:
    """What waits, and what must become of it."""

    shape: Shape
    waiting: list[int] = field(default_factory=list)
    lag: int = 0
    paused: bool = False
    end: Literal["open", "ended", "failed", "closed"] = "open"
    reason: str = "ended"
    held: list[Any] = field(default_factory=list)
    """By the stage that makes chunks."""
    error: Exception | None = None
    """That stage's, to come after what it holds."""
    over: bool = False
    read: int = 0
    """Items and reports of a gap that were taken out of the inbox."""
    taken: int = 0
    """Of them the items."""
    abandoned: int = 0
    resumed: int = 0
    """How often the producer was told to go on."""

    @property
    def weight(self) -> int:
        return sum(map(self.shape.weigh, self.waiting))

    @property
    def works(self) -> bool:
        """Whether there is anything to be done."""
        return not self.over and bool(self.waiting or self.lag or self.error or self.end != "open")

    def units(self) -> Iterator[Any]:
        """For each unit of work that a sweep would charge: what comes out by it, or NOTHING. Changes nothing."""
        ahead = replace(self, waiting=self.waiting.copy(), held=self.held.copy())
        while ahead.works:
            yield ahead.unit()

    def unit(self) -> Any:
        """One unit of work."""
        if self.error is not None:
            return self._last(Err(self.error))
        if not self.lag and not self.waiting:
            return self._ending()
        item = self._take()
        if item == POISON and self.shape.refuses:
            return self._poisoned()
        if self.shape.filters and not is_wanted(item):
            return NOTHING
        if not self.shape.chunks:
            return item
        self.held.append(item)
        return self._flushed() if len(self.held) == CHUNK else NOTHING

    def abandon(self) -> None:
        """Nobody will read what waits; a producer that paused is told to go on, and finds it closed."""
        self.abandoned += len(self.waiting)
        self.waiting.clear()
        self.lag = 0
        self.resumed += self.paused
        self.paused = False
        self.end = "closed"

    def _take(self) -> int | Lagged:
        self.read += 1
        if self.lag:
            lagged, self.lag = Lagged(self.lag), 0
            return lagged
        self.taken += 1
        item = self.waiting.pop(0)
        if self.paused and self.weight <= self.shape.low:
            self.paused = False
            self.resumed += 1
        return item

    def _poisoned(self) -> Any:
        self.abandon()
        if not self.held:
            return self._last(Err(POISONED))
        self.error = POISONED
        return self._flushed()

    def _ending(self) -> Any:
        if not self.held:
            return self._last(Err(ERROR) if self.end == "failed" else Left(self.reason))
        if self.end == "failed":
            self.error = ERROR
        return self._flushed()

    def _flushed(self) -> list[Any]:
        held, self.held = self.held, []
        return held

    def _last(self, item: Err | Left) -> Err | Left:
        self.over = True
        return item
