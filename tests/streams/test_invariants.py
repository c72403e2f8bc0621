"""A merge of inboxes against a plain model: whatever happens, nothing is lost, late, doubled or over a bound."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from pelton.streams import CLOSED, PENDING, ConcurrentPoll
from tests.streams.fakes import Purse, Wakes, standing
from tests.streams.machine import SOURCES_MAX, MergeAndProducers, shapes
from tests.streams.model import Shape
from tests.streams.overload import Ages

quanta = st.integers(0, 4)
totals = st.integers(0, 14)


class MergeOfInboxes(MergeAndProducers):
    """The consumer, in every way in which a merge can be driven."""

    runner: asyncio.Runner | None = None

    def teardown(self) -> None:
        if self.runner is not None:
            self.runner.close()

    # Item by item.

    @rule()
    def poll(self) -> None:
        fruitless, stood = self.fruitless(), len(standing(self.merge))
        if not self.take(self.merge.poll()):
            self.nothing_is_left()
        assert self.fruitless() - fruitless <= stood

    @rule(credit=st.integers(1, 4))
    def poll_on_a_budget(self, credit: int) -> None:
        self.unpark()
        purse, dropped = Purse(credit), self.dropped()
        served = self.merge.poll(purse)
        if not self.take(served) and served is PENDING:
            if purse.credit > 0:
                self.nothing_is_left()
            else:
                assert purse.count, "who ran out of credit is to poll again"
        assert self.dropped() - dropped <= credit
        self.unpark()

    @rule(limit=st.integers(0, 9))
    def take_what_is_ready(self, limit: int) -> None:
        taken = sum(self.take(served) for served in self.merge.ready(limit))
        assert taken <= limit
        self.follow()
        if taken < limit:
            self.nothing_is_left()
        if self.merge.finished:
            self.take(CLOSED)

    @rule(
        event=st.sampled_from(["nothing", "offer", "end", "fail", "close", "add", "remove", "replace"]),
        choice=st.data(),
    )
    def drain_and_park(self, event: str, choice: st.DataObject) -> None:
        """Whatever happens then is heard; `woken` checks it."""
        while self.take(served := self.merge.poll(self.wakes)):
            pass
        self.nothing_is_left()
        if served is PENDING:
            self.parked = True
            with pytest.raises(ConcurrentPoll):
                self.merge.poll(Wakes())
            self.change(event, choice)

    @rule(choice=st.data(), offered=st.booleans())
    def await_and_cancel(self, choice: st.DataObject, offered: bool) -> None:
        """What is there is given; a wait that is cancelled loses nothing, also after it was woken."""
        key = self.choose(choice)
        self.unpark()

        async def wait() -> None:
            task = asyncio.ensure_future(self.merge.next())
            await asyncio.sleep(0)
            if waits := not task.done():
                self.follow()
            if waits and offered:
                self.offer_to(key)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled() is waits
            if not waits:
                self.take(task.result())

        self.on_a_loop(wait())
        self.unpark()

    # Sweeps.

    @rule(quantum=quanta, total=totals, looped=st.booleans())
    def sweep(self, quantum: int, total: int, looped: bool) -> None:
        async def on_a_loop() -> None:
            self.sweep_exactly(quantum, total)
            self.poll()

        if looped:
            self.on_a_loop(on_a_loop())
        else:
            self.sweep_exactly(quantum, total)

    @rule(quantum=quanta, total=totals, count=st.integers(0, 6))
    def sweep_that_is_broken_off(self, quantum: int, total: int, count: int) -> None:
        given = self.given()
        self.swept_by(quantum, total, stop_after=count)
        assert self.given() - given <= count

    @rule(quantum=quanta, total=totals, calls=st.integers(0, 5))
    def sweep_until_a_deadline(self, quantum: int, total: int, calls: int) -> None:
        """At least one item, if there is one, and at most one more after the deadline."""
        shares, given, asked = self.shares(quantum), self.given(), 0

        def is_over() -> bool:
            nonlocal asked
            asked += 1
            return asked > calls

        done = self.swept_by(quantum, total, deadline=is_over).total()
        assert self.given() - given <= calls + 1
        assert done >= min(1, total, shares.total())
        if asked <= calls:
            assert done == min(total, shares.total())

    @rule(
        quantum=quanta,
        total=totals,
        choice=st.data(),
        plan=st.lists(st.sampled_from(["offer", "end", "fail", "close", "remove", "replace", "add"]), max_size=6),
    )
    def sweep_with_changes(self, quantum: int, total: int, choice: st.DataObject, plan: list[str]) -> None:
        """Somebody comes, goes, speaks or ends after each of the first items; nobody else loses by it."""
        shares = self.shares(quantum)
        touched: set[int] = set()
        steps = iter(plan)

        def change(_: int) -> None:
            step = next(steps, None)
            if step is not None and (key := self.change(step, choice)) is not None:
                touched.add(key)

        done = self.swept_by(quantum, total, after_each=change)
        if done.total() < total:
            for key in shares.keys() - touched:
                assert done[key] == shares[key]

    @rule(quantum=quanta, total=totals, depth=st.integers(1, 2))
    def sweep_while_each_answers(self, quantum: int, total: int, depth: int) -> None:
        """Whoever is served has the next item at once. That is no way to more than a quantum."""
        self.heal()
        self.swept_by(99, 9999)
        for key in list(self.sources) * depth:
            self.offer_to(key)
        done = self.swept_by(quantum, total, after_each=self.offer_to)
        if done.total() < total:
            for key, source in self.sources.items():
                assert done[key] == quantum * source.shape.weight or not source.shape.is_plain

    @rule(sweeps=st.integers(5, 25), quantum=st.integers(1, 2), total=st.integers(1, 14))
    def keep_every_source_full(self, sweeps: int, quantum: int, total: int) -> None:
        """Random offers never build up an overload that lasts. Shares follow the weights, wherever it is cut."""
        self.heal()
        ages = Ages(self.sources, quantum, total)
        counts: Counter[int] = Counter()
        steady = {key for key, source in self.sources.items() if not source.shape.drops}
        for _ in range(sweeps):
            self.fill()
            steady -= {key for key, source in self.sources.items() if source.work < 2 * quantum * source.shape.weight}
            ages.sweep_begins()
            counts += self.sweep_exactly(quantum, total)
            ages.sweep_ended()
        rounds = [counts[key] / self.sources[key].shape.weight for key in steady]
        assert not rounds or max(rounds) - min(rounds) <= 2, "at most one round apart, and one that was begun before"

    @rule(really=st.sampled_from([False, False, False, True]), several=st.lists(shapes, min_size=1, max_size=3))
    def close_and_begin_anew(self, really: bool, several: list[Shape]) -> None:
        if not really:
            return
        self.merge.close()
        self.woken()
        for source in self.sources.values():
            source.let_go()
            source.check_gone()
        assert self.merge.poll(self.wakes) is CLOSED
        assert list(self.merge.sweep(9, 9)) == []
        self.begin_with_several(self.until, several)

    # What the rules are made of.

    def sweep_exactly(self, quantum: int, total: int) -> Counter[int]:
        """Everybody gets his share if there is enough for all, and all there is is given away if not."""
        shares = self.shares(quantum)
        done = self.swept_by(quantum, total)
        assert done.total() == min(total, shares.total())
        if done.total() < total:
            assert +done == +shares
        return done

    def shares(self, quantum: int) -> Counter[int]:
        """How much a sweep may do for each."""
        sources = self.sources.items()
        return Counter({key: min(source.work, quantum * source.shape.weight) for key, source in sources})

    def change(self, step: str, choice: st.DataObject) -> int | None:
        """The key of the source that it was about, if there was one before."""
        if step == "add" and len(self.sources) < SOURCES_MAX:
            self.add_source(Shape(1, 1, 1))
        if step in {"add", "nothing"} or not self.sources:
            return None
        key = self.choose(choice)
        match step:
            case "offer":
                self.offer_to(key)
            case "remove" | "replace":
                self.remove_source(key, back=step == "replace")
            case _:
                self.finish_source(key, step)
        return key

    def on_a_loop(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it, and see that nothing that was done made a task that stayed."""

        async def run() -> None:
            tasks = asyncio.all_tasks()
            await work
            assert asyncio.all_tasks() == tasks

        self.runner = self.runner or asyncio.Runner()
        self.runner.run(run())

    def unpark(self) -> None:
        self.merge.forget()
        self.parked = False

    def nothing_is_left(self) -> None:
        assert not any(source.expected.works for source in self.sources.values())

    def given(self) -> int:
        return sum(source.given for source in self.all) + len(self.gone)

    def dropped(self) -> int:
        return sum(source.dropped for source in self.all)


pytestmark = pytest.mark.timeout(300)  # a failure takes a while to be made small

TestMergeOfInboxes = MergeOfInboxes.TestCase
TestMergeOfInboxes.settings = settings(
    max_examples=300,
    stateful_step_count=40,
    deadline=None,
    phases=[phase for phase in settings().phases if phase not in {Phase.target, Phase.explain}],
)
