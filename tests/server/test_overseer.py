"""What is done when there is too much to do: step by step, said aloud, and undone again. Time moves by hand."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from itertools import pairwise

import pytest

from pelton.protocol import Act, Frame, Hello, Left, Rejected
from pelton.server import Played, Tick
from pelton.server.clock import NS_PER_S
from tests.server.fakes import a_new_room, any_room
from tests.server.games import Add, Tally
from tests.server.stage import Stage, Visitor

NO_ACKS = "deliver.slow_after_s=3599", "deliver.ack_lag_max_s=3600"
"""Nobody here says that frames arrive."""
QUICK = ("overload.up_after_windows=1", "overload.down_after_windows=2")


class Busy(Tally):
    """Its ticks take as long as they are told to. `events` is what it was told of overload."""

    seats = 1

    def on_create(self) -> None:
        super().on_create()
        self.heard: list[tuple[int, str]] = []
        self.dts: set[float] = set()
        self.work_s = 0.0
        self.stage: Stage | None = None

    def on_overload(self, step: int, name: str) -> None:
        self.heard.append((step, name))

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        super().on_tick(tick, actions)
        self.dts.add(tick.dt)
        if self.stage is not None:
            self.stage.clock.advance(self.work_s)


class Modest(Busy):
    """Does next to nothing as soon as it is told that it takes too much."""

    def on_overload(self, step: int, name: str) -> None:
        super().on_overload(step, name)
        if name == "room_slowed":
            self.work_s = 0.001


class Sensitive(Busy):
    """Cannot bear to hear of overload."""

    def on_overload(self, step: int, name: str) -> None:
        raise ZeroDivisionError(name)


GAMES = {"busy": Busy, "modest": Modest, "sensitive": Sensitive}


def new_stage(*overrides: str) -> Stage:
    return Stage(*QUICK, *NO_ACKS, *overrides, games=GAMES)


def enter(stage: Stage, work_s: float, game: str = "busy") -> tuple[Visitor, Busy]:
    """A player in a room of his own whose ticks take so long."""
    visitor = stage.connect()
    visitor.say(Hello("test"), a_new_room(game))
    room = stage.rooms[-1].ticker.room
    assert isinstance(room, Busy)
    room.stage, room.work_s = stage, work_s
    return visitor, room


def play(stage: Stage, seconds: float) -> None:
    """As the timer does it: the next turn when it is due, or at once."""
    until_ns = stage.clock.now_ns() + round(seconds * NS_PER_S)
    while stage.clock.now_ns() < until_ns:
        due_ns = stage.beat.turn(stage.clock.now_ns())
        stage.clock.advance(max(due_ns - stage.clock.now_ns(), 0) / NS_PER_S)


def until_step(stage: Stage, step: int) -> None:
    for _ in range(200):
        if stage.lobby.overload.step == step:
            return
        play(stage, 0.1)
    pytest.fail(f"step {stage.lobby.overload.step} instead of {step}")


def said_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "pelton.server.overseer"]


def test_a_server_with_time_to_spare_does_nothing(caplog: pytest.LogCaptureFixture) -> None:
    stage = new_stage()
    _, room = enter(stage, 0.039)
    play(stage, 30)
    assert (stage.lobby.overload.step, room.heard, stage.metrics.overload_changes) == (0, [], 0)
    assert stage.lobby.overload.p95_share == 0.78
    assert caplog.records == []


def test_too_much_work_takes_it_up_the_steps_and_none_brings_it_back(caplog: pytest.LogCaptureFixture) -> None:
    stage = new_stage()
    _, room = enter(stage, 0.09)
    with caplog.at_level(logging.WARNING, "pelton.server.overseer"):
        until_step(stage, 5)
        room.work_s = 0.001
        until_step(stage, 0)
    up = [
        (1, "far_slower"),
        (2, "patch_rate_lower"),
        (3, "cosmetic_shed"),
        (4, "admission_closed"),
        (5, "time_dilated"),
    ]
    assert room.heard == [*up, *reversed(up[:-1]), (0, "normal")]
    said = said_in(caplog)
    assert len(said) == stage.metrics.overload_changes == 10
    room_id = stage.rooms[0].room_id
    assert said[0] == (
        "overload: step 1 (far_slower), was 0; load 180 % of the budget, 64 % of ticks late; "
        f"heaviest room {room_id} (busy), p95 90.0 ms of 50.0"
    )


def test_each_step_has_its_effect_and_keeps_those_before() -> None:
    stage = new_stage()
    enter(stage, 0.045)
    state = stage.lobby.overload
    seen: list[tuple[int, bool, bool, str, float]] = []
    for step in range(6):
        until_step(stage, step)
        seen.append((state.far_factor, state.is_thin, state.sheds_cosmetic, state.busy, state.dilation))
    assert seen == [
        (1, False, False, "", 1.0),
        (2, False, False, "", 1.0),
        (2, True, False, "", 1.0),
        (2, True, True, "", 1.0),
        (2, True, True, "overload", 1.0),
        (2, True, True, "overload", 1.25),
    ]


def test_many_light_rooms_are_too_much_together() -> None:
    stage = new_stage()
    for _ in range(10):
        enter(stage, 0.0045)
    until_step(stage, 1)
    assert stage.lobby.overload.p95_share == pytest.approx(0.9)


def test_while_admission_is_closed_nobody_comes_in_and_nobody_has_to_go() -> None:
    stage = new_stage()
    inside, room = enter(stage, 0.045)
    until_step(stage, 4)
    late = stage.connect()
    late.say(Hello("late"), any_room("busy"))
    (rejected,) = late.heard(Rejected)
    assert (rejected.reason, late.close_codes) == ("busy", [])
    before = inside.heard(Frame)[-1].tick
    play(stage, 1)
    assert inside.heard(Frame)[-1].tick > before
    room.work_s = 0.0
    until_step(stage, 3)
    late.say(any_room("busy"))
    assert len(late.heard(Rejected)) == 1


def test_dilated_time_is_slower_instead_of_skipping_ticks_and_the_game_sees_no_difference() -> None:
    stage = new_stage()
    _, room = enter(stage, 0.09)
    until_step(stage, 5)
    play(stage, 10)
    assert stage.lobby.overload.dilation == 2.0
    skipped, tick = stage.metrics.ticks_skipped, stage.rooms[0].ticker.tick
    play(stage, 10)
    assert (stage.metrics.ticks_skipped, stage.rooms[0].ticker.tick - tick) == (skipped, 100)
    assert room.dts == {0.05}


def test_while_the_patch_rate_is_lower_frames_come_with_every_other_tick() -> None:
    stage = new_stage()
    visitor, room = enter(stage, 0.045)
    until_step(stage, 2)
    room.work_s = 0.03  # between the marks: it stays
    play(stage, 1)
    visitor.websocket.heard.clear()
    visitor.say(Act(1, Add(3)))
    play(stage, 2)
    frames = visitor.heard(Frame)
    assert {frame.tick % 2 for frame in frames} == {0}
    assert {frame.tick - frame.base for frame in frames} == {2}
    assert len(frames) == 20
    assert (frames[-1].ack, visitor.close_codes, stage.metrics.frames_skipped) == (1, [], 0)


def test_a_room_that_opens_meanwhile_is_told_where_the_server_is() -> None:
    stage = new_stage()
    _, heavy = enter(stage, 0.045)
    until_step(stage, 3)
    heavy.work_s = 0.03
    _, new = enter(stage, 0.0)
    play(stage, 2)
    assert new.heard == [(3, "cosmetic_shed")]


def test_a_room_that_opens_meanwhile_keeps_the_same_time() -> None:
    stage = new_stage("overload.ladder=on")
    enter(stage, 0.045)
    until_step(stage, 5)
    stage.lobby.overload.busy = ""
    enter(stage, 0.0)
    play(stage, 0.2)
    assert [opened.cadence.interval_ns for opened in stage.rooms] == [62_500_000, 62_500_000]


def test_a_game_that_fails_to_hear_of_it_ends_its_own_room() -> None:
    stage = new_stage()
    heavy, _ = enter(stage, 0.045)
    victim, _ = enter(stage, 0.0, "sensitive")
    until_step(stage, 1)
    assert (victim.heard(Left), heavy.heard(Left)) == ([Left("room_error")], [])
    assert [opened.ticker.game for opened in stage.rooms] == ["busy"]
    play(stage, 1)


def test_with_the_ladder_off_nothing_is_shed() -> None:
    stage = new_stage("overload.ladder=off")
    _, room = enter(stage, 0.09)
    play(stage, 20)
    assert (stage.lobby.overload.step, room.heard) == (0, [])
    assert stage.lobby.overload.p95_share == 1.8


# One room among many.


def test_one_bad_room_is_slowed_then_ended_and_its_neighbours_go_on(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage("overload.room_timeout_s=10", *NO_ACKS, games=GAMES)
    neighbours = [enter(stage, 0.0005) for _ in range(19)]
    play(stage, 5)
    bad, room = enter(stage, 0.066)
    with caplog.at_level(logging.WARNING, "pelton.server.overseer"):
        play(stage, 13)
        assert room.heard == [(0, "room_slowed")]
        assert stage.rooms[-1].cadence.interval_ns == 100_000_000
        play(stage, 11)
    assert bad.heard(Left) == [Left("room_overrun")]
    assert (len(stage.rooms), stage.metrics.rooms_overrun, stage.metrics.room_faults) == (19, 1, 0)
    assert room.told[-1] == "dispose"
    assert [line.partition(", p95 66.0 ms of 50.0: ")[2] for line in said_in(caplog)] == [
        "it ticks half as often from now on, as it alone makes the others late",
        "it is closed (room_overrun), for the sake of the others",
    ]
    assert (stage.lobby.overload.step, stage.metrics.overload_changes) == (0, 0)
    skipped, late = stage.metrics.ticks_skipped, stage.metrics.ticks_late
    for visitor, _ in neighbours:
        assert visitor.heard(Left) == []
        visitor.websocket.heard.clear()
    play(stage, 10)
    assert [len(visitor.heard(Frame)) for visitor, _ in neighbours] == [200] * 19
    assert (stage.metrics.ticks_skipped, stage.metrics.ticks_late) == (skipped, late)


def test_a_room_that_heeds_the_notice_is_as_fast_as_before_after_a_while() -> None:
    stage = new_stage("overload.room_timeout_s=3")
    for _ in range(3):
        enter(stage, 0.0005)
    visitor, room = enter(stage, 0.07, "modest")
    play(stage, 12)
    assert room.heard == [(0, "room_slowed"), (0, "room_restored")]
    assert stage.rooms[-1].cadence.interval_ns == 50_000_000
    assert visitor.heard(Left) == []


def test_a_room_without_neighbours_hurts_nobody_and_is_left_to_the_ladder() -> None:
    stage = new_stage("overload.room_timeout_s=3")
    visitor, room = enter(stage, 0.09)
    play(stage, 30)
    assert visitor.heard(Left) == []
    assert (5, "time_dilated") in room.heard
    assert "room_slowed" not in [name for _, name in room.heard]


def test_a_time_of_0_lets_a_bad_room_be() -> None:
    stage = new_stage("overload.room_timeout_s=0")
    enter(stage, 0.0005)
    visitor, _ = enter(stage, 0.09)
    play(stage, 60)
    assert visitor.heard(Left) == []


# Memory.


def test_over_the_soft_limit_nobody_comes_in_until_it_is_well_below(caplog: pytest.LogCaptureFixture) -> None:
    stage = new_stage("overload.memory_soft_bytes=104857600")
    asked: list[int] = []
    rss = [50 << 20]

    def usage() -> int:
        asked.append(stage.clock.now_ns())
        return rss[0]

    stage.beat.overseer.rss_bytes = usage
    visitor = stage.connect()
    visitor.say(Hello("test"))

    def try_to_enter() -> list[str]:
        visitor.websocket.heard.clear()
        visitor.say(a_new_room("none"))
        return [rejected.reason for rejected in visitor.heard(Rejected)]

    with caplog.at_level(logging.WARNING):
        for mib, reason in ((50, "unknown_game"), (101, "busy"), (95, "busy"), (89, "unknown_game")):
            rss[0] = mib << 20
            play(stage, 2)
            assert try_to_enter() == [reason]
    assert [record.getMessage() for record in caplog.records] == [
        "memory: 101 MiB in RAM, overload.memory_soft_bytes is 100 MiB; nobody new is let in",
        "memory: 89 MiB in RAM, overload.memory_soft_bytes is 100 MiB; players are let in again",
    ]
    assert all(later - earlier >= NS_PER_S for earlier, later in pairwise(asked))
    assert stage.lobby.overload.step == 0


def test_without_a_limit_memory_is_not_even_asked_for() -> None:
    stage = new_stage()

    def usage() -> int:
        raise AssertionError("nobody wants to know")

    stage.beat.overseer.rss_bytes = usage
    play(stage, 3)
    assert stage.lobby.overload.busy == ""
