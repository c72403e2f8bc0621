"""Counts and percentiles of a swarm add up."""

from __future__ import annotations

from dataclasses import replace

from pelton.client import Divergence, Frame
from pelton.swarm.tally import Tally


def frame(
    *, taken: int = 0, refused: tuple[str, ...] = (), is_keyframe: bool = False, is_checked: bool = False
) -> Frame:
    numbers = range(1, 1000)
    return Frame(
        tick=1,
        refused=list(zip(numbers, refused, strict=False)),
        taken=[(number, 0.01) for number in numbers[:taken]],
        is_keyframe=is_keyframe,
        is_checked=is_checked,
        arrived_s=0.0,
    )


def test_every_action_sent_is_taken_refused_or_unanswered() -> None:
    tally = Tally(sent=10)
    tally.saw(frame(taken=3))
    tally.saw(frame(taken=1, refused=("late", "rate")))
    tally.saw(frame(refused=("late",)))
    assert (tally.taken, tally.refused, tally.unanswered) == (4, 3, 3)
    assert tally.refusals == {"late": 2, "rate": 1}
    assert tally.input_to_ack.count == 4


def test_frames_keyframes_and_digests_are_counted() -> None:
    tally = Tally()
    for is_keyframe, is_checked in ((True, False), (False, True), (False, True), (False, False)):
        tally.saw(frame(is_keyframe=is_keyframe, is_checked=is_checked))
    assert (tally.frames, tally.keyframes, tally.digests) == (4, 1, 2)


def test_a_frame_is_expected_for_every_whole_tick_of_a_stay() -> None:
    tally = Tally()
    tally.stayed(10.04, tick_hz=20)
    tally.stayed(0.9, tick_hz=1)
    assert tally.frames_expected == 200


def test_groups_that_differed_are_counted() -> None:
    tally = Tally()
    found = Divergence("ships", 4, (("ships[7].x", 1.0, 2.0),), agreed_tick=3, tick=9)
    tally.saw(replace(frame(), divergences=[found, found]))
    assert tally.mismatches == 2


def test_failures_are_gathered_by_what_happened() -> None:
    tally = Tally()
    for number, text in ((4, "closed"), (2, "no seat"), (9, "closed")):
        tally.failed(number, text)
    assert tally.failures_by_text() == {"closed": [4, 9], "no seat": [2]}
