"""The search for the most players: doubles, bisects, and says what it knows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pelton.loadtest.capacity import EXACT_TO, Search
from pelton.loadtest.plan import Capacity
from pelton.loadtest.result import CapacityStep
from pelton.loadtest.verdict import Code


def searched(capacity: Capacity, holds_to: int, saturated_from: int = 1_000_000) -> Search:
    """A search where so many hold, and the generator can play fewer than so many."""
    search = Search(capacity)
    while (bots := search.next) is not None:
        assert capacity.bots_min <= bots <= capacity.bots_max
        saturated = bots >= saturated_from
        held = bots <= holds_to and not saturated
        search.tell(CapacityStep(bots, held, saturated, () if held else ("ack.p99 < 80ms: was 90.0 ms",)))
        assert len(search.steps) < 64
    return search


def test_it_doubles_and_then_bisects() -> None:
    search = searched(Capacity(50, 3000, 1.0, 10.0), holds_to=700)
    assert [step.bots for step in search.steps] == [50, 100, 200, 400, 800, 600, 700, 750, 725]
    assert search.result().sentence.startswith("700 players hold every threshold; 725 do not: ack.p99")
    assert search.code is Code.PASSED


@given(st.integers(1, 500), st.integers(0, 5000), st.integers(0, 6000))
def test_the_answer_held_and_slightly_more_did_not(bots_min: int, more: int, holds_to: int) -> None:
    capacity = Capacity(bots_min, bots_min + more, 1.0, 10.0)
    result = searched(capacity, holds_to).result()
    if holds_to < bots_min:
        assert (result.bots, result.is_least) == (0, False)
    elif holds_to >= capacity.bots_max:
        assert (result.bots, result.is_least) == (capacity.bots_max, True)
    else:
        assert result.bots <= holds_to <= result.bots * (1 + EXACT_TO) + 1
        assert not result.is_least


def test_a_saturated_generator_gives_a_lower_bound_and_its_own_code() -> None:
    search = searched(Capacity(50, 3000, 1.0, 10.0), holds_to=5000, saturated_from=300)
    result = search.result()
    assert result.is_least
    assert 280 <= result.bots < 300
    assert result.sentence == f"at least {result.bots} players; the generator was the bottleneck"
    assert search.code is Code.SATURATED


def test_not_even_the_fewest_is_a_failure() -> None:
    search = searched(Capacity(50, 3000, 1.0, 10.0), holds_to=10)
    assert search.result().sentence.startswith("not even 50 players hold every threshold: ")
    assert search.code is Code.MISSED


def test_the_most_that_is_tried_is_only_a_lower_bound() -> None:
    search = searched(Capacity(50, 150, 1.0, 10.0), holds_to=5000)
    assert search.result().sentence == "at least 150 players hold every threshold, and no more were tried"
    assert search.code is Code.PASSED
