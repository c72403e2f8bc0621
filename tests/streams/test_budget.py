"""What is taken for nothing is bounded: by the waker that a poll is for, through every stage, exactly.

What a merge charges for filters and chunks stands in test_merge_credit.py, what others on the loop are spared of in
test_edge.py. Here: how a budget is passed on, stages over several floods, stages that hold items, any mixture of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from math import ceil
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.streams import PENDING, ConcurrentPoll, Lines, Merge, Stream, Waker, decode, empty, from_iter, pending
from pelton.streams.edge import DROPS_PER_TURN, Edge
from pelton.streams.poll import exhausted
from pelton.streams.stage import Relay
from pelton.streams.testing import ManualClock
from tests.streams.fakes import Endless, Purse, Wakes

AnyStream: TypeAlias = Stream[Any]
Make: TypeAlias = Callable[[AnyStream], AnyStream]


class Flood:
    """Sources that never run dry, which together fail the test when they are asked so often that there is no bound."""

    def __init__(self, bound: int = 20_000) -> None:
        self.polls = 0
        self.bound = bound

    def source(self) -> Endless:
        return Endless(self._polled)

    def unwanted(self) -> Stream[int]:
        """All that it has is dropped."""
        return self.source().filter(lambda _: False)

    def _polled(self, _: Waker | None) -> None:
        self.polls += 1
        assert self.polls <= self.bound, "polled without end"


# How a budget is passed on.


def test_without_a_budget_nothing_is_ever_exhausted() -> None:
    assert not any(exhausted(waker) for waker in [None, Wakes()] for _ in range(1000))


def test_a_budget_is_exhausted_when_it_says_so() -> None:
    purse = Purse(3)
    assert [exhausted(purse) for _ in range(3)] == [False, False, True]


def test_a_relay_charges_whom_it_tells() -> None:
    purse, relay = Purse(3), Relay("stage")
    assert relay.to(purse) is relay
    assert [exhausted(relay) for _ in range(4)] == [False, False, True, True]
    relay()
    assert purse.count == 1, "it was called when its budget ran out, and nobody calls it again"
    relay.to(Purse(2))
    assert [exhausted(relay), exhausted(relay)] == [False, True]


def test_a_relay_tells_one_consumer_once_and_refuses_another() -> None:
    relay, first, second = Relay("stage"), Wakes(), Wakes()
    assert (relay.to(None), relay.to(first), relay.to(first)) == (None, relay, relay)
    with pytest.raises(ConcurrentPoll):
        relay.to(second)
    relay()
    relay()
    assert (first.count, relay.to(second)) == (1, relay)
    relay.forget()
    relay()
    assert second.count == 0


def test_the_async_edge_has_a_budget_that_every_poll_renews() -> None:
    edge = Edge()
    for _ in range(2):
        edge.renew()
        assert [edge.spend() for _ in range(DROPS_PER_TURN - 1)] == [True] * (DROPS_PER_TURN - 1)
        assert (edge.called, edge.spend(), edge.called) == (False, False, True)


def test_a_stage_whose_budget_ran_out_answers_pending_and_goes_on_from_there() -> None:
    flood, purse = Flood(), Purse(4)
    stream = flood.source().filter(lambda number: number == 6)
    assert (stream.poll(purse), flood.polls, purse.count) == (PENDING, 4, 1)
    assert (stream.poll(Purse(4)), flood.polls) == (6, 6)


# Stages that everything goes down in, over one flood or several.


def merged(*streams: AnyStream) -> Merge[int, Any]:
    merge: Merge[int, Any] = Merge()
    for key, stream in enumerate(streams):
        merge.add(key, stream)
    return merge


DROWNING: dict[str, Callable[[Flood], AnyStream]] = {
    "zip": lambda flood: flood.unwanted().zip(flood.unwanted()),
    "zip, the second": lambda flood: pending().zip(flood.unwanted()),
    "take_until": lambda flood: flood.unwanted().take_until(flood.unwanted()),
    "take_until, the signal": lambda flood: pending().take_until(flood.unwanted()),
    "chain, the second": lambda flood: empty().chain(flood.unwanted()),
    "peekable": lambda flood: flood.unwanted().peekable(),
    "throttle": lambda flood: flood.unwanted().throttle(ManualClock(), 1.0),
    "timeout": lambda flood: flood.unwanted().timeout(ManualClock(), 1.0),
    "buffer": lambda flood: flood.unwanted().buffer(9),
    "chunks of chunks": lambda flood: flood.source().chunks(3).chunks(10**6),
    "flatten, the inner": lambda flood: from_iter([flood.unwanted()]).flatten(),
    "decode": lambda flood: decode(flood.source().map(lambda _: b"x" * 9), Lines(10**9)),
    "decode of nothing": lambda flood: decode(flood.source().map(lambda _: b""), Lines()),
    "zip of zips": lambda flood: flood.unwanted().zip(flood.unwanted()).zip(flood.unwanted()),
    "merge of merges": lambda flood: merged(merged(flood.unwanted(), flood.unwanted()), flood.unwanted()),
}
each_drowning = pytest.mark.parametrize("make", DROWNING.values(), ids=DROWNING)


@each_drowning
async def test_others_on_the_loop_have_their_turns(make: Callable[[Flood], AnyStream]) -> None:
    flood, polls = Flood(), [0]
    waiting = asyncio.ensure_future(make(flood).next())
    for _ in range(5):
        await asyncio.sleep(0)
        polls.append(flood.polls)
    waiting.cancel()
    [ending] = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(ending, asyncio.CancelledError), ending
    for before, after in pairwise(polls):
        assert 0 < after - before <= DROPS_PER_TURN, "it goes on, a bounded part each turn"


@each_drowning
def test_a_sweep_takes_the_quantum_exactly(make: Callable[[Flood], AnyStream]) -> None:
    flood = Flood()
    merge = merged(make(flood))
    for sweep in range(1, 5):
        assert list(merge.sweep(3, 99)) == []
        assert flood.polls == merge.stats(0).dropped == 3 * sweep


# Any mixture of sources that never run dry.

EXACT: dict[str, Make] = {
    "all": lambda source: source,
    "none": lambda source: source.filter(lambda _: False),
    "a third": lambda source: source.filter(lambda number: number % 3 == 0),
    "chunks": lambda source: source.chunks(4),
    "empty streams": lambda source: source.map(lambda _: empty()).flatten(),
    "short streams": lambda source: source.map(lambda number: from_iter([number] * 2)).flatten(),
    "a merge": lambda source: merged(source.filter(lambda number: number % 3 == 0), Flood().unwanted()),
    "through a relay": lambda source: source.filter(lambda number: number % 3 == 0).take_until(pending()),
    "peekable": lambda source: source.filter(lambda number: number % 2).peekable(),
    "zip": lambda source: source.filter(lambda number: number % 2).zip(Flood().source()),
}
HOLDING: dict[str, Make] = {
    "conflate": lambda source: source.conflate(lambda number: number % 2),
    "conflate of one key": lambda source: source.conflate(lambda _: "key"),
    "buffer, drop_oldest": lambda source: source.buffer(2, "drop_oldest"),
    "buffer, drop_newest": lambda source: source.buffer(2, "drop_newest"),
    "buffer": lambda source: source.filter(lambda number: number % 2).buffer(2),
    "ready_chunks": lambda source: source.ready_chunks(3),
}
SWEEPS = 12


class Mixture:
    """A merge of floods, each through a stage, and what a sweep cost each of them."""

    def __init__(self, sources: list[tuple[str, int]]) -> None:
        self.merge: Merge[int, Any] = Merge()
        self.weights = dict(enumerate(weight for _, weight in sources))
        stages = EXACT | HOLDING
        for key, (name, weight) in enumerate(sources):
            self.merge.add(key, stages[name](Flood().source()), weight)

    def _cost(self, key: int) -> int:
        stats = self.merge.stats(key)
        return stats.delivered + stats.dropped

    def sweep(self, quantum: int, total: int) -> dict[int, int]:
        """What each source was charged."""
        before = {key: self._cost(key) for key in self.weights}
        list(self.merge.sweep(quantum, total))
        return {key: self._cost(key) - before[key] for key in self.weights}


def mixtures(stages: dict[str, Make]) -> st.SearchStrategy[list[tuple[str, int]]]:
    return st.lists(st.tuples(st.sampled_from(list(stages)), st.integers(1, 3)), min_size=1, max_size=6)


quanta = st.integers(1, 5)
totals = st.integers(1, 25)
untimed = settings(deadline=None)  # how long an example takes is not tested here


@untimed
@given(mixtures(EXACT | HOLDING), quanta, totals)
def test_nobody_exceeds_the_quantum_nor_all_together_the_total(
    sources: list[tuple[str, int]], quantum: int, total: int
) -> None:
    mixture = Mixture(sources)
    for _ in range(SWEEPS):
        costs = mixture.sweep(quantum, total)
        assert all(costs[key] <= quantum * weight for key, weight in mixture.weights.items())
        assert sum(costs.values()) <= total


@untimed
@given(mixtures(EXACT), quanta, totals)
def test_who_has_more_than_enough_uses_up_what_there_is(
    sources: list[tuple[str, int]], quantum: int, total: int
) -> None:
    mixture = Mixture(sources)
    for _ in range(SWEEPS):
        assert sum(mixture.sweep(quantum, total).values()) == min(total, quantum * sum(mixture.weights.values()))


@untimed
@given(mixtures(EXACT | HOLDING), quanta, totals)
def test_nobody_starves(sources: list[tuple[str, int]], quantum: int, total: int) -> None:
    mixture = Mixture(sources)
    turn_max = ceil(2 * quantum * sum(mixture.weights.values()) / total) + 2
    unserved = dict.fromkeys(mixture.weights, 0)
    for _ in range(2 * turn_max):
        for key, cost in mixture.sweep(quantum, total).items():
            unserved[key] = 0 if cost else unserved[key] + 1
        assert max(unserved.values()) < turn_max


@pytest.mark.parametrize("quantum", [1, 2, 3, 7])
@pytest.mark.parametrize("name", HOLDING)
def test_a_stage_that_holds_items_gives_them_however_small_the_quantum(name: str, quantum: int) -> None:
    """Else a flood that is conflated would cost its quantum for ever, and nobody would see an item of it."""
    mixture = Mixture([(name, 1)])
    served = [item for _ in range(40) for _, item in mixture.merge.sweep(quantum, 99)]
    assert sum(isinstance(item, (int, list)) for item in served) >= 10
