"""Counts and percentiles of a swarm add up."""

from __future__ import annotations

from dataclasses import fields

from pelton.client import Divergence, Frame
from pelton.swarm.tally import COUNTS, FAILURES_KEPT, HISTOGRAMS, Tally, Violation


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
    tally.saw(frame()._replace(divergences=[found, found]))
    assert tally.mismatches == 2


def test_failures_are_gathered_by_what_happened() -> None:
    tally = Tally()
    for number, text in ((4, "closed"), (2, "no seat"), (9, "closed")):
        tally.failed(number, text)
    assert tally.failures_by_text() == {"closed": [4, 9], "no seat": [2]}


def filled(seed: int) -> Tally:
    tally = Tally()
    for offset, name in enumerate(COUNTS):
        setattr(tally, name, seed + offset)
    for offset, name in enumerate(HISTOGRAMS):
        getattr(tally, name).add((seed + offset) / 1000)
    tally.refusals["late"] = seed
    tally.failed(seed, "closed")
    tally.broke(Violation(seed, "wanderer", 5, "an ack never goes back"))
    return tally


def test_every_figure_is_merged_and_none_is_forgotten() -> None:
    merged, twice = filled(3), filled(3)
    merged.merge(filled(3))
    for name in COUNTS:
        assert getattr(merged, name) == 2 * getattr(twice, name), name
    for name in HISTOGRAMS:
        assert getattr(merged, name).count == 2, name
    assert merged.refusals == {"late": 6}
    assert [len(merged.failures), len(merged.violations)] == [2, 2]
    named = {field.name for field in fields(Tally)}
    assert named == {*COUNTS, *HISTOGRAMS, "refusals", "failures", "violations"}


def test_two_snapshots_tell_what_happened_in_between() -> None:
    tally = filled(3)
    before = tally.snapshot()
    tally.sent += 7
    tally.refusals["rate"] += 2
    tally.stalls.add(0.5)
    between = tally.snapshot().since(before)
    assert {name: count for name, count in between.counts.items() if count} == {"sent": 7}
    assert {reason: count for reason, count in between.refusals.items() if count} == {"rate": 2}
    assert [name for name, histogram in between.histograms.items() if histogram.count] == ["stalls"]
    assert between.histograms["stalls"].max_s == 0.5


def test_what_is_kept_of_failures_is_bounded_and_all_are_counted() -> None:
    tally = Tally()
    for number in range(FAILURES_KEPT + 5):
        tally.failed(number, "closed")
    assert (len(tally.failures), tally.failed_bots) == (FAILURES_KEPT, FAILURES_KEPT + 5)
    tally.merge(filled(3))
    assert len(tally.failures) == FAILURES_KEPT


def test_latency_counts_from_when_an_action_was_meant_to_be_sent() -> None:
    tally, late = Tally(), {1: 0.5, 2: 0.25, 9: 1.0}
    tally.saw(frame(refused=("late", "rate"))._replace(taken=[(1, 0.01), (3, 0.02)]), late)
    assert tally.input_to_ack.max_s == 0.51
    assert late == {9: 1.0}
