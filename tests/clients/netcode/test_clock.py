"""The server's clock and tick, estimated over a network that delays: the error stays within bounds, outliers or not."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.client import ServerClock, TickClock

TICK_HZ = 20.0
OFFSET_S = 4321.5
"""Of the server's clock from ours."""


def ping(clock: ServerClock, at_s: float, up_s: float, down_s: float) -> None:
    """A ping that takes so long there, held up or not, and so long back."""
    clock.pong(at_s, at_s + up_s + down_s, round((at_s + up_s + OFFSET_S) * 1e6))


def simulated(seed: int, pings: int, one_way_s: float, spikes: float) -> ServerClock:
    """Pings once a second, each held by the server for up to a tick and delayed by the network, now and then a lot."""
    dice, clock = Random(seed), ServerClock()
    for number in range(pings):
        delays = [one_way_s + dice.expovariate(1 / 0.005) for _ in range(2)]
        if dice.random() < spikes:
            delays[dice.randrange(2)] += dice.uniform(0.2, 3.0)
        ping(clock, float(number), delays[0] + dice.uniform(0, 1 / TICK_HZ), delays[1])
    return clock


def test_before_the_first_ping_nothing_is_known() -> None:
    clock = ServerClock()
    assert (clock.offset_s, clock.round_trip_s, clock.uncertainty_s, clock.time_s(5.0)) == (None, None, None, None)


def test_one_ping_bounds_the_offset_by_half_its_round_trip() -> None:
    clock = ServerClock()
    ping(clock, 10.0, 0.03, 0.01)
    assert clock.offset_s == pytest.approx(OFFSET_S + 0.01)
    assert clock.uncertainty_s == pytest.approx(0.02)
    assert clock.round_trip_s == pytest.approx(0.04)
    assert clock.time_s(11.0) == pytest.approx(11 + OFFSET_S + 0.01)


def test_a_pong_before_its_ping_is_refused() -> None:
    with pytest.raises(ValueError, match="before its ping"):
        ServerClock().pong(2.0, 1.0, 0)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("spikes", [0.0, 0.3])
def test_many_pings_find_the_offset_though_each_is_held_up_for_a_part_of_a_tick(seed: int, spikes: float) -> None:
    clock = simulated(seed, 60, one_way_s=0.04, spikes=spikes)
    assert clock.offset_s is not None
    assert clock.round_trip_s is not None
    assert abs(clock.offset_s - OFFSET_S) < 0.008
    assert 0.08 <= clock.round_trip_s < 0.11


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=60))
def test_the_offset_is_never_more_wrong_than_is_said(delays: list[tuple[float, float]]) -> None:
    clock = ServerClock()
    for number, (up_s, down_s) in enumerate(delays):
        ping(clock, 10.0 * number, up_s, down_s)
    assert clock.offset_s is not None
    assert clock.uncertainty_s is not None
    assert abs(clock.offset_s - OFFSET_S) <= clock.uncertainty_s + 2e-6


@given(st.lists(st.floats(0, 5), min_size=1, max_size=20))
def test_an_outlier_changes_nothing(outliers: list[float]) -> None:
    clock = ServerClock()
    ping(clock, 0.0, 0.02, 0.02)
    for number, late_s in enumerate(outliers, 1):
        ping(clock, 10.0 * number, 0.02 + late_s, 0.02 + late_s)
    assert clock.offset_s == pytest.approx(OFFSET_S, abs=1e-5)
    assert clock.round_trip_s == pytest.approx(0.04, abs=1e-6)


def test_a_clock_that_runs_at_another_rate_is_followed() -> None:
    clock = ServerClock(pings_kept=8)
    drift = 0.001
    for at_s in range(100):
        clock.pong(at_s, at_s + 0.002, round((at_s + 0.001) * (1 + drift) * 1e6))
    assert clock.offset_s == pytest.approx(99 * drift, abs=0.008)
    assert clock.uncertainty_s == pytest.approx(0.001, abs=1e-5)


# Ticks.


def test_before_the_first_frame_it_is_tick_0() -> None:
    clock = TickClock(TICK_HZ)
    assert (clock.tick(99.0), clock.arrived_tick(99.0), clock.jitter_s) == (0.0, 0.0, 0.0)


def test_even_frames_have_no_jitter_and_their_own_phase() -> None:
    clock = TickClock(TICK_HZ)
    for tick in (100, 101, 104):
        clock.arrived(tick, 7.0 + tick / TICK_HZ)
    assert clock.jitter_s == pytest.approx(0, abs=1e-9)
    assert clock.arrived_tick(7.0 + 104.5 / TICK_HZ) == pytest.approx(104.5)


def test_jitter_is_that_of_rfc_3550() -> None:
    clock = TickClock(TICK_HZ)
    expected = 0.0
    delays = [0.0, 0.03, 0.01, 0.01, 0.2]
    for tick, delay_s in enumerate(delays, 1):
        clock.arrived(tick, tick / TICK_HZ + delay_s)
        if tick > 1:
            expected += (abs(delay_s - delays[tick - 2]) - expected) / 16
    assert clock.jitter_s == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(20))
def test_the_tick_at_the_server_is_known_to_a_fraction(seed: int) -> None:
    """Frames delayed at random, a third of them missing; pings held up for a part of a tick."""
    dice, one_way_s = Random(seed), 0.06
    clock = TickClock(TICK_HZ, simulated(seed, 40, one_way_s, spikes=0.1))
    now_s = 0.0
    for tick in range(1, 200):
        delay_s = one_way_s + dice.expovariate(1 / 0.01) + (dice.random() < 0.05) * dice.uniform(0, 2)
        now_s = max(now_s, tick / TICK_HZ + delay_s)  # never one before the other
        if dice.random() < 0.7:
            clock.arrived(tick, now_s)
    error_ticks = clock.tick(now_s) - now_s * TICK_HZ
    assert abs(error_ticks) < 0.6
    assert 0.002 < clock.jitter_s < 0.2


# A server that lets game time run slower.


def errors_in_ticks(paces: list[float], *, every: int = 1, jitter_s: float = 0.0, seed: int = 0) -> list[float]:
    """By how much the clock is ahead after each frame; 40 ticks at each pace."""
    clock, errors = TickClock(TICK_HZ), []
    for tick, sent_s, arrived_s, pace in frames_at(paces, every, jitter_s, seed):
        clock.arrived(tick, arrived_s)
        errors.append(clock.arrived_tick(arrived_s) - (tick + (arrived_s - sent_s) * TICK_HZ * pace))
    return errors


def frames_at(paces: list[float], every: int, jitter_s: float, seed: int) -> Iterator[tuple[int, float, float, float]]:
    """Each with its tick, when it was sent, when it arrived, and the pace."""
    dice, sent_s, arrived_s = Random(seed), 0.0, 0.0
    for number, pace in enumerate(paces):
        for tick in range(40 * number + 1, 40 * number + 41):
            sent_s += 1 / TICK_HZ / pace
            if tick % every == 0:
                arrived_s = max(arrived_s, sent_s + dice.uniform(0, jitter_s))
                yield tick, sent_s, arrived_s, pace


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("pace", [1.0, 0.8, 2 / 3, 0.5])
def test_the_pace_of_game_time_is_found_from_the_frames(pace: float, every: int) -> None:
    clock, arrived_s = TickClock(TICK_HZ), 0.0
    for tick, _, arrived_s, _ in frames_at([pace], every, 0.0, 0):
        clock.arrived(tick, arrived_s)
    assert clock.pace == pytest.approx(pace)
    assert clock.arrived_tick(arrived_s) == pytest.approx(40)
    assert clock.arrived_tick(arrived_s + 0.05) == pytest.approx(40 + pace)


def test_evenly_slower_frames_are_no_jitter_once_the_pace_is_known() -> None:
    clock = TickClock(TICK_HZ)
    for tick, _, arrived_s, _ in frames_at([0.5] * 4, 1, 0.0, 0):
        clock.arrived(tick, arrived_s)
    assert clock.jitter_s < 0.001


def test_while_game_time_slows_down_the_clock_is_ahead_for_some_frames_and_then_right_again() -> None:
    errors = errors_in_ticks([1.0, 0.8, 2 / 3, 0.5, 1.0])
    assert all(-0.01 < error < 5 for error in errors)
    assert max(abs(error) for step in range(5) for error in errors[40 * step + 20 : 40 * step + 40]) < 0.01


@pytest.mark.parametrize("seed", range(10))
def test_with_jitter_it_is_right_to_a_tick_or_two_at_any_pace(seed: int) -> None:
    errors = errors_in_ticks([1.0, 1.0, 0.5, 0.5, 1.0, 1.0], jitter_s=0.03, seed=seed)
    settled = errors[20:80] + errors[100:160] + errors[180:]
    assert max(abs(error) for error in settled) < 2


@pytest.mark.parametrize("late_s", [0.05, 0.3, 2.0])
def test_a_line_that_is_held_up_is_not_taken_for_a_slower_pace(late_s: float) -> None:
    clock = TickClock(TICK_HZ)
    for tick in range(1, 60):
        clock.arrived(tick, tick / TICK_HZ + (late_s if tick > 30 else 0.0))
        assert clock.pace == 1.0
    assert clock.arrived_tick(60 / TICK_HZ) == pytest.approx(60)
