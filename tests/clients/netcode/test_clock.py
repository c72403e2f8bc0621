"""The server's clock and tick, estimated over a network that delays: the error stays within bounds, outliers or not."""

from __future__ import annotations

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
