"""How long ticks take is measured tick by tick; those that take too long are counted and logged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

import pytest

from pelton.server import Played, Tick
from tests.server.games import Tally
from tests.server.stage import Stage


class Heavy(Tally):
    """Its ticks take as long as they are told to."""

    tick_hz = 20
    seats = 1

    def on_create(self) -> None:
        super().on_create()
        self.work: Callable[[], None] = self.told.clear

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        super().on_tick(tick, actions)
        self.work()


@pytest.fixture
def heavy() -> Stage:
    """A seated player in a room whose ticks take no time so far."""
    stage = Stage(games={"heavy": Heavy, "tally": Tally})
    stage.player("heavy")
    return stage


def works(stage: Stage, work: Callable[[], None]) -> None:
    """What every room of the heavy game does in its ticks from now on."""
    for opened in stage.rooms:
        if isinstance(opened.ticker.room, Heavy):
            opened.ticker.room.work = work


def takes(stage: Stage, seconds: float) -> None:
    works(stage, lambda: stage.clock.advance(seconds))


def overruns(stage: Stage) -> tuple[int, int, int]:
    """As the process, the game and the room count them."""
    room = stage.rooms[0]
    return stage.metrics.ticks_overrun, stage.beat.times.game(room.ticker.game).overruns, room.times.overruns


def test_a_ticks_time_is_that_of_its_work_and_not_of_the_look_before(heavy: Stage) -> None:
    takes(heavy, 0.007)
    heavy.listener.on_look = lambda: heavy.clock.advance(0.001)
    heavy.tick()
    assert list(heavy.beat.times.recent_ns) == [0, 7_000_000]
    assert heavy.rooms[0].times.durations.percentiles_us((50, 100)) == [1, 7000]
    assert heavy.beat.times.durations.count == heavy.metrics.ticks == 2


@pytest.mark.parametrize(("seconds", "count"), [(0.05, 0), (0.050000001, 1)])
def test_an_overrun_is_a_tick_that_takes_longer_than_its_interval(heavy: Stage, seconds: float, count: int) -> None:
    takes(heavy, seconds)
    heavy.tick()
    assert overruns(heavy) == (count, count, count)
    assert heavy.metrics.ticks_late == 0


def test_ticks_that_catch_up_are_timed_one_by_one(heavy: Stage) -> None:
    takes(heavy, 0.03)
    heavy.clock.advance(0.1)
    heavy.beat.turn(heavy.clock.now_ns())
    assert list(heavy.beat.times.recent_ns) == [0, 30_000_000, 30_000_000]
    assert overruns(heavy) == (0, 0, 0)


def test_a_tick_that_waited_for_another_rooms_work_is_late_and_no_overrun(heavy: Stage) -> None:
    heavy.player("tally")
    takes(heavy, 0.11)
    heavy.tick()
    assert overruns(heavy) == (1, 1, 1)
    assert heavy.metrics.ticks_late == 1
    assert heavy.rooms[1].times.overruns == 0


def test_a_tick_that_raises_is_not_timed(heavy: Stage) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    works(heavy, fail)
    heavy.tick()
    assert heavy.metrics.room_faults == 1
    assert heavy.beat.times.durations.count == 1


def test_a_room_that_overruns_is_logged_once_a_second(heavy: Stage, caplog: pytest.LogCaptureFixture) -> None:
    takes(heavy, 0.3)
    with caplog.at_level(logging.WARNING):
        heavy.tick(4)  # 0.35 s each, and each catches up two ticks
    room = heavy.rooms[0]
    budget = "took 300.0 ms, and its budget is 50.0 ms"
    assert [record.getMessage() for record in caplog.records] == [
        f"room {room.room_id} (heavy): tick 2 {budget}",
        f"room {room.room_id} (heavy): tick 5 {budget}; 2 more overran since this was last said",
    ]
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert overruns(heavy) == (7, 7, 7)


def test_each_room_has_its_own_line(heavy: Stage, caplog: pytest.LogCaptureFixture) -> None:
    heavy.player("heavy")
    takes(heavy, 0.06)
    with caplog.at_level(logging.WARNING):
        heavy.tick()
    assert [record.getMessage().split()[1] for record in caplog.records] == [room.room_id for room in heavy.rooms]
