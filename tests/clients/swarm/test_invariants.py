"""What a bot notices when a server breaks its promises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.protocol import Frame
from pelton.protocol.messages import Reason
from pelton.swarm.invariants import ARRIVALS_KEPT, GAP_TICKS_MAX, REASONS, Watch


def frame(tick: int, base: int, ack: int = 0, *refused: Any) -> Frame:
    return Frame(ack, list(refused), tick, base, [], [])


def watch(*frames: Frame, sent: int = 0) -> Watch:
    """One that has seen these, and found nothing wrong."""
    seen = Watch()
    seen.sent = sent
    for one in frames:
        assert not seen.check(one, 100)
    return seen


def test_a_session_as_it_should_be_is_all_right() -> None:
    good = watch(sent=6)
    for one in (
        frame(10, 0),
        frame(11, 10, 2, [1, "not_allowed"]),
        frame(12, 11, 2, [6, "overflow"]),
        frame(14, 12, 4, [4, "rate"]),  # a tick was skipped, the base says so
        frame(15, 0, 6, [5, "invalid"]),  # a keyframe in the middle
    ):
        assert not good.check(one, 100)
    assert good.gaps == 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (frame(11, 11, 2), "a tick comes once and later ones after it: 11 came after 11"),
        (frame(9, 0, 2), "a tick comes once and later ones after it: 9 came after 11"),
        (frame(12, 10, 2), "builds on the one before it: tick 12 on 10, the one before was 11"),
        (frame(12, 11, 1), "an ack never goes back: it was 2 and is 1"),
        (frame(12, 11, 6), "only what was sent is acknowledged: up to 6, of 5 actions"),
        (frame(12, 11, 2, [6, "rate"]), "only what was sent is refused: action 6, of 5"),
        (frame(12, 11, 2, [0, "rate"]), "only what was sent is refused: action 0, of 5"),
        (frame(12, 11, 2, [4, "late"]), "an action is refused once: 4 was refused before"),
        (frame(12, 11, 3, [3, "late"], [3, "late"]), "an action is refused once: 3 was refused before"),
        (frame(12, 11, 2, [1, "late"]), "answered once: 1 is refused, but the ack had passed it at 2"),
        (frame(12, 11, 2, [3, "mood"]), "a refusal has a reason of the protocol: action 3 has 'mood'"),
    ],
)
def test_each_broken_promise_is_told_in_a_sentence(wrong: Frame, says: str) -> None:
    seen = watch(frame(10, 0), frame(11, 10, 2, [4, "rate"]), sent=5)
    [said] = seen.check(wrong, 100)
    assert says in said


def test_the_reasons_are_those_of_the_protocol() -> None:
    assert {value for name, value in vars(Reason).items() if name.isupper()} == REASONS


def test_a_long_gap_is_counted_and_the_first_frame_is_none() -> None:
    seen = watch(frame(5000, 0), frame(5001 + GAP_TICKS_MAX - 1, 5000))
    assert seen.gaps == 0
    assert not seen.check(frame(9000, 0), 100)
    assert seen.gaps == 1


def test_the_last_frames_are_kept_and_no_more() -> None:
    seen = watch(*(frame(tick, tick - 1) for tick in range(1, 30)))
    assert [arrival.tick for arrival in seen.arrivals] == list(range(30 - ARRIVALS_KEPT, 30))
    assert seen.arrivals[-1].size_bytes == 100


def test_a_refusal_of_another_shape_is_left_to_the_client() -> None:
    assert not watch(sent=3).check(frame(1, 0, 0, "what?", [1], [1, 2], ["a", "rate"]), 100)


@given(st.data())
def test_any_honest_server_is_all_right_and_little_is_kept(data: st.DataObject) -> None:
    """Every action is taken or refused once, in any order of refusals; ticks are skipped at will."""
    seen, tick, ack, refused = Watch(), 0, 0, set[int]()
    for _ in range(data.draw(st.integers(1, 30))):
        seen.sent += data.draw(st.integers(0, 5))
        base, tick = tick, tick + data.draw(st.integers(1, GAP_TICKS_MAX))
        open_now = [seq for seq in range(ack + 1, seen.sent + 1) if seq not in refused]
        now = data.draw(st.lists(st.sampled_from(open_now), unique=True)) if open_now else []
        refused.update(now)
        ack = data.draw(st.integers(ack, seen.sent))
        answers = [[seq, data.draw(st.sampled_from(sorted(REASONS)))] for seq in now]
        assert not seen.check(frame(tick, base if data.draw(st.booleans()) else 0, ack, *answers), 10)
    assert len(seen._refused) <= seen.sent - ack
    assert seen.gaps == 0
