"""An inbox and the stages above it, held against the model: every offer, every item, and an account of all."""

from __future__ import annotations

from typing import Any

from pelton.streams import CLOSED, Inbox, Offer
from tests.streams.fakes import Counting, Wakes
from tests.streams.model import NOTHING, Expected, Shape

FILL = 12
"""Numbers that fill an inbox, if it weighs them or not."""


class Modelled:
    """An inbox with the stages above it, and beside them what must come out and how much of everything there was."""

    def __init__(self, key: int, shape: Shape) -> None:
        self.key = key
        self.shape = shape
        self.lows = Wakes()
        self.inbox: Inbox[int] = shape.inbox(self.lows)
        self.leaf: Counting[int] = Counting(self.inbox)
        self.stream: Counting[Any] = Counting(shape.stages(self.leaf))
        self.expected = Expected(shape)
        self.offered = self.accepted = self.conflated = self.shed = 0
        self.last: Any = None
        self.given = self.dropped = self.units = 0
        """Items that came out, what came to nothing, and how much work there was in all, an end included."""

    @property
    def work(self) -> int:
        """How many units could be done now."""
        return sum(1 for _ in self.expected.units())

    def fits(self, item: int) -> bool:
        return self._weight_with(item) <= self.shape.hard

    def offer(self, item: int) -> bool:
        """Offer, compare the answer with the model's, and say whether there is more to be had by it."""
        answer, expected = self.inbox.offer(item), self.expected
        if expected.end != "open":
            assert answer is Offer.CLOSED
            return False
        self.offered += 1
        weight, place = self._weight_with(item), self._place(item)
        if weight > self.shape.hard:
            assert answer is Offer.SHED
            self.shed += 1
            expected.lag += self.shape.reports
            return self.shape.reports
        self.accepted += 1
        if place is None:
            expected.waiting.append(item)
        else:
            expected.waiting[place] = item
            self.conflated += 1
        expected.paused = expected.paused or weight >= self.inbox.high
        smooth = Offer.OK if place is None else Offer.CONFLATED
        assert answer is (Offer.PAUSE if weight >= self.inbox.high else smooth)
        return True

    def fill(self, first: int) -> bool:
        """Of the numbers from `first` on offer whatever fits; whether any did."""
        before = self.accepted
        for item in range(first, first + FILL):
            if self.fits(item):
                assert self.offer(item)
        return self.accepted > before

    def finish(self, error: Exception | None = None, reason: str = "ended") -> None:
        self.inbox.end(error, reason)
        if self.expected.end == "open":
            self.expected.end = "failed" if error else "ended"
            self.expected.reason = reason

    def close(self) -> None:
        """From the producer's side: what the stages hold still comes."""
        self.inbox.close()
        self.expected.abandon()

    def let_go(self) -> None:
        """From the consumer's side: nothing comes any more."""
        self.stream.close()
        self.expected.abandon()
        self.expected.over = True

    def deliver(self, item: Any) -> bool:
        """Compare what came out with what must; whether the source has left the merge by it."""
        while (out := self._unit()) is NOTHING:
            self.dropped += 1
        assert item == out
        self.last = item
        self.given += not self.expected.over
        return self.expected.over

    def follow(self) -> None:
        """Take note of what came to nothing: it was dropped, or is held."""
        while self.expected.read < self.leaf.items:
            assert self._unit() is NOTHING, "it came out of the inbox and never arrived"
            self.dropped += 1
        assert self.expected.read == self.leaf.items

    def check(self) -> None:
        """Bounds and the law of conservation."""
        inbox, expected = self.inbox, self.expected
        assert len(inbox) == len(expected.waiting)
        assert inbox.weight == expected.weight <= inbox.hard
        assert (inbox.accepted, inbox.delivered, inbox.abandoned) == (self.accepted, expected.taken, expected.abandoned)
        assert (inbox.conflated, inbox.shed) == (self.conflated, self.shed)
        assert self.offered == self.accepted + self.shed
        assert self.accepted == expected.taken + self.conflated + len(expected.waiting) + expected.abandoned
        assert (inbox.paused, self.lows.count) == (expected.paused, expected.resumed)
        assert inbox.paused or expected.weight < inbox.high

    def check_gone(self) -> None:
        """It is over, for ever, and holds nothing."""
        assert self.stream.poll() is CLOSED
        assert (len(self.inbox), self.inbox.weight, self.expected.over) == (0, 0, True)
        self.check()

    def _unit(self) -> Any:
        assert self.expected.works, "something came that nobody expected"
        self.units += 1
        return self.expected.unit()

    def _weight_with(self, item: int) -> int:
        place = self._place(item)
        replaced = 0 if place is None else self.shape.weigh(self.expected.waiting[place])
        return self.expected.weight + self.shape.weigh(item) - replaced

    def _place(self, item: int) -> int | None:
        """Of the waiting one that the item would replace."""
        keys = [self.shape.key(other) for other in self.expected.waiting]
        key = self.shape.key(item)
        return keys.index(key) if key is not None and key in keys else None
