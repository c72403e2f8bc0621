"""A merge of inboxes against a plain model: whatever happens, nothing is lost, late, doubled or over a bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pelton.streams import CLOSED, PENDING, Merge, Poll
from tests.streams.fakes import Wakes, nowhere, standing
from tests.streams.model import ERROR, POISON, Modelled

SOURCES_MAX = 6

# low, high above low, hard above high, weight, and whether a stage stands between the inbox and the merge
shapes = st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(1, 4), st.integers(1, 2), st.booleans())
Shape: TypeAlias = tuple[int, int, int, int, bool]
quanta = st.integers(0, 4)
totals = st.integers(0, 14)


class MergeOfInboxes(RuleBasedStateMachine):
    """Rules are what producers, players who come and go, and the consumer may do; the model follows."""

    def __init__(self) -> None:
        super().__init__()
        self.merge: Merge[int, int] = Merge()
        self.sources: dict[int, Modelled] = {}
        self.gone: list[Modelled] = []
        self.all: list[Modelled] = []
        self.numbers = self.keys = self.changes = 0
        self.wakes = Wakes()
        self.parked_at: int | None = None
        self.replaced: set[int] = set()

    # Producers.

    def offer_to(self, key: int, item: int | None = None) -> None:
        self.numbers += 1
        self.changes += 1
        if self.sources[key].offer(self.numbers if item is None else item):
            self.woken()

    @rule(choice=st.data(), count=st.integers(1, 6))
    def offer(self, choice: st.DataObject, count: int) -> None:
        key = self.choose(choice)
        for _ in range(count):
            self.offer_to(key)

    @rule(choice=st.data())
    def offer_poison(self, choice: st.DataObject) -> None:
        key = self.choose(choice)
        if self.sources[key].staged:
            self.offer_to(key, POISON)

    @rule(choice=st.data(), how=st.sampled_from(["end", "fail", "close"]))
    def finish(self, choice: st.DataObject, how: str) -> None:
        self.finish_source(self.choose(choice), how)

    def finish_source(self, key: int, how: str) -> None:
        source = self.sources[key]
        self.changes += 1
        if how == "close":
            source.close()
        else:
            source.finish(ERROR if how == "fail" else None)
        self.woken()

    # Who comes and goes.

    @rule(shape=shapes)
    def add(self, shape: Shape) -> None:
        if len(self.sources) < SOURCES_MAX:
            self.add_source(Modelled(*shape))

    @initialize(several=st.lists(shapes, min_size=2, max_size=4))
    def add_several(self, several: list[Shape]) -> None:
        for shape in several:
            self.add_source(Modelled(*shape))

    def add_source(self, source: Modelled) -> None:
        self.keys += 1
        self.changes += 1
        self.all.append(source)
        self.sources[self.keys] = source
        self.merge.add(self.keys, source.stream, source.weight)
        self.woken()

    @rule(choice=st.data(), back=st.booleans())
    def remove(self, choice: st.DataObject, back: bool) -> None:
        self.remove_source(self.choose(choice), back)

    def remove_source(self, key: int, back: bool) -> None:
        source = self.sources.pop(key)
        self.changes += 1
        assert self.merge.remove(key) is source.stream
        source.check()
        if back:
            self.sources[key] = source
            self.replaced.add(key)
            self.merge.add(key, source.stream, source.weight)
            self.woken()
            return
        before = self.wakes.count
        source.close()
        source.check_gone()
        assert self.wakes.count == before, "who was removed wakes nobody"

    # The consumer.

    @rule()
    def poll(self) -> None:
        fruitless, stood = self.fruitless(), len(standing(self.merge))
        served = self.merge.poll()
        if isinstance(served, Poll):
            assert served is PENDING
            assert not any(source.depth for source in self.sources.values())
        else:
            self.deliver(*served)
        assert self.fruitless() - fruitless <= stood

    @rule()
    def drain_and_park(self) -> None:
        while not isinstance(served := self.merge.poll(self.wakes), Poll):
            self.deliver(*served)
        assert served is PENDING
        self.parked_at = self.wakes.count
        assert not any(source.depth for source in self.sources.values())

    @rule(quantum=quanta, total=totals)
    def sweep(self, quantum: int, total: int) -> None:
        depths = {key: source.depth for key, source in self.sources.items()}
        shares = {key: min(depth, quantum * self.sources[key].weight) for key, depth in depths.items()}
        taken = self.swept_by(quantum, total)
        assert sum(taken.values()) == min(total, sum(shares.values()))
        if sum(taken.values()) < total:
            assert {key: taken[key] for key in shares} == shares

    @rule(quantum=quanta, total=totals, count=st.integers(0, 6))
    def sweep_that_is_broken_off(self, quantum: int, total: int, count: int) -> None:
        taken = self.swept_by(quantum, total, stop_after=count)
        assert sum(taken.values()) <= count

    @rule(
        quantum=quanta,
        total=totals,
        choice=st.data(),
        plan=st.lists(st.sampled_from(["offer", "end", "fail", "close", "remove", "replace", "add"]), max_size=6),
    )
    def sweep_with_changes(self, quantum: int, total: int, choice: st.DataObject, plan: list[str]) -> None:
        """Somebody comes, goes, speaks or ends after each of the first items; nobody else loses by it."""
        shares = {key: min(s.depth, quantum * s.weight) for key, s in self.sources.items()}
        touched: set[int] = set()
        steps = iter(plan)

        def change(_: int) -> None:
            step = next(steps, None)
            if step == "add" and len(self.sources) < SOURCES_MAX:
                self.add_source(Modelled(1, 1, 1, 1, staged=False))
            elif step not in (None, "add") and self.sources:
                touched.add(key := self.choose(choice))
                self.change_source(key, step)

        taken = self.swept_by(quantum, total, after_each=change)
        if sum(taken.values()) < total:
            for key in shares.keys() - touched:
                assert taken[key] == shares[key]

    @rule(quantum=quanta, total=totals, depth=st.integers(1, 2))
    def sweep_while_each_answers(self, quantum: int, total: int, depth: int) -> None:
        """Whoever is served has the next item at once. That is no way to more than a quantum."""
        self.heal()
        self.swept_by(99, 9999)
        for key in list(self.sources) * depth:
            self.offer_to(key)
        taken = self.swept_by(quantum, total, after_each=self.offer_to)
        assert sum(taken.values()) == min(total, quantum * sum(source.weight for source in self.sources.values()))

    def change_source(self, key: int, step: str | None) -> None:
        match step:
            case "offer":
                self.offer_to(key)
            case "remove" | "replace":
                self.remove_source(key, back=step == "replace")
            case "end" | "fail" | "close":
                self.finish_source(key, step)
            case _:
                raise AssertionError(step)

    @rule(sweeps=st.integers(5, 25), quantum=st.integers(1, 2), total=st.integers(1, 14))
    def keep_every_source_full(self, sweeps: int, quantum: int, total: int) -> None:
        """Random offers never build up an overload that lasts. Shares follow the weights, wherever it is cut."""
        self.heal()
        counts: Counter[int] = Counter()
        for _ in range(sweeps):
            for source in self.sources.values():
                accepted = source.accepted
                self.numbers = source.fill(self.numbers + 1)
                if source.accepted > accepted:
                    self.woken()
            shares = [min(source.inbox.hard, quantum * source.weight) for source in self.sources.values()]
            taken = self.swept_by(quantum, total)
            assert sum(taken.values()) == min(total, sum(shares))
            counts += taken
        steady = [key for key, source in self.sources.items() if source.inbox.hard >= 2 * quantum * source.weight]
        rounds = [counts[key] / self.sources[key].weight for key in steady]
        assert not rounds or max(rounds) - min(rounds) <= 2, "at most one round apart, and one that was begun before"

    @rule(really=st.sampled_from([False, False, False, True]), several=st.lists(shapes, min_size=1, max_size=3))
    def close_and_begin_anew(self, really: bool, several: list[Shape]) -> None:
        if not really:
            return
        self.merge.close()
        self.woken()
        for source in self.sources.values():
            source.close()
            source.check_gone()
        self.sources.clear()
        assert self.merge.poll(self.wakes) is CLOSED
        assert list(self.merge.sweep(9, 9)) == []
        self.merge = Merge()
        self.add_several(several)

    # What always holds.

    @invariant()
    def bounds_and_conservation_hold(self) -> None:
        for source in (*self.sources.values(), *self.gone):
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
            assert self.sources[key].depth == 0

    @invariant()
    def nobody_is_woken_without_a_reason(self) -> None:
        if self.parked_at is not None:
            assert self.wakes.count == self.parked_at

    def choose(self, choice: st.DataObject) -> int:
        if not self.sources:
            self.add_source(Modelled(0, 1, 2, 1, staged=True))
        return choice.draw(st.sampled_from(sorted(self.sources)), label="source")

    def heal(self) -> None:
        """Let go of all sources that are about to end, so that the others can be kept busy for long."""
        for key, source in list(self.sources.items()):
            if source.end != "open" or POISON in source.pending:
                self.remove_source(key, back=False)

    def woken(self) -> None:
        """Something happened: whoever is parked must have been called, once."""
        if self.parked_at is not None:
            assert self.wakes.count == self.parked_at + 1
            self.parked_at = None

    def deliver(self, key: int, item: Any) -> None:
        source = self.sources[key]
        if source.deliver(item):
            self.gone.append(self.sources.pop(key))

    def swept_by(
        self, quantum: int, total: int, stop_after: int = 9999, after_each: Callable[[int], None] = lambda _: None
    ) -> Counter[int]:
        """Sweep and check what holds for every sweep; how much each source gave."""
        taken: Counter[int] = Counter()
        limits = Counter({key: quantum * source.weight for key, source in self.sources.items()})
        fruitless, stood = self.fruitless(), len(standing(self.merge))
        changes = self.changes
        self.replaced.clear()
        if not stop_after:
            return taken
        for key, item in self.merge.sweep(quantum, total):
            self.deliver(key, item)
            taken[key] += 1
            if taken.total() == stop_after:
                break
            after_each(key)
        assert taken.total() <= total
        assert all(taken[key] <= limit for key, limit in limits.items() if key not in self.replaced)
        if changes == self.changes:
            assert self.fruitless() - fruitless <= stood
        return taken

    def fruitless(self) -> int:
        return sum(source.stream.fruitless for source in self.all)


pytestmark = pytest.mark.timeout(300)  # a failure takes a while to be made small

TestMergeOfInboxes = MergeOfInboxes.TestCase
TestMergeOfInboxes.settings = settings(
    max_examples=300,
    stateful_step_count=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
