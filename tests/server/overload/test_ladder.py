"""The ladder goes up soon, down late, by one rung at a time, and stands still in between."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.overload.ladder import NORMAL, STEPS, Ladder, Marks, Rung, Window

MARKS = Marks(high=0.8, low=0.5, up_after_windows=3, down_after_windows=10)
RUNGS = 8
HEAVY, BETWEEN, LIGHT = 2.0, 0.6, 0.1
"""2.0 is heavy even where ticks are twice as far apart."""

loads = st.lists(st.floats(0, 4), max_size=200)
marks = st.builds(Marks, st.floats(0.6, 1.0), st.floats(0.0, 0.5), st.integers(1, 5), st.integers(1, 12))


def climb(ladder: Ladder, *windows: float) -> list[int]:
    """The step after each window."""
    steps: list[int] = []
    for load in windows:
        ladder.judge(Window(load))
        steps.append(ladder.rung.step)
    return steps


def at_the_top(chosen: Marks = MARKS) -> Ladder:
    ladder = Ladder(chosen)
    climb(ladder, *[4.0] * RUNGS * chosen.up_after_windows)
    return ladder


def test_it_goes_up_one_step_after_so_many_heavy_windows_in_a_row() -> None:
    assert climb(Ladder(MARKS), *[HEAVY] * 16) == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5]


def test_it_goes_down_later_than_up() -> None:
    ladder = Ladder(MARKS)
    climb(ladder, *[HEAVY] * 6)
    assert climb(ladder, *[LIGHT] * 21) == [2] * 9 + [1] * 10 + [0] * 2


def test_a_window_between_the_marks_begins_the_count_anew() -> None:
    assert climb(Ladder(MARKS), HEAVY, HEAVY, BETWEEN, HEAVY, HEAVY, LIGHT, HEAVY, HEAVY, HEAVY)[-2:] == [0, 1]


def test_the_last_step_has_three_rungs_of_its_own() -> None:
    ladder = Ladder(MARKS)
    seen = [NORMAL, *(ladder.rung for _ in range(RUNGS * 3) if ladder.judge(Window(HEAVY)))]
    assert [(rung.step, rung.dilation) for rung in seen] == [
        (0, 1.0),
        (1, 1.0),
        (2, 1.0),
        (3, 1.0),
        (4, 1.0),
        (5, 1.25),
        (5, 1.5),
        (5, 2.0),
    ]
    assert [rung.name for rung in seen[:6]] == list(STEPS)


def test_what_is_dilated_is_heavy_only_if_it_is_too_much_for_the_longer_interval() -> None:
    """90 % of the budget at full speed is 72 % of one that is a quarter longer: no reason to go on, nor to go back."""
    ladder = Ladder(MARKS)
    climb(ladder, *[0.9] * 100)
    assert ladder.rung == Rung(5, 1.25)


@pytest.mark.parametrize(("late_share", "step"), [(0.2, 0), (0.21, 1)])
def test_late_ticks_make_a_window_heavy_whatever_the_work(late_share: float, step: int) -> None:
    ladder = Ladder(MARKS)
    for _ in range(3):
        ladder.judge(Window(LIGHT, late_share))
    assert ladder.rung.step == step


@pytest.mark.parametrize(("late_share", "step"), [(0.05, 0), (0.06, 1)])
def test_it_does_not_go_down_while_ticks_are_late(late_share: float, step: int) -> None:
    ladder = Ladder(MARKS)
    climb(ladder, *[HEAVY] * 3)
    for _ in range(10):
        ladder.judge(Window(LIGHT, late_share))
    assert ladder.rung.step == step


@given(marks, loads, st.data())
def test_a_constant_load_between_the_marks_changes_nothing(
    chosen: Marks, before: list[float], data: st.DataObject
) -> None:
    ladder = Ladder(chosen)
    climb(ladder, *before)
    rung = ladder.rung
    load = data.draw(st.floats(chosen.low, chosen.high))
    assert not any(ladder.judge(Window(load)) for _ in range(100))
    assert ladder.rung == rung


@given(marks, loads)
def test_when_the_load_is_gone_all_is_normal_again(chosen: Marks, before: list[float]) -> None:
    ladder = Ladder(chosen)
    climb(ladder, *before)
    climb(ladder, *[-1.0] * RUNGS * chosen.down_after_windows)
    assert ladder.rung == NORMAL


@given(marks, loads)
def test_it_moves_by_one_rung_and_says_so(chosen: Marks, windows: list[float]) -> None:
    ladder = Ladder(chosen)
    for load in windows:
        before = ladder.rung
        moved = ladder.judge(Window(load))
        assert moved == (ladder.rung != before)
        assert abs(ladder.rung.step - before.step) <= 1


@given(marks, loads)
def test_two_changes_are_at_least_the_windows_apart_that_they_take(chosen: Marks, windows: list[float]) -> None:
    ladder = Ladder(chosen)
    changes = [number for number, load in enumerate(windows) if ladder.judge(Window(load))]
    least = min(chosen.up_after_windows, chosen.down_after_windows)
    assert all(later - earlier >= least for earlier, later in pairwise(changes))


@given(marks, st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2)), max_size=200))
def test_who_has_more_to_do_never_stands_lower(chosen: Marks, pairs: Sequence[tuple[float, float]]) -> None:
    """Up to where ticks are dilated: from there on the higher one judges by a longer interval."""
    less, more = Ladder(chosen), Ladder(chosen)
    for load, extra in pairs:
        less.judge(Window(load))
        more.judge(Window(load + extra))
        if more.rung.dilation > 1 or less.rung.dilation > 1:
            return
        assert less.rung.step <= more.rung.step


@given(marks, loads)
def test_the_same_windows_give_the_same_steps(chosen: Marks, windows: list[float]) -> None:
    assert climb(Ladder(chosen), *windows) == climb(Ladder(chosen), *windows)


@given(marks)
def test_at_its_ends_it_stays(chosen: Marks) -> None:
    ladder = at_the_top(chosen)
    assert (ladder.rung.step, ladder.rung.dilation) == (5, 2.0)
    assert not any(ladder.judge(Window(100.0)) for _ in range(20))
    assert not any(Ladder(chosen).judge(Window(0.0)) for _ in range(20))
