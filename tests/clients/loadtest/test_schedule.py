"""When stages begin, hold and end, and at which moments they are looked at."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.loadtest.plan import Arrivals, Population, Stage
from pelton.loadtest.schedule import schedule

seconds = st.floats(0, 30).map(lambda value: round(value, 2))
stages = st.lists(st.builds(Population, st.integers(0, 9), seconds, seconds), max_size=4)


def test_stages_follow_one_another() -> None:
    first, second = schedule([Population(1000, 2.0, 3.0), Arrivals(2.5, 30.0, 1.0, 4.0)])
    assert (first.began_s, first.held_from_s, first.ended_s) == (0.0, 2.0, 5.0)
    assert (second.number, second.began_s, second.held_from_s, second.ended_s) == (1, 5.0, 6.0, 10.0)
    assert (first.name, second.name) == ("1,000 bots", "2.5/s for 30 s")


@given(stages)
def test_looks_cut_each_stage_into_equal_seconds_and_none_is_half_ramp(plan: list[Stage]) -> None:
    at_s = 0.0
    for phase in schedule(plan):
        assert phase.began_s == pytest.approx(at_s)
        for look in phase.looks():
            assert look.at_s - at_s == pytest.approx(look.length_s)
            assert 0 < look.length_s <= 1.5 + 1e-9
            assert look.holds == (look.at_s > phase.held_from_s + 1e-9)
            at_s = look.at_s
        assert at_s == pytest.approx(phase.ended_s)


@given(stages)
def test_time_goes_on(plan: list[Stage]) -> None:
    ends = [look.at_s for phase in schedule(plan) for look in phase.looks()]
    assert all(earlier < later for earlier, later in pairwise(ends))
