"""The world around a merge, for a stateful test: producers, sources that come and go, and what always holds.

What the consumer does stands in test_invariants.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pelton.streams import CLOSED, Merge, MergeStats, Poll
from tests.streams.fakes import Wakes, nowhere, standing
from tests.streams.model import ERROR, KINDS, POISON, Shape
from tests.streams.modelled import FILL, Modelled

SOURCES_MAX = 6

shapes = st.builds(
    Shape,
    low=st.integers(0, 2),
    above=st.integers(1, 3),
    more=st.integers(1, 4),
    weight=st.integers(1, 2),
    kind=st.sampled_from(KINDS),
    weighs=st.booleans(),
    classifies=st.booleans(),
    reports=st.booleans(),
)
Until: TypeAlias = Literal["closed", "empty"]


class Counts(NamedTuple):
    """Of one source, since a moment."""

    delivered: int
    dropped: int
    fruitless: int

    @classmethod
    def of(cls, source: Modelled) -> Counts:
        return cls(source.given, source.dropped, source.stream.fruitless)

    def since(self, before: Counts) -> Counts:
        return Counts(*(now - then for now, then in zip(self, before, strict=True)))


class MergeAndProducers(RuleBasedStateMachine):
    """Whatever producers do and whoever comes and goes: the model follows, and who waits is woken, once."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = self.keys = self.changes = self.wakes_due = 0
        self.wakes = Wakes()
        self.begin("closed")

    @initialize(until=st.sampled_from(["closed", "empty"]), several=st.lists(shapes, min_size=2, max_size=4))
    def begin_with_several(self, until: Until, several: list[Shape]) -> None:
        self.begin(until)
        for shape in several:
            self.add_source(shape)

    def begin(self, until: Until) -> None:
        self.until: Until = until
        self.merge: Merge[int, Any] = Merge(until)
        self.sources: dict[int, Modelled] = {}
        self.gone: list[Modelled] = []
        self.all: list[Modelled] = []
        self.added: dict[int, Counts] = {}
        self.replaced: set[int] = set()
        self.parked = False

    # Producers.

    @rule(choice=st.data(), count=st.integers(1, 6))
    def offer(self, choice: st.DataObject, count: int) -> None:
        key = self.choose(choice)
        for _ in range(count):
            self.offer_to(key)

    @rule(choice=st.data())
    def offer_poison(self, choice: st.DataObject) -> None:
        key = self.choose(choice)
        if self.sources[key].shape.refuses:
            self.offer_to(key, POISON)

    @rule(choice=st.data(), how=st.sampled_from(["end", "fail", "close"]))
    def finish(self, choice: st.DataObject, how: str) -> None:
        self.finish_source(self.choose(choice), how)

    def offer_to(self, key: int, item: int | None = None) -> None:
        self.numbers += 1
        self.changes += 1
        if self.sources[key].offer(self.numbers if item is None else item):
            self.woken()

    def fill(self) -> None:
        for source in self.sources.values():
            if source.fill(self.numbers + 1):
                self.woken()
            self.numbers += FILL

    def finish_source(self, key: int, how: str) -> None:
        source = self.sources[key]
        self.changes += 1
        if how == "close":
            source.close()
        else:
            source.finish(ERROR if how == "fail" else None, f"reason {key}")
        self.woken()

    # Who comes and goes.

    @rule(shape=shapes)
    def add(self, shape: Shape) -> None:
        if len(self.sources) < SOURCES_MAX:
            self.add_source(shape)

    @rule(choice=st.data(), back=st.booleans())
    def remove(self, choice: st.DataObject, back: bool) -> None:
        self.remove_source(self.choose(choice), back)

    def add_source(self, shape: Shape) -> None:
        self.keys += 1
        source = Modelled(self.keys, shape)
        self.all.append(source)
        self.put(source)

    def put(self, source: Modelled) -> None:
        self.changes += 1
        self.sources[source.key] = source
        self.added[source.key] = Counts.of(source)
        self.merge.add(source.key, source.stream, source.shape.weight)
        self.woken()

    def remove_source(self, key: int, back: bool) -> None:
        source = self.sources.pop(key)
        self.changes += 1
        assert self.merge.remove(key) is source.stream
        source.check()
        if self.until == "empty" and not self.sources:
            self.woken()
        if back:
            self.replaced.add(key)
            self.put(source)
        else:
            source.let_go()
            source.check_gone()
            assert self.wakes.count == self.wakes_due, "who was removed wakes nobody"

    def choose(self, choice: st.DataObject) -> int:
        if not self.sources:
            self.add_source(Shape(0, 1, 2, kind="refusing"))
        return choice.draw(st.sampled_from(sorted(self.sources)), label="source")

    def heal(self) -> None:
        """Let go of all sources that are about to end, so that the others can be kept busy for long."""
        for key, source in list(self.sources.items()):
            if source.expected.end != "open" or POISON in source.expected.waiting:
                self.remove_source(key, back=False)

    # What always holds.

    @invariant()
    def bounds_and_conservation_hold(self) -> None:
        for source in self.all:
            source.check()

    @invariant()
    def whoever_is_gone_stays_gone(self) -> None:
        for source in self.gone:
            source.check_gone()

    @invariant()
    def a_source_stands_in_the_ready_list_at_most_once(self) -> None:
        places = Counter(standing(self.merge))
        assert set(places.values()) <= {1}
        assert places.keys() <= self.sources.keys()
        assert len(self.merge) == len(self.sources)

    @invariant()
    def whoever_has_something_stands_in_the_ready_list(self) -> None:
        for key in nowhere(self.merge):
            assert not self.sources[key].expected.works

    @invariant()
    def nobody_is_woken_without_a_reason_or_twice(self) -> None:
        assert self.wakes.count == self.wakes_due

    @invariant()
    def the_merge_counts_what_came_out_and_what_did_not(self) -> None:
        ready = standing(self.merge)
        for key, source in self.sources.items():
            stats = self.merge.stats(key)
            assert Counts(stats.delivered, stats.dropped, stats.fruitless) == Counts.of(source).since(self.added[key])
            assert stats.ready == (key in ready)
        over = Counter(type(source.last).__name__ for source in self.gone)
        assert self.merge.totals() == MergeStats(
            sources=len(self.sources),
            ready=len(ready),
            delivered=sum(source.given for source in self.all),
            dropped=sum(source.dropped for source in self.all),
            fruitless=self.fruitless(),
            ended=over["Left"],
            failed=over["Err"],
        )

    def fruitless(self) -> int:
        return sum(source.stream.fruitless for source in self.all)

    # What the consumer sees.

    def woken(self) -> None:
        """Something happened: whoever is parked must have been called, once; nobody else."""
        self.wakes_due += self.parked
        self.parked = False
        assert self.wakes.count == self.wakes_due

    def deliver(self, key: int, item: Any) -> None:
        source = self.sources[key]
        if source.deliver(item):
            self.gone.append(self.sources.pop(key))

    def follow(self) -> None:
        for source in self.all:
            source.follow()

    def take(self, served: Any) -> bool:
        """Take note of what a poll of the merge answered; whether it was an item."""
        if not isinstance(served, Poll):
            self.deliver(*served)
            self.follow()
            return True
        self.follow()
        if served is CLOSED:
            assert self.until == "empty"
            assert not self.sources
            self.begin("empty")
        else:
            assert self.sources or self.until == "closed"
        return False

    def swept_by(
        self,
        quantum: int,
        total: int,
        stop_after: int = 9999,
        after_each: Callable[[int], None] = lambda _: None,
        deadline: Callable[[], bool] | None = None,
    ) -> Counter[int]:
        """Sweep, check what holds for every sweep, and answer how much work was done for each source."""
        before = {source: source.units for source in self.all}
        fruitless, stood, changes = self.fruitless(), len(standing(self.merge)), self.changes
        self.replaced.clear()
        for given, (key, item) in enumerate(self.merge.sweep(quantum, total, deadline) if stop_after else (), 1):
            self.deliver(key, item)
            self.follow()
            if given == stop_after:
                break
            after_each(key)
        self.follow()
        done = {source: source.units - before.get(source, 0) for source in self.all}
        assert sum(done.values()) <= total, "what is dropped counts as well"
        for source, units in done.items():
            assert units <= quantum * source.shape.weight or source.key in self.replaced
        if changes == self.changes:
            assert self.fruitless() - fruitless <= stood
        return Counter({source.key: units for source, units in done.items()})
