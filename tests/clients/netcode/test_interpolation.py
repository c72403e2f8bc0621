"""Rows between frames: on the straight line between both, the shortest way round, and never where they could not be."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.client import Interpolation, TickClock

ROW = 7


def view(
    *frames: tuple[int, Mapping[int, tuple[float, ...]]], fresh: Collection[int] = (), **options: Any
) -> Interpolation:
    """Of x and y, or as many fields as the rows have; `fresh` is of the last frame."""
    width = max((len(values) for _, rows in frames for values in rows.values()), default=1)
    made = Interpolation([f"f{index}" for index in range(width)], **options)
    for number, (tick, rows) in enumerate(frames, 1):
        made.record(tick, dict(rows), set(fresh) if number == len(frames) else set())
    return made


def test_before_the_first_frame_there_is_nothing() -> None:
    assert (view().at(5.0), view().row(ROW, 5.0)) == ({}, None)


def test_a_row_is_on_the_line_between_two_frames() -> None:
    made = view((10, {ROW: (0.0, 100.0)}), (11, {ROW: (8.0, 50.0)}))
    assert made.at(10) == {ROW: (0.0, 100.0)}
    assert made.at(10.25) == {ROW: (2.0, 87.5)}
    assert made.row(ROW, 11.0) == (8.0, 50.0)


def test_ticks_that_were_skipped_are_bridged() -> None:
    made = view((10, {ROW: (0.0,)}), (14, {ROW: (8.0,)}))
    assert [made.row(ROW, tick) for tick in (11, 12.5, 13)] == [(2.0,), (5.0,), (6.0,)]


def test_before_the_oldest_frame_a_row_is_as_in_it() -> None:
    assert view((10, {ROW: (3.0,)}), (11, {ROW: (4.0,)})).at(2) == {ROW: (3.0,)}


def test_a_new_row_is_there_from_its_frame_on() -> None:
    made = view((10, {}), (11, {ROW: (3.0,)}))
    assert (made.at(10.99), made.at(11)) == ({}, {ROW: (3.0,)})


def test_a_row_that_is_gone_stays_where_it_was_until_the_frame_without_it() -> None:
    made = view((10, {ROW: (3.0,)}), (11, {}))
    assert (made.at(10.99), made.at(11), made.row(ROW, 11)) == ({ROW: (3.0,)}, {}, None)


def test_another_row_of_the_same_id_does_not_glide_there() -> None:
    made = view((10, {ROW: (3.0,)}), (11, {ROW: (900.0,)}), fresh={ROW})
    assert [made.row(ROW, tick) for tick in (10.9, 11, 11.5)] == [(3.0,), (900.0,), (900.0,)]


def test_a_jump_beyond_the_snap_distance_is_a_jump() -> None:
    made = view((10, {ROW: (0.0, 0.0)}), (11, {ROW: (30.0, 40.0)}), snap=49.9)
    assert [made.row(ROW, tick) for tick in (10.9, 11, 11.5)] == [(0.0, 0.0), (30.0, 40.0), (30.0, 40.0)]
    glides = view((10, {ROW: (0.0, 0.0)}), (11, {ROW: (30.0, 40.0)}), snap=50.1)
    assert glides.row(ROW, 10.5) == (15.0, 20.0)


def test_who_leaves_the_world_on_one_side_comes_in_on_the_other() -> None:
    made = view((10, {ROW: (4090.0,)}), (11, {ROW: (6.0,)}), wrap={"f0": 4096}, snap=20)
    assert [made.row(ROW, tick) for tick in (10.25, 10.5, 10.75)] == [(4093.0,), (0.0,), (3.0,)]


def test_angles_turn_the_shorter_way() -> None:
    made = view((10, {ROW: (3.0,)}), (11, {ROW: (-3.0,)}), wrap={"f0": (-math.pi, math.pi)})
    assert made.row(ROW, 10.5) == pytest.approx((-math.pi,))


def test_after_the_newest_frame_rows_go_on_for_a_bounded_time() -> None:
    made = view((10, {ROW: (0.0,)}), (12, {ROW: (8.0,)}), extrapolate_ticks=1.5)
    assert [made.row(ROW, tick) for tick in (12, 13, 13.5, 99)] == [(8.0,), (12.0,), (14.0,), (14.0,)]
    still = view((10, {ROW: (0.0,)}), (12, {ROW: (8.0,)}), extrapolate_ticks=0)
    assert still.row(ROW, 99) == (8.0,)


def test_a_lone_frame_is_all_there_is() -> None:
    assert [view((10, {ROW: (3.0,)})).at(tick) for tick in (9, 10, 11)] == [{ROW: (3.0,)}] * 3


def test_history_is_bounded() -> None:
    made = view(*((tick, {ROW: (float(tick),)}) for tick in range(1, 100)), frames_max=4)
    assert [made.row(ROW, tick) for tick in (1, 96, 97.5)] == [(96.0,), (96.0,), (97.5,)]


def test_ticks_that_begin_again_are_another_history() -> None:
    made = view((50, {ROW: (5.0,)}), (3, {ROW: (1.0,)}))
    assert made.at(60) == {ROW: (1.0,)}


def test_what_is_shown_is_behind_the_server() -> None:
    assert view((1, {ROW: (0.0,)}), delay_ticks=2.5).tick(100.0) == 97.5


@pytest.mark.parametrize(
    "options",
    [
        {"delay_ticks": -1},
        {"extrapolate_ticks": -1},
        {"frames_max": 1},
        {"wrap": {"f9": 4}},
        {"wrap": {"f0": 0}},
        {"wrap": {"f0": (1, 1)}},
        {"wrap": {"f0": math.inf}},
    ],
    ids=repr,
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"more|go round"):
        Interpolation(["f0"], **options)
    with pytest.raises(ValueError, match="name the columns"):
        Interpolation([])


places = st.floats(0, 4096, exclude_max=True)


@given(st.lists(places, min_size=1, max_size=6), st.floats(0, 12))
def test_rows_stay_within_the_world_and_move_no_more_than_half_of_it_at_once(xs: list[float], tick: float) -> None:
    made = view(*((number, {ROW: (x,)}) for number, x in enumerate(xs)), wrap={"f0": 4096}, extrapolate_ticks=3)
    (x,) = made.at(tick)[ROW]
    assert 0 <= x < 4096
    index = min(int(tick), len(xs) - 1)
    way = abs((x - xs[index] + 2048) % 4096 - 2048)
    assert way <= 2048
    if tick <= len(xs) - 1:
        step = abs((xs[min(index + 1, len(xs) - 1)] - xs[index] + 2048) % 4096 - 2048)
        assert way <= step + 1e-6


# With the clock, as a game draws.


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("pace", [1.0, 0.8, 0.5])
def test_where_game_time_runs_slower_rows_glide_as_evenly_and_slower(pace: float, every: int) -> None:
    """Drawn 60 times a second; the row moves by 1 a tick, of which there are 20 a second at full speed."""
    clock, shown = TickClock(20), Interpolation(["x"], delay_ticks=2.0 * every)
    drawn: list[float] = []
    tick = 0
    for number in range(60 * 10):
        now_s = number / 60
        while (tick + 1) / 20 / pace <= now_s:
            tick += 1
            if tick % every == 0:
                clock.arrived(tick, tick / 20 / pace)
                shown.record(tick, {ROW: (float(tick),)}, set())
        row = shown.row(ROW, shown.tick(clock.tick(now_s)))
        if row is not None and number > 60 * 5:
            drawn.append(row[0])
    steps = [after - before for before, after in pairwise(drawn)]
    assert steps == pytest.approx([20 / 60 * pace] * len(steps), abs=1e-6)
