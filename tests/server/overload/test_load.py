"""How heavy rooms are, alone and together, and which of them are to blame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.overload.load import SHARES_MAX, Heaviest, RoomLoad, blame, heaviest


def measured(*shares: float, slowed_by: float = 1.0) -> RoomLoad:
    load = RoomLoad()
    for share in shares:
        load.add(share)
    load.close()
    load.slowed_by = slowed_by
    return load


def test_of_a_window_the_95th_percentile_counts_and_the_mean() -> None:
    load = measured(*[0.5] * 19, 9.0)
    assert load.p95 == 0.5
    assert load.mean == pytest.approx(0.925)
    assert measured(*[0.5] * 18, 9.0, 9.0).p95 == 9.0


def test_a_window_without_a_tick_keeps_what_was_measured() -> None:
    load = measured(0.7)
    load.close()
    assert (load.p95, load.mean) == (0.7, 0.7)
    load.add(0.2)
    load.close()
    assert (load.p95, load.mean) == (0.2, 0.2)


def test_ticks_with_and_without_frames_are_one_measure() -> None:
    load = RoomLoad()
    for _ in range(10):
        load.add(0.2, in_pairs=True)
        load.add(1.0, in_pairs=True)
    load.close()
    assert [load.p95, load.mean] == pytest.approx([0.6, 0.6])


def test_half_a_pair_is_not_lost_when_frames_go_out_with_every_tick_again() -> None:
    load = RoomLoad()
    load.add(0.2, in_pairs=True)
    load.add(1.0)
    load.close()
    assert load.p95 == pytest.approx(0.6)


def test_what_is_kept_of_a_window_is_bounded() -> None:
    load = RoomLoad()
    for _ in range(SHARES_MAX):
        load.add(0.5)
    load.add(100.0)
    load.close()
    assert load.mean == 0.5


def test_no_room_is_no_load() -> None:
    found: Heaviest[str] = heaviest({})
    assert (found.load, found.room) == (0.0, None)


def test_one_heavy_room_is_the_load() -> None:
    found = heaviest({"light": measured(0.1), "heavy": measured(*[0.2] * 18, 0.9, 0.9)})
    assert (found.load, found.room) == (0.9, "heavy")


def test_many_light_rooms_are_a_load_together_as_they_share_one_core() -> None:
    found = heaviest({name: measured(0.1) for name in "abcdefghijkl"})
    assert found.load == pytest.approx(1.2)


def test_a_room_that_is_slowed_weighs_so_much_less() -> None:
    assert heaviest({"slow": measured(1.0, slowed_by=2.0)}).load == 0.5


def test_a_room_that_takes_too_much_is_to_blame_if_the_others_would_be_fine() -> None:
    rooms = {"bad": measured(1.4), **{name: measured(0.02) for name in "abcdefghijklmnopqrs"}}
    assert blame(rooms, 1.3, 0.8) == ["bad"]


@pytest.mark.parametrize(
    "rooms",
    [
        {},
        {"alone": measured(5.0)},
        {"a": measured(1.3), "b": measured(0.1)},
        {"bad": measured(1.4), "crowded": measured(0.81)},
        {"bad": measured(1.4), **{name: measured(0.1) for name in "abcdefghi"}},
        {"bad": measured(1.4), "worse": measured(2.0), "a": measured(0.1)},
    ],
    ids=["nobody", "no neighbours", "not over", "another is heavy", "all the others are heavy", "most are bad"],
)
def test_otherwise_nobody_is(rooms: dict[str, RoomLoad]) -> None:
    assert list(blame(rooms, 1.3, 0.8)) == []


@given(st.dictionaries(st.integers(0, 30), st.floats(0, 3), max_size=30), st.floats(1, 2), st.floats(0.1, 1.0))
def test_without_those_to_blame_there_is_no_overload(shares: dict[int, float], share_max: float, high: float) -> None:
    loads = {room: measured(share) for room, share in shares.items()}
    blamed = blame(loads, share_max, high)
    if blamed:
        assert heaviest({room: load for room, load in loads.items() if room not in blamed}).load <= high
        assert 2 * len(blamed) <= len(loads)
