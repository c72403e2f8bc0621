"""What is offered to an inbox with weights, keys and reported gaps is accounted for, under a load that goes on."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.streams import CLOSED, PENDING, Inbox, Lagged, Offer

Marks: TypeAlias = tuple[int, int, int]  # low, high above low, hard above high
Parcels: TypeAlias = list[tuple[int, str | None]]  # weights and keys
Step: TypeAlias = int | Literal["drain", "end", "close"] | Parcels | tuple[Parcels, int]


class Parcel(NamedTuple):
    """Something to offer; no two are equal."""

    number: int
    weight: int
    key: str | None


class Account:
    """An inbox beside a plain list of what must be in it."""

    def __init__(self, marks: Marks, *, weighs: bool, classifies: bool, report_lag: bool) -> None:
        low, above, more = marks
        self.inbox: Inbox[Parcel | Lagged] = Inbox(
            low,
            low + above,
            low + above + more,
            on_low=self._on_low,
            weigh=(lambda item: item.weight if isinstance(item, Parcel) else 0) if weighs else None,
            classify=(lambda item: item.key if isinstance(item, Parcel) else None) if classifies else None,
            report_lag=report_lag,
        )
        self.weighs, self.classifies, self.report_lag = weighs, classifies, report_lag
        self.pending: list[Parcel] = []
        self.offered = self.accepted = self.conflated = self.delivered = self.abandoned = self.lag = self.told = 0
        self.paused = False
        self.pauses = self.resumes = 0
        self.ended = False

    def _on_low(self) -> None:
        self.resumes += 1

    def _weight(self, parcels: list[Parcel]) -> int:
        return sum(max(parcel.weight, 1) for parcel in parcels) if self.weighs else len(parcels)

    def _after(self, parcel: Parcel) -> tuple[list[Parcel], bool]:
        """What would be pending, and whether the parcel replaces one."""
        if self.classifies and parcel.key is not None:
            for place, waiting in enumerate(self.pending):
                if waiting.key == parcel.key:
                    return [*self.pending[:place], parcel, *self.pending[place + 1 :]], True
        return [*self.pending, parcel], False

    def offer(self, parcel: Parcel) -> None:
        answer = self.inbox.offer(parcel)
        if self.ended:
            assert answer is Offer.CLOSED
            return
        self.offered += 1
        after, replaces = self._after(parcel)
        weight = self._weight(after)
        if weight > self.inbox.hard:
            assert answer is Offer.SHED
            self.lag += self.report_lag
            return
        self.pending = after
        self.accepted += 1
        self.conflated += replaces
        if weight >= self.inbox.high:
            self.pauses += not self.paused
            self.paused = True
            assert answer is Offer.PAUSE
        else:
            assert answer is (Offer.CONFLATED if replaces else Offer.OK)

    def poll(self) -> None:
        item = self.inbox.poll()
        if self.lag:
            assert item == Lagged(self.lag)
            self.told += self.lag
            self.lag = 0
        elif self.pending:
            assert item == self.pending.pop(0)
            self.delivered += 1
            self.paused = self.paused and self._weight(self.pending) > self.inbox.low
        else:
            assert item is (CLOSED if self.ended else PENDING)

    def drain(self) -> None:
        """All that is ready, in one go."""
        expected: list[object] = [Lagged(self.lag), *self.pending] if self.lag else list(self.pending)
        assert list(self.inbox.ready()) == expected
        self.delivered += len(self.pending)
        self.told += self.lag
        self.pending, self.lag, self.paused = [], 0, False

    def close(self) -> None:
        self.inbox.close()
        self.abandoned += len(self.pending)
        self.told += self.lag
        self.pending, self.lag, self.paused, self.ended = [], 0, False, True

    def end(self) -> None:
        self.inbox.end()
        self.ended = True

    def check(self) -> None:
        inbox = self.inbox
        assert len(inbox) == len(self.pending)
        assert inbox.weight == self._weight(self.pending) <= inbox.hard
        assert (inbox.accepted, inbox.conflated, inbox.abandoned) == (self.accepted, self.conflated, self.abandoned)
        assert self.offered == inbox.accepted + inbox.shed
        assert inbox.accepted == self.delivered + inbox.conflated + len(self.pending) + inbox.abandoned
        assert inbox.delivered == self.delivered
        assert inbox.paused == self.paused
        assert self.pauses == self.resumes + self.paused, "each pause is answered once"
        assert inbox.shed == self.told + self.lag or not self.report_lag

    def overload(self, parcels: Parcels, taken: int) -> None:
        """For some ticks far more than there is room for, and little is taken: chance alone would not build that up."""
        for _ in range(5):
            for _ in range(2 * self.inbox.hard + 2):
                for weight, key in parcels:
                    self.offer(Parcel(self.offered, weight, key))
                    self.check()
            for _ in range(taken):
                self.poll()
                self.check()

    def do(self, step: Step) -> None:
        """One step of a story."""
        match step:
            case "drain":
                self.drain()
            case "end":
                self.end()
            case "close":
                self.close()
            case int(count):
                for _ in range(count):
                    self.poll()
            case (list(parcels), int(taken)):
                self.overload(parcels, taken)
            case list(parcels):
                for weight, key in parcels:
                    self.offer(Parcel(self.offered, weight, key))


parcels = st.tuples(st.integers(0, 4), st.sampled_from([None, "a", "b", "c"]))
steps = st.one_of(
    st.lists(parcels, min_size=1, max_size=4),  # offer these
    st.integers(1, 6),  # poll so often
    st.tuples(st.lists(parcels, min_size=1, max_size=3), st.integers(0, 3)),  # overload with these, and take so many
    st.sampled_from(["drain", "drain", "end", "close"]),
)
marks = st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(0, 4))


@settings(deadline=None)  # how long an example takes is not tested here
@given(marks, st.booleans(), st.booleans(), st.booleans(), st.lists(steps, max_size=12))
def test_all_that_is_offered_is_accounted_for_however_long_the_overload(
    marks: Marks, weighs: bool, classifies: bool, report_lag: bool, steps: list[Step]
) -> None:
    account = Account(marks, weighs=weighs, classifies=classifies, report_lag=report_lag)
    for step in steps:
        account.do(step)
        account.check()
