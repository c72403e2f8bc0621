"""A room that is paused stands still for all: cadence, ladder, slow clients; and each step is a tick like any."""

from __future__ import annotations

from pelton.protocol import Act, Frame, Joined, Left
from pelton.server.simulate.lobby import OpenRoom
from tests.server.fakes import the_room
from tests.server.games import Add, Tally
from tests.server.stage import Stage


def paused_stage(*overrides: str) -> tuple[Stage, OpenRoom]:
    stage = Stage(*overrides)
    stage.player()
    opened = stage.rooms[0]
    stage.beat.pause(opened)
    return stage, opened


def told(opened: OpenRoom) -> list[str]:
    room = opened.ticker.room
    assert isinstance(room, Tally)
    return room.told


def test_no_tick_runs_and_nobody_is_late_when_it_goes_on() -> None:
    stage, opened = paused_stage()
    stage.tick(200)
    assert opened.ticker.tick == 1
    stage.beat.unpause(opened)
    stage.tick(3)
    assert opened.ticker.tick == 4
    assert (stage.metrics.ticks_late, stage.metrics.ticks_skipped, stage.metrics.ticks) == (0, 0, 4)


def test_others_go_on_at_their_rate_and_the_beat_does_not_hurry() -> None:
    stage, opened = paused_stage()
    stage.player("fast")
    stage.clock.advance(10)
    stage.beat.turn(stage.clock.now_ns())
    now_ns = stage.clock.now_ns()
    assert stage.beat.turn(now_ns) > now_ns
    assert opened.ticker.tick == 1
    assert stage.rooms[1].ticker.tick > 1


def test_a_step_is_the_tick_that_would_have_come() -> None:
    runs: list[list[str]] = []
    for is_stepped in (True, False):
        stage = Stage()
        visitor = stage.player()
        opened = stage.rooms[0]
        visitor.say(*(Act(seq, Add(seq)) for seq in range(1, 7)))
        if is_stepped:
            stage.beat.pause(opened)
            for _ in range(4):
                stage.tick(7)
                stage.beat.step(opened)
        else:
            stage.tick(4)
        runs.append([*told(opened), *map(str, visitor.heard(Frame))])
    assert runs[0] == runs[1]


def test_a_step_is_no_measure_of_anything() -> None:
    stage, opened = paused_stage()
    counted = opened.times.durations.count, stage.beat.times.durations.count
    stage.tick(30)
    stage.beat.step(opened)
    assert (opened.times.durations.count, stage.beat.times.durations.count) == counted
    assert (stage.metrics.ticks_late, stage.lobby.overload.step) == (0, 0)
    assert stage.beat.pulse.opened is None
    tape = opened.ticker.tape
    assert tape is not None
    assert [row.is_step for row in tape.ring.rows()] == [False, True]
    assert [row.late_ns for row in tape.ring.rows()][1] == 0


def test_who_did_not_take_his_frame_before_has_all_his_time_after() -> None:
    stage = Stage("deliver.stall_timeout_s=2")
    visitor = stage.player()
    visitor.websocket.reads = False
    stage.tick(5)
    stage.beat.pause(stage.rooms[0])
    stage.tick(100)
    stage.beat.unpause(stage.rooms[0])
    stage.tick(20)
    assert visitor.close_codes == []
    stage.tick(30)
    assert visitor.close_codes == [4503]


def test_nobody_is_put_into_it_unless_he_asks_for_it_by_name() -> None:
    stage, opened = paused_stage()
    other = stage.player()
    assert other.heard(Joined)[0].room_id != opened.room_id
    friend = stage.connect()
    stage.seat(friend, the_room(opened.room_id))
    assert not friend.heard(Joined)
    stage.beat.unpause(opened)
    stage.tick()
    assert friend.heard(Joined)[0].room_id == opened.room_id


def test_a_player_who_is_kicked_goes_with_the_next_step() -> None:
    stage = Stage()
    visitor = stage.player()
    opened = stage.rooms[0]
    stage.beat.pause(opened)
    opened.ticker.room.kick(opened.ticker.seats[0].player)
    stage.tick(3)
    assert not visitor.heard(Left)
    stage.beat.step(opened)
    assert [left.reason for left in visitor.heard(Left)] == ["kicked"]


def test_a_drain_ends_all_pauses() -> None:
    stage, opened = paused_stage()
    stage.beat.drain(5)
    stage.tick()
    assert not opened.is_paused
    assert opened.ticker.tick == 2


def test_a_room_that_ends_in_a_step_is_closed() -> None:
    stage = Stage()
    visitor = stage.player("one_shot")
    opened = stage.rooms[0]
    stage.beat.pause(opened)
    stage.beat.step(opened)
    assert stage.rooms == []
    assert [left.reason for left in visitor.heard(Left)] == ["room_closed"]
