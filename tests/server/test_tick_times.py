"""The times of ticks, by room, by game and of the process: bounded, and logged at most once a second."""

from __future__ import annotations

from pelton.server.tick_times import BOUNDS_NS, RECENT_MAX, GameTimes, RoomTimes, TickTimes

SECOND_NS = 1_000_000_000


def test_a_duration_is_counted_in_the_first_bound_that_it_does_not_pass() -> None:
    times = TickTimes()
    for bound_ns in BOUNDS_NS:
        times.add("race", bound_ns)
    assert times.game("race").counts == [1] * len(BOUNDS_NS) + [0]
    for bound_ns in BOUNDS_NS:
        times.add("race", bound_ns + 1)
    assert times.game("race").counts == [1] + [2] * (len(BOUNDS_NS) - 1) + [1]
    assert times.game("race").sum_ns == 2 * sum(BOUNDS_NS) + len(BOUNDS_NS)


def test_games_are_counted_apart_and_the_process_as_a_whole() -> None:
    times = TickTimes()
    times.add("race", 1000)
    times.add("chess", 3000)
    times.add("chess", 2000)
    assert {name: sum(game.counts) for name, game in times.games.items()} == {"race": 1, "chess": 2}
    assert (times.durations.count, times.durations.max_us) == (3, 3)
    assert list(times.recent_ns) == [1000, 3000, 2000]


def test_only_the_last_ticks_are_remembered_one_by_one() -> None:
    times = TickTimes()
    for number in range(RECENT_MAX + 1):
        times.add("race", number)
    assert (times.recent_ns[0], times.recent_ns[-1], len(times.recent_ns)) == (1, RECENT_MAX, RECENT_MAX)


def test_a_games_times_are_made_once() -> None:
    times = TickTimes()
    assert isinstance(times.game("race"), GameTimes)
    assert times.game("race") is times.game("race")


def test_overruns_are_logged_once_a_second_with_the_number_of_those_that_were_not() -> None:
    times = RoomTimes()
    moments_ns = [0, 1, SECOND_NS - 1, SECOND_NS, 2 * SECOND_NS, 9 * SECOND_NS]
    assert [times.overran(now_ns) for now_ns in moments_ns] == [0, None, None, 2, 0, 0]
    assert times.overruns == 6
