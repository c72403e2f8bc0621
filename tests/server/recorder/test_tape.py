"""What a tape makes of a tick: all of its time in one phase or another, and the slowest callback by name."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pelton.server.clock import ManualClock
from pelton.server.recorder.garbage import Garbage
from pelton.server.recorder.row import IS_STEP, TickRow
from pelton.server.recorder.tape import ENCODE, FLUSH, GAME, GROUPS, Tape
from pelton.server.recorder.thread_use import ThreadUse

MS = 1_000_000


class Fire:
    """An action."""


class Workbench:
    """A tape with a clock that is moved by hand; the thread runs all the time unless `sleep` is called."""

    def __init__(self) -> None:
        self.clock = ManualClock(1_000 * MS)
        self.slept_ns = 0
        self.waits = self.switches = 0
        self.garbage = Garbage(self.clock.now_ns)
        use = ThreadUse(lambda: self.clock.now_ns() - self.slept_ns, lambda: (self.switches, self.waits))
        self.tape = Tape(("room", "game", 20.0), 100, 50, self.clock.now_ns, use, self.garbage)

    def work(self, ms: float) -> None:
        self.clock.advance(ms / 1000)

    def sleep(self, ms: float) -> None:
        self.clock.advance(ms / 1000)
        self.slept_ns += round(ms * MS)

    def tick(self, do: Callable[[], object], *, flags: int = 0) -> TickRow:
        self.tape.tick += 1
        self.tape.begin(self.clock.now_ns(), 1, 2, 3)
        do()
        took_ns = self.tape.end(self.clock.now_ns(), 50 * MS, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10), flags)
        found = self.tape.ring.row(self.tape.tick)
        assert found is not None
        assert abs(found.took_ns - took_ns) < 10
        phases = (found.merge_ns, found.pipeline_ns, found.game_ns, found.groups_ns, found.encode_ns, found.flush_ns)
        assert sum(phases) == pytest.approx(took_ns, abs=10)
        return found

    def call(self, name: str, ms: float, player: int = 0, phase: int = GAME) -> None:
        self.tape.enter(phase)
        self.work(ms)
        self.tape.called(name, player)


@pytest.fixture
def bench() -> Workbench:
    return Workbench()


def player(number: int) -> Any:
    return SimpleNamespace(id=number)


def test_all_time_of_a_tick_is_in_its_phases(bench: Workbench) -> None:
    def tick() -> None:
        bench.work(1)
        bench.call("on_tick", 5)
        bench.work(1)
        bench.call("groups", 2, phase=GROUPS)
        bench.tape.enter(ENCODE)
        bench.work(3)
        bench.tape.enter(FLUSH)
        bench.work(4)

    row = bench.tick(tick)
    assert [row.merge_ns, row.game_ns, row.groups_ns, row.encode_ns, row.flush_ns] == pytest.approx(
        [2 * MS, 5 * MS, 2 * MS, 3 * MS, 4 * MS]
    )
    assert (row.callback, row.callback_ns, row.callback_calls) == ("on_tick", 5 * MS, 1)
    assert row[-15:-5] == (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    assert (row.lag_ns, row.late_ns, row.poll_ns) == (1, 2, 3)


def test_the_slowest_callback_is_named_with_its_player_and_calls(bench: Workbench) -> None:
    played = [(player(17), Fire()), (player(4), Fire()), (player(17), Fire()), (player(17), Fire())]

    def source() -> Iterator[tuple[Any, Fire]]:
        for one in played:
            bench.work(0.5)
            yield one

    def tick() -> None:
        bench.call("on_join", 2, player=4)
        bench.tape.enter(GAME)
        for somebody, _ in bench.tape.taken(source()):
            bench.work(4 if somebody.id == 17 else 6)
        bench.work(3)
        bench.tape.called("on_tick")

    row = bench.tick(tick)
    assert (row.callback, row.callback_player, row.callback_calls) == ("on_action:Fire", 17, 3)
    assert (row.callback_ns, row.game_ns, row.merge_ns) == pytest.approx((12 * MS, 23 * MS, 2 * MS))
    assert [(event.kind, event.player) for event in bench.tape.events.copy()] == [("join", 4)]


def test_of_many_actions_some_are_timed_for_what_it_takes_to_get_them(bench: Workbench) -> None:
    def source() -> Iterator[tuple[Any, Fire]]:
        for number in range(16):
            bench.work(0.01)
            yield player(number + 1), Fire()

    def tick() -> None:
        bench.tape.enter(GAME)
        for _ in bench.tape.taken(source(), every=8):
            bench.work(0.005)
        bench.tape.called("on_tick")

    row = bench.tick(tick)
    assert (row.merge_ns, row.game_ns) == pytest.approx((0.16 * MS, 0.08 * MS), abs=100)


def test_a_game_that_takes_all_actions_first_has_its_work_in_on_tick(bench: Workbench) -> None:
    def tick() -> None:
        bench.tape.enter(GAME)
        list(bench.tape.taken(iter([(player(1), Fire()), (player(2), Fire())])))
        bench.work(9)
        bench.tape.called("on_tick")

    assert (row := bench.tick(tick)).callback == "on_tick"
    assert row.callback_ns == 9 * MS


def test_a_game_that_leaves_its_loop_is_noted_all_the_same(bench: Workbench) -> None:
    def source() -> Iterator[tuple[Any, Fire]]:
        while True:
            bench.work(1)
            yield player(1), Fire()

    def tick() -> None:
        bench.tape.enter(GAME)
        for _ in bench.tape.taken(source()):
            bench.work(2)
            break
        bench.tape.called("on_tick")

    row = bench.tick(tick)
    assert (row.merge_ns, row.game_ns, row.callback) == pytest.approx((MS, 2 * MS, "on_tick"))


def test_the_pipeline_is_told_apart_from_the_merge_below_it(bench: Workbench) -> None:
    def merge() -> Generator[int]:
        for number in range(3):
            bench.work(1)
            yield number

    def stages(sweep: Iterator[int]) -> Iterator[tuple[Any, Fire]]:
        for number in sweep:
            bench.work(5)
            yield player(number + 1), Fire()

    def tick() -> None:
        bench.tape.enter(GAME)
        for _ in bench.tape.taken(stages(bench.tape.merged(merge()))):
            bench.work(2)
        bench.tape.called("on_tick")

    row = bench.tick(tick)
    assert (row.merge_ns, row.pipeline_ns, row.game_ns) == pytest.approx((3 * MS, 15 * MS, 6 * MS))


def test_a_merge_that_is_not_gone_through_is_closed(bench: Workbench) -> None:
    closed: list[bool] = []

    def merge() -> Generator[int]:
        try:
            yield 1
        finally:
            closed.append(True)

    merged = bench.tape.merged(merge())
    assert next(merged) == 1
    merged.close()
    assert closed == [True]


def test_time_in_which_the_thread_did_not_run_is_seen(bench: Workbench) -> None:
    def tick() -> None:
        bench.tape.enter(GAME)
        bench.work(2)
        bench.sleep(10)
        bench.waits += 1
        bench.tape.called("on_tick")

    row = bench.tick(tick)
    assert (row.took_ns, row.cpu_ns, row.idle_ns) == pytest.approx((12 * MS, 2 * MS, 10 * MS))
    assert (row.waits, row.switches) == (1, 0)


def test_collections_that_fall_into_a_tick_are_counted_in_it(bench: Workbench) -> None:
    def collect() -> None:
        bench.garbage._note("start", {"generation": 1})
        bench.work(4)
        bench.garbage._note("stop", {"generation": 1})

    collect()
    row = bench.tick(collect)
    assert (row.gc_ns, row.gc_generation) == (4 * MS, 1)
    row = bench.tick(lambda: bench.work(1))
    assert (row.gc_ns, row.gc_generation) == (0, -1)


def test_refusals_are_counted_with_the_tick_they_are_told_with(bench: Workbench) -> None:
    bench.tape.refused(3, 9, "late", "Fire", "")
    bench.tape.refused(3, 10, "late", "Fire", "")
    bench.tape.refused(3, 11, "invalid", "", "")
    row = bench.tick(lambda: None, flags=IS_STEP)
    assert row.refused == {"late": 2, "overflow": 0, "invalid": 1, "rate": 0, "not_allowed": 0}
    assert row.is_step
    assert sum(bench.tick(lambda: None).refused.values()) == 0
    assert [(event.seq, event.reason) for event in bench.tape.events.copy()] == [
        (9, "late"),
        (10, "late"),
        (11, "invalid"),
    ]


def test_the_notes_of_a_tick_are_bounded(bench: Workbench) -> None:
    def tick() -> None:
        for number in range(2000):
            bench.call("on_leave", 0.1, player=number + 1)

    assert bench.tick(tick).callback == "on_leave"
    assert len(bench.tape._slow) <= 256
