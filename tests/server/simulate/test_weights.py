"""The bytes of what waits for a player: never more than the bound, and short actions always find room."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pelton.protocol import Act, Frame, Reason
from pelton.server.simulate.weights import Weights
from pelton.streams import Inbox, Offer
from tests.server.games import Shout
from tests.server.stage import Stage

BYTES_MAX, COUNT_MAX = 4096, 16
SHORT = BYTES_MAX // 2 // COUNT_MAX


def new() -> tuple[Inbox[Any], Weights]:
    inbox: Inbox[Any] = Inbox(4, 8, COUNT_MAX)
    return inbox, Weights(inbox, BYTES_MAX)


def offer(inbox: Inbox[Any], weights: Weights, size: int) -> Offer | None:
    """As a connection does. The item is its own size."""
    if size > weights.short_bytes and not weights.admits(size):
        return None
    return inbox.offer(size)


def test_short_actions_find_room_however_many_wait() -> None:
    inbox, weights = new()
    assert weights.short_bytes == SHORT
    for _ in range(COUNT_MAX):
        assert offer(inbox, weights, SHORT) in {Offer.OK, Offer.PAUSE}
    assert offer(inbox, weights, SHORT) is Offer.SHED


def test_long_actions_share_the_other_half_and_make_room_when_they_are_taken() -> None:
    inbox, weights = new()
    assert [offer(inbox, weights, 1000) for _ in range(3)] == [Offer.OK, Offer.OK, None]
    assert offer(inbox, weights, 48) is Offer.OK
    inbox.poll()
    assert offer(inbox, weights, 1000) is Offer.OK
    assert offer(inbox, weights, SHORT + 1) is None


def test_one_that_is_longer_than_half_never_finds_room() -> None:
    inbox, weights = new()
    assert offer(inbox, weights, BYTES_MAX // 2 + 1) is None
    assert offer(inbox, weights, BYTES_MAX // 2) is Offer.OK


steps = st.lists(st.one_of(st.integers(1, 3000), st.integers(1, 200), st.none()), max_size=200)


@given(steps)
def test_what_waits_is_never_more_than_the_bound(story: list[int | None]) -> None:
    inbox, weights = new()
    waiting: list[int] = []
    for step in story:
        if step is None:
            taken = inbox.poll()
            if waiting:
                assert taken == waiting.pop(0)
        elif offer(inbox, weights, step) in {Offer.OK, Offer.PAUSE}:
            waiting.append(step)
        long = sum(size for size in waiting if size > SHORT)
        assert sum(waiting) <= BYTES_MAX
        if step is not None and SHORT < step <= BYTES_MAX // 2 - long and len(waiting) < COUNT_MAX:
            assert offer(inbox, weights, step) in {Offer.OK, Offer.PAUSE}, "there was room"
            waiting.append(step)


def test_an_action_that_would_weigh_too_much_is_refused_and_counted() -> None:
    stage = Stage("receive.inbox_bytes_max=4096", "receive.inbox_max=2048", "receive.inbox_high=2048")
    visitor = stage.player()
    visitor.say(*(Act(seq, Shout("wide " * 3)) for seq in range(1, 151)))
    stage.tick(60)
    refused = [refusal for frame in visitor.heard(Frame) for refusal in frame.refused]
    assert {reason for _, reason in refused} == {Reason.OVERFLOW}
    assert len(refused) == stage.metrics.actions_overweight == stage.metrics.actions_refused
    assert stage.metrics.actions_taken == 150 - len(refused)
    assert visitor.close_codes == []
