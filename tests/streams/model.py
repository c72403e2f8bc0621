"""What a source of a merge must do, in plain words: a list of what is to come out of it, and an account."""

from __future__ import annotations

from collections import deque
from typing import Any, Literal

from pelton.streams import CLOSED, Err, Inbox, Left, Offer, Poll
from tests.streams.fakes import Counting

POISON = -1
"""An item that makes the stage above the inbox raise."""

ERROR = OSError("the source failed")
POISONED = LookupError("poison")


def refuse_poison(item: int) -> int:
    if item == POISON:
        raise POISONED
    return item


class Modelled:
    """An inbox, maybe with a stage above it, and beside them what must come out."""

    def __init__(self, low: int, above: int, more: int, weight: int, staged: bool) -> None:
        self.inbox: Inbox[int] = Inbox(low, low + above, low + above + more)
        self.stream = Counting(self.inbox.map(refuse_poison) if staged else self.inbox)
        self.staged = staged
        self.weight = weight
        self.pending: deque[int] = deque()
        self.end: Literal["open", "ended", "failed", "closed"] = "open"
        self.offered = self.accepted = self.delivered = self.abandoned = 0
        self.paused = False

    def offer(self, item: int) -> bool:
        """Offer, compare the answer with the model's, and say whether it was taken."""
        answer = self.inbox.offer(item)
        if self.end != "open":
            assert answer is Offer.CLOSED
            return False
        self.offered += 1
        if len(self.pending) == self.inbox.hard:
            assert answer is Offer.SHED
            return False
        self.pending.append(item)
        self.accepted += 1
        self.paused = self.paused or len(self.pending) >= self.inbox.high
        assert answer is (Offer.PAUSE if len(self.pending) >= self.inbox.high else Offer.OK)
        return True

    def fill(self, first: int) -> int:
        """Offer until it is full; the number of the next item."""
        while len(self.pending) < self.inbox.hard:
            assert self.offer(first)
            first += 1
        return first

    def finish(self, error: Exception | None = None) -> None:
        self.inbox.end(error)
        if self.end == "open":
            self.end = "failed" if error else "ended"

    def close(self) -> None:
        self.inbox.close()
        self._abandon()

    @property
    def depth(self) -> int:
        """How many things would come out of it now: items, then what ends it."""
        if POISON in self.pending:
            return self.pending.index(POISON) + 1
        return len(self.pending) + (self.end != "open")

    def deliver(self, item: Any) -> bool:
        """Compare what came out with what must; whether the source has left the merge by it."""
        if not self.pending:
            assert item == {"ended": Left(), "closed": Left(), "failed": Err(ERROR)}[self.end]
            return True
        expected = self.pending.popleft()
        self.delivered += 1
        self.paused = self.paused and len(self.pending) > self.inbox.low
        if expected == POISON:
            assert item == Err(POISONED)
            self._abandon()
            return True
        assert item == expected
        return False

    def check(self) -> None:
        """Bounds and the law of conservation."""
        inbox = self.inbox
        assert len(inbox) == len(self.pending) <= inbox.hard
        assert (inbox.accepted, inbox.delivered, inbox.abandoned) == (self.accepted, self.delivered, self.abandoned)
        assert inbox.accepted == inbox.delivered + len(inbox) + inbox.abandoned
        assert self.offered == inbox.accepted + inbox.shed
        assert inbox.paused == self.paused

    def check_gone(self) -> None:
        """It is over, for ever, and holds nothing."""
        assert self.end != "open" or self.stream.closes
        assert isinstance(item := self.stream.poll(), Poll)
        assert item is CLOSED
        self.check()

    def _abandon(self) -> None:
        self.abandoned += len(self.pending)
        self.pending.clear()
        self.paused = False
        self.end = "closed"
