"""How many bots are wanted at each moment, and how long each stays."""

from __future__ import annotations

import math
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.swarm.arrivals import Arrivals
from pelton.swarm.population import Orders, Population, Ramp, Session, Storm, numbers, stay_s


def test_a_ramp_takes_one_step_after_the_other_and_the_first_at_once() -> None:
    ramp = Ramp(0, 4, began_s=100.0, over_s=2.0)
    assert [ramp.bots(now_s) for now_s in (100.0, 100.4, 100.5, 101.0, 101.5, 102.0)] == [1, 1, 2, 3, 4, 4]
    assert (ramp.next_s(100.0), ramp.next_s(101.5)) == (100.5, math.inf)


def test_a_ramp_leads_down_as_well() -> None:
    ramp = Ramp(4, 1, began_s=0.0, over_s=3.0)
    assert [ramp.bots(now_s) for now_s in (0.0, 0.9, 1.0, 2.0, 3.0)] == [3, 3, 2, 1, 1]


def test_no_time_to_ramp_is_all_at_once() -> None:
    ramp = Ramp(0, 1000, began_s=5.0, over_s=0.0)
    assert (ramp.bots(5.0), ramp.next_s(5.0)) == (1000, math.inf)


@given(
    st.integers(0, 300),
    st.integers(0, 300),
    st.floats(0, 1e6, allow_nan=False),
    st.floats(0.001, 1e4, allow_nan=False),
)
def test_whoever_wakes_when_told_meets_every_step_of_a_ramp(
    before: int, after: int, began_s: float, over_s: float
) -> None:
    ramp, now_s, bots = Ramp(before, after, began_s, over_s), began_s, before
    for _ in range(abs(after - before) + 2):
        wanted = ramp.bots(now_s)
        assert abs(wanted - after) <= abs(bots - after)
        bots = wanted
        if ramp.next_s(now_s) == math.inf:
            break
        assert ramp.next_s(now_s) > now_s
        now_s = ramp.next_s(now_s)
    assert bots == after


def test_who_ended_is_replaced_and_who_failed_is_not() -> None:
    population = Population(0, None, 0.0)
    population.aim(5, 0.0, 0.0)
    assert population.orders(0.0, closed=0) == Orders(closed=5)
    assert population.orders(1.0, closed=3) == Orders(closed=2)
    population.spent += 2
    assert population.orders(2.0, closed=3) == Orders()
    population.aim(5, 0.0, 3.0)  # said anew, it is meant anew
    assert population.orders(3.0, closed=3) == Orders(closed=2)


def test_a_new_aim_goes_on_from_where_the_ramp_was() -> None:
    population = Population(0, None, 0.0)
    population.aim(10, 10.0, 0.0)
    assert population.orders(4.0, closed=0).closed == 5
    population.aim(0, 5.0, 4.0)
    assert population.orders(4.0, closed=5).closed == -1
    assert not population.is_steady(7.0)
    assert population.orders(8.0, closed=1).closed == -1
    assert population.is_steady(9.0)


@given(st.integers(0, 500), st.integers(1, 9))
def test_parts_of_a_swarm_add_up_to_it(bots: int, parts: int) -> None:
    shares = [Population(0, None, 0.0, (part, parts)) for part in range(parts)]
    for share in shares:
        share.aim(bots, 0.0, 0.0)
    assert sum(share.wanted for share in shares) == bots
    assert max(share.wanted for share in shares) - min(share.wanted for share in shares) <= 1


def test_bots_are_dealt_out_by_number() -> None:
    hands = [numbers(part, 3) for part in range(3)]
    assert [[next(hand) for _ in range(3)] for hand in hands] == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]


def test_storms_come_on_their_beat_and_are_counted() -> None:
    population = Population(0, Storm(10.0), 100.0)
    assert population.next_s(100.0) == 110.0
    assert [population.orders(now_s, 0).storm for now_s in (109.9, 110.0, 110.0, 120.5)] == [0, 1, 0, 2]


def test_a_storm_cuts_its_share_and_the_same_bots_in_every_run() -> None:
    storm = Storm(10.0, 0.3)
    hit = [number for number in range(2000) if storm.hits(7, number, 1)]
    assert 500 < len(hit) < 700
    assert hit == [number for number in range(2000) if storm.hits(7, number, 1)]
    assert hit != [number for number in range(2000) if storm.hits(7, number, 2)]
    assert all(Storm(10.0).hits(7, number, 1) for number in range(50))


def test_arrivals_come_as_often_as_asked_and_the_same_in_every_run() -> None:
    arrivals = Arrivals(5.0, Random(3), 0.0)
    counts = [arrivals.due(second) for second in range(1, 1001)]
    assert 4600 < sum(counts) < 5400
    assert 4 < fmean((count - 5) ** 2 for count in counts) < 6  # of a Poisson process the variance is the mean
    again = Arrivals(5.0, Random(3), 0.0)
    assert again.due(1000) == sum(counts)


def test_no_arrivals_are_never_due() -> None:
    assert Arrivals(0.0, Random(3), 0.0).next_s == math.inf
    with pytest.raises(ValueError, match="expected 0 or more"):
        Arrivals(-1.0, Random(3), 0.0)


def test_a_population_opens_and_closes() -> None:
    population = Population(7, None, 0.0)
    population.arrivals(10.0, 0.0)
    was_open = population.is_open
    assert 60 < population.orders(10.0, 0).open < 140
    population.arrivals(0.0, 10.0)
    assert (was_open, population.is_open) == (True, False)
    assert population.orders(99.0, 0) == Orders()


def test_sessions_last_as_long_as_asked_and_the_same_in_every_run() -> None:
    stays = [stay_s(Session(30.0), 0.0, 7, number) for number in range(2000)]
    assert 27 < fmean(stays) < 33
    assert stays[123] == stay_s(Session(30.0), 0.0, 7, 123)
    assert stay_s(Session(30.0, "fixed"), 0.0, 7, 5) == 30.0
    assert stay_s(None, 0.0, 7, 5) == math.inf


def test_churn_lets_a_share_go_every_minute() -> None:
    stays = [stay_s(None, 0.1, 7, number) for number in range(4000)]
    gone = sum(seconds < 60 for seconds in stays) / len(stays)
    assert 0.08 < gone < 0.11
    assert stay_s(Session(1.0, "fixed"), 0.1, 7, 5) <= 1.0
