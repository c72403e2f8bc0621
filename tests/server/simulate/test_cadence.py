"""Ticks come when they are due, for ever; who is late catches up a little and skips the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.clock import NS_PER_S
from pelton.server.simulate.cadence import Cadence

RATES = [1, 20, 29.97, 30, 59.94, 60, 144, 240, 0.1, 1 / 3]


@pytest.mark.parametrize("hz", RATES)
def test_the_first_tick_is_due_one_interval_after_the_start(hz: float) -> None:
    cadence = Cadence(hz, 1000, 2)
    assert cadence.due_ns == 1000 + cadence.interval_ns
    assert cadence.take(cadence.due_ns - 1) == 0
    assert cadence.take(cadence.due_ns) == 1
    assert cadence.due_ns == 1000 + 2 * cadence.interval_ns


@pytest.mark.parametrize("hz", [20, 29.97, 60, 240])
def test_a_million_ticks_do_not_drift(hz: float) -> None:
    """Each is looked at a little late, as a timer does; the lateness must not add up."""
    start_ns = 12_345
    cadence = Cadence(hz, start_ns, 2)
    late_ns = cadence.interval_ns // 3
    for _ in range(1_000_000):
        assert cadence.take(cadence.due_ns + late_ns) == 1
    assert cadence.skipped == 0
    assert cadence.due_ns == start_ns + 1_000_001 * cadence.interval_ns
    assert abs(cadence.due_ns - start_ns - 1_000_001 * NS_PER_S / hz) < 1_000_000  # a millisecond, in an hour or more


def test_it_is_not_due_twice() -> None:
    cadence = Cadence(20, 0, 2)
    assert [cadence.take(50_000_000), cadence.take(50_000_000), cadence.take(99_999_999)] == [1, 0, 0]
    assert cadence.take(100_000_000) == 1


def test_who_is_late_catches_up() -> None:
    cadence = Cadence(20, 0, 4)
    assert cadence.take(199_999_999) == 3
    assert (cadence.skipped, cadence.due_ns) == (0, 200_000_000)


def test_what_is_too_far_behind_is_skipped_and_counted() -> None:
    cadence = Cadence(20, 0, 2)
    assert cadence.take(10 * 50_000_000) == 2
    assert (cadence.skipped, cadence.due_ns) == (8, 11 * 50_000_000)
    assert cadence.take(cadence.due_ns) == 1
    assert cadence.take(cadence.due_ns + 2 * 50_000_000) == 2
    assert cadence.skipped == 9


def test_a_clock_that_stands_still_or_is_before_the_start_makes_no_tick() -> None:
    cadence = Cadence(20, NS_PER_S, 2)
    assert [cadence.take(0), cadence.take(NS_PER_S), cadence.take(NS_PER_S)] == [0, 0, 0]
    assert (cadence.due_ns, cadence.skipped) == (NS_PER_S + 50_000_000, 0)


@given(
    st.sampled_from(RATES),
    st.integers(0, 2**62),
    st.integers(1, 5),
    st.lists(st.integers(0, 3 * NS_PER_S), max_size=50),
)
def test_ticks_run_and_skipped_are_the_intervals_that_have_passed(
    hz: float, start_ns: int, behind_max: int, steps_ns: list[int]
) -> None:
    cadence = Cadence(hz, start_ns, behind_max)
    now_ns, ran = start_ns, 0
    for step_ns in steps_ns:
        now_ns += step_ns
        ticks = cadence.take(now_ns)
        ran += ticks
        assert 0 <= ticks <= behind_max
        assert ran + cadence.skipped == (now_ns - start_ns) // cadence.interval_ns
        assert now_ns < cadence.due_ns <= now_ns + cadence.interval_ns


def test_ticks_that_are_stretched_are_farther_apart_and_none_is_lost() -> None:
    cadence = Cadence(20, 0, 2)
    assert cadence.take(100_000_000) == 2
    cadence.stretch(1.5)
    assert (cadence.due_ns, cadence.interval_ns, cadence.full_speed_ns) == (175_000_000, 75_000_000, 50_000_000)
    assert cadence.take(175_000_000) == 1
    cadence.stretch(1.0)
    assert (cadence.due_ns, cadence.skipped) == (225_000_000, 0)


def test_to_stretch_by_the_same_again_moves_nothing() -> None:
    cadence = Cadence(20, 0, 2)
    cadence.stretch(2.0)
    cadence.take(90_000_000)
    for _ in range(3):
        cadence.stretch(2.0)
    assert cadence.due_ns == 100_000_000


@given(
    st.lists(st.tuples(st.sampled_from([1.0, 1.25, 1.5, 2.0]), st.integers(0, NS_PER_S)), max_size=30),
    st.integers(1, 5),
)
def test_however_it_is_stretched_no_tick_comes_too_early(steps: list[tuple[float, int]], behind_max: int) -> None:
    cadence = Cadence(20, 0, behind_max)
    now_ns, last_due_ns = 0, 0
    for factor, step_ns in steps:
        cadence.stretch(factor)
        now_ns += step_ns
        ran = 0
        while cadence.due_ns <= now_ns:
            assert cadence.due_ns - last_due_ns >= cadence.interval_ns
            ran = cadence.take(now_ns)
            assert 1 <= ran <= behind_max
            last_due_ns = cadence.due_ns - cadence.interval_ns
        assert cadence.take(now_ns) == 0
