"""Events are bounded, numbered, and a flood of refusals hides nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pelton.server.recorder.events import DETAIL_MAX, Event, Events


@given(st.integers(1, 6), st.lists(st.sampled_from(["join", "refusal", "fault"]), max_size=30), st.integers(0, 32))
def test_the_last_of_both_kinds_are_kept_in_order(count_max: int, kinds: list[str], since: int) -> None:
    events = Events(count_max)
    model: list[Event] = []
    for number, kind in enumerate(kinds, 1):
        events.add(number, number, kind)
        model.append(Event(number, number, number, kind))
    refusals = [event for event in model if event.kind == "refusal"][-count_max:]
    others = [event for event in model if event.kind != "refusal"][-count_max:]
    assert events.copy() == sorted(refusals + others)
    assert list(events.since(since)) == [event for event in sorted(refusals + others) if event.number > since]
    assert (len(events), events.newest) == (len(refusals + others), len(kinds))


def test_texts_are_cut() -> None:
    events = Events(1)
    events.add(1, 1, "refusal", name="n" * 1000, detail="d" * 1000)
    (event,) = events.copy()
    assert (len(event.name), len(event.detail)) == (DETAIL_MAX, DETAIL_MAX)
