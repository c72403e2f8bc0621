"""Who holds the loop is named once, with the line; a process that hangs is ended, one that was stopped is not."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

import pytest

from pelton.protocol import Hello
from pelton.server import Played, Player, Tick
from pelton.server.clock import ManualClock
from pelton.server.metrics import Metrics
from pelton.server.overload.state import Overload
from pelton.server.pulse import IDLE_NS, Pulse
from pelton.server.watchdog import LOOK_INTERVAL_S, Watchdog
from tests.server.fakes import any_room, settings
from tests.server.games import Tally
from tests.server.stage import Stage


class Sleepy(Tally):
    """Does in a tick what it is told to."""

    def on_create(self) -> None:
        super().on_create()
        self.sleep: Callable[[], None] = self.told.clear
        self.join: Callable[[], None] = self.told.clear

    def on_join(self, player: Player) -> None:
        super().on_join(player)
        self.join()

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        super().on_tick(tick, actions)
        self.sleep()


class Guarded:
    """A stage with a watchdog that is moved by hand, on the same clock."""

    def __init__(self, *overrides: str) -> None:
        self.stage = Stage("simulate.ticks_behind_max=1", *overrides, games={"sleepy": Sleepy})
        self.ends: list[int] = []
        self.watchdog = Watchdog(
            settings(*overrides).watchdog,
            self.stage.clock,
            self.stage.beat.pulse,
            self.stage.metrics,
            self.stage.lobby.overload,
            lambda: self.ends.append(self.stage.clock.now_ns()),
        )
        self.stage.connect().say(Hello("test"), any_room("sleepy"))
        room = self.stage.rooms[0].ticker.room
        assert isinstance(room, Sleepy)
        self.room = room
        self.stage.beat.pulse.since_ns = IDLE_NS

    def pass_time(self, seconds: float) -> None:
        """Time in which the watchdog looks and the loop does nothing new."""
        for _ in range(round(seconds / LOOK_INTERVAL_S)):
            self.stage.clock.advance(LOOK_INTERVAL_S)
            self.watchdog.look()

    def stall(self, seconds: float) -> None:
        """A tick that takes so long, with the watchdog looking on."""
        self.room.sleep = lambda: self.pass_time(seconds)
        self.stage.tick()
        self.room.sleep = lambda: None
        self.stage.beat.pulse.since_ns = IDLE_NS
        self.watchdog.look()


@pytest.fixture
def guarded() -> Guarded:
    return Guarded()


def test_a_tick_that_holds_the_loop_is_named_once_and_again_at_its_end(
    guarded: Guarded, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "pelton.server.watchdog"):
        guarded.stall(0.3)
    room_id = guarded.stage.rooms[0].room_id
    begun, over = [record.getMessage() for record in caplog.records if record.name == "pelton.server.watchdog"]
    start = f"stall: room {room_id} (sleepy), tick 1, on_tick has held the loop for 250 ms, at {__file__}:"
    assert begun.startswith(start)
    assert begun.endswith(" Guarded.pass_time")
    assert over == f"stall over: room {room_id} (sleepy), tick 1, on_tick held the loop for 300 ms"
    assert guarded.stage.metrics.stalls == 1


def test_a_tick_within_the_limit_is_not_a_stall(guarded: Guarded, caplog: pytest.LogCaptureFixture) -> None:
    guarded.stall(0.2)
    assert guarded.stage.metrics.stalls == 0
    assert [record for record in caplog.records if record.name == "pelton.server.watchdog"] == []


def test_the_callback_is_named(guarded: Guarded, caplog: pytest.LogCaptureFixture) -> None:
    guarded.room.join = lambda: guarded.pass_time(0.3)
    guarded.stage.tick()
    assert "tick 1, on_join has held the loop" in caplog.text


def test_many_short_ticks_are_not_a_stall_however_long_they_take_together(guarded: Guarded) -> None:
    guarded.room.sleep = lambda: guarded.pass_time(0.15)
    for _ in range(10):
        guarded.stage.beat.turn(guarded.stage.clock.now_ns())
    assert guarded.stage.metrics.stalls == 0


def test_a_loop_that_waits_for_its_next_beat_is_not_a_stall(guarded: Guarded) -> None:
    guarded.stage.beat.pulse.since_ns = guarded.stage.clock.now_ns() + 5_000_000_000
    guarded.pass_time(5.0)
    assert guarded.stage.metrics.stalls == 0


def test_a_beat_that_does_not_come_is_one_outside_of_any_room(
    guarded: Guarded, caplog: pytest.LogCaptureFixture
) -> None:
    guarded.stage.beat.pulse.since_ns = guarded.stage.clock.now_ns() + 1_000_000_000
    guarded.pass_time(1.2)
    assert guarded.stage.metrics.stalls == 0
    guarded.pass_time(0.05)
    assert "stall: the event loop, outside of any room has held the loop for 250 ms, at " in caplog.text


def test_a_process_that_was_stopped_is_not_to_blame(guarded: Guarded) -> None:
    """The watchdog stood still as well: what it sees then has not lasted as long as the clock says."""

    def stopped() -> None:
        guarded.stage.clock.advance(10.0)
        guarded.watchdog.look()
        guarded.pass_time(0.2)

    guarded.room.sleep = stopped
    guarded.stage.tick()
    assert (guarded.stage.metrics.stalls, guarded.ends) == (0, [])


def test_what_goes_on_after_the_process_was_stopped_is_a_stall_again(guarded: Guarded) -> None:
    def stopped_and_slow() -> None:
        guarded.stage.clock.advance(10.0)
        guarded.pass_time(0.5)

    guarded.room.sleep = stopped_and_slow
    guarded.stage.tick()
    assert guarded.stage.metrics.stalls == 1


def test_three_long_stalls_in_a_quarter_of_a_minute_are_not_healthy_and_it_passes(guarded: Guarded) -> None:
    state = guarded.stage.lobby.overload
    healthy: list[bool] = []
    for _ in range(3):
        guarded.stall(1.1)
        guarded.pass_time(1.0)
        healthy.append(not state.is_stalling)
    assert healthy == [True, True, False]
    guarded.pass_time(9.0)
    assert state.is_stalling
    guarded.pass_time(3.0)
    assert not state.is_stalling


def test_stalls_of_less_than_a_second_do_not_count_for_that(guarded: Guarded) -> None:
    for _ in range(6):
        guarded.stall(0.9)
    assert (guarded.stage.metrics.stalls, guarded.stage.lobby.overload.is_stalling) == (6, False)


def test_a_loop_that_hangs_ends_the_process_with_its_stack_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    guarded = Guarded("watchdog.kill_after_s=2")
    guarded.room.sleep = lambda: guarded.pass_time(2.0)
    guarded.stage.tick()
    assert guarded.ends == []
    guarded.room.sleep = lambda: guarded.pass_time(2.05)
    guarded.stage.beat.turn(guarded.stage.clock.now_ns())
    assert len(guarded.ends) == 1
    (record,) = [record for record in caplog.records if record.levelname == "CRITICAL"]
    said = "on_tick has held the loop for 2.0 s, more than watchdog.kill_after_s; the process ends (70)"
    assert said in record.getMessage()
    assert "in on_tick\n" in (record.stack_info or "")


def test_with_0_it_may_hang_for_ever() -> None:
    guarded = Guarded("watchdog.kill_after_s=0")
    guarded.stall(100.0)
    assert (guarded.ends, guarded.stage.metrics.stalls) == ([], 1)


def test_its_thread_looks_on_and_ends_when_it_is_asked_to() -> None:
    class Counting(ManualClock):
        looks = 0
        seen = threading.Event()

        def now_ns(self) -> int:
            if threading.current_thread().name == "pelton-watchdog":
                self.looks += 1
                if self.looks >= 3:
                    self.seen.set()
            return super().now_ns()

    clock = Counting()
    watchdog = Watchdog(settings().watchdog, clock, Pulse(), Metrics(), Overload())
    watchdog.start()
    assert clock.seen.wait(10)
    watchdog.stop()
    watchdog.stop()
    assert "pelton-watchdog" not in [thread.name for thread in threading.enumerate()]


def test_one_that_was_never_started_can_be_stopped() -> None:
    Watchdog(settings().watchdog, ManualClock(), Pulse(), Metrics(), Overload()).stop()
