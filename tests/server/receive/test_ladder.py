"""Clients that fall behind: skipped, sent less, closed; and what they are told when they are back."""

from __future__ import annotations

from pelton.protocol import Act, Heard, Resumed
from pelton.protocol.close_codes import SLOW_CONSUMER, UNRESPONSIVE
from tests.server.games import Add
from tests.server.receive.resuming import GRACE_S, Loud, back, events, frames, lose
from tests.server.stage import Stage


def test_events_for_who_is_away_are_bounded_and_counted() -> None:
    stage = Stage(f"simulate.grace_s={GRACE_S}", "deliver.events_max=3", games={"loud": Loud})
    player, other = stage.player("loud"), stage.player("loud")
    stage.tick()
    lose(player)
    for seq in range(1, 7):
        other.say(Act(seq, Add(1)))
        stage.tick()
    again = back(stage, player)
    stage.tick()
    assert again.heard(Resumed)[0].events_lost == 3
    assert events(again, "said") == [4, 5, 6]
    assert stage.metrics.events_shed == 3


def test_too_many_events_for_who_does_not_read_end_his_connection_and_he_may_come_back() -> None:
    stage = Stage(f"simulate.grace_s={GRACE_S}", "deliver.events_max=3", games={"loud": Loud})
    player, other = stage.player("loud"), stage.player("loud")
    player.websocket.reads = False
    for seq in range(1, 6):
        other.say(Act(seq, Add(1)))
        stage.tick()
    assert player.close_codes == [SLOW_CONSUMER.code]
    assert not other.close_codes
    again = back(stage, player, tick=0)
    stage.tick()
    assert again.heard(Resumed)


def test_who_never_says_that_frames_arrive_gets_half_of_them_and_is_closed() -> None:
    stage = Stage(f"simulate.grace_s={GRACE_S}", "deliver.slow_after_s=1", "deliver.ack_lag_max_s=3")
    mute, good = stage.player(), stage.player()
    for _ in range(100):
        stage.tick()
        good.say(Heard(frames(good)[-1].tick))
    assert mute.close_codes == [UNRESPONSIVE.code]
    assert not good.close_codes
    ticks = [frame.tick for frame in frames(mute)]
    assert 0 < stage.metrics.frames_paced < len(ticks)
    assert all(frame.base == before.tick for before, frame in zip(frames(mute), frames(mute)[1:], strict=False))


def test_who_stops_reading_is_as_far_behind_as_it_is_long_ago_not_as_much_as_was_written() -> None:
    stage = Stage("deliver.slow_after_s=1", "deliver.ack_lag_max_s=3", "deliver.stall_timeout_s=3600")
    player = stage.player()
    stage.tick(10)
    player.websocket.reads = False
    stage.tick(100)
    assert player.close_codes == [UNRESPONSIVE.code]


def test_who_catches_up_gets_every_frame_again() -> None:
    stage = Stage("deliver.slow_after_s=1", "deliver.ack_lag_max_s=30")
    player = stage.player()
    stage.tick(60)
    assert frames(player)[-1].tick - frames(player)[-2].tick == 2
    player.say(Heard(frames(player)[-1].tick))
    stage.tick(25)
    assert frames(player)[-1].tick - frames(player)[-2].tick == 1


def test_what_he_saw_when_he_acted_says_that_it_has_arrived_too() -> None:
    stage = Stage("deliver.slow_after_s=1", "deliver.ack_lag_max_s=3")
    player = stage.player()
    for seq in range(1, 150):
        player.say(Act(seq, Add(0), frames(player)[-1].tick))
        stage.tick()
    assert (player.close_codes, stage.metrics.frames_paced) == ([], 0)
