"""A room that alone makes the others late: first half its rate, then its end; and back again if it lightens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pelton.server.clock import NS_PER_S
from pelton.server.overload.burden import Burden, Sentence

TIMEOUT_S, CALM = 10, 4
N, SLOW, RESTORE, CLOSE = Sentence.NOTHING, Sentence.SLOW, Sentence.RESTORE, Sentence.CLOSE


def sentences(burden: Burden, *windows: tuple[bool, bool]) -> list[Sentence]:
    """One a second; `(is_blamed, is_light)` each."""
    return [
        burden.judge(second * NS_PER_S, is_blamed=is_blamed, is_light=is_light)
        for second, (is_blamed, is_light) in enumerate(windows)
    ]


BAD, FINE, LIGHT = (True, False), (False, False), (False, True)


def new_burden(timeout_s: int = TIMEOUT_S) -> Burden:
    return Burden(timeout_s * NS_PER_S, CALM)


def test_it_is_slowed_after_the_time_and_closed_after_the_same_again() -> None:
    assert sentences(new_burden(), *[BAD] * 21) == [*[N] * 10, SLOW, *[N] * 9, CLOSE]


def test_a_window_in_which_it_is_not_to_blame_gives_it_the_whole_time_again() -> None:
    assert sentences(new_burden(), *[BAD] * 10, FINE, *[BAD] * 11) == [*[N] * 21, SLOW]


def test_a_slowed_room_that_is_light_for_long_enough_is_as_fast_as_before() -> None:
    burden = new_burden()
    assert sentences(burden, *[BAD] * 11, *[LIGHT] * 4)[-4:] == [N, N, N, RESTORE]
    assert not burden.slowed


def test_between_heavy_and_light_it_stays_slowed() -> None:
    burden = new_burden()
    assert sentences(burden, *[BAD] * 11, *([LIGHT] * 3 + [FINE]) * 9)[11:] == [N] * 36
    assert burden.slowed


def test_without_a_time_every_room_does_as_it_likes() -> None:
    assert set(sentences(new_burden(0), *[BAD] * 100)) == {N}


@given(st.lists(st.sampled_from([BAD, FINE, LIGHT]), max_size=120))
def test_no_room_is_closed_that_was_not_to_blame_for_twice_the_time(windows: list[tuple[bool, bool]]) -> None:
    found = sentences(new_burden(), *windows)
    for end in [number for number, sentence in enumerate(found) if sentence is CLOSE]:
        assert all(is_blamed for is_blamed, _ in windows[end - TIMEOUT_S : end + 1])
        assert SLOW in found[:end]
