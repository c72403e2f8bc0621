"""The recorder of a whole stage: what rooms do is on their tapes, trouble is dumped now and then, memory is bounded."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import pytest

from pelton.protocol import Act, Frame, Leave
from pelton.server import Played, Tick
from pelton.server.recorder.record import Record, read_lines
from pelton.server.recorder.refused import refusal
from pelton.server.recorder.tape import Tape
from pelton.streams import Stream
from tests.server.games import GAMES, Add, Shout, Tally
from tests.server.stage import Stage

PATIENCE_S = 20


class Picky(Tally):
    """Its pipeline drops all shouts."""

    def pipeline(self, actions: Stream[Played]) -> Stream[Played]:
        return actions.filter(lambda played: not isinstance(played[1], Shout))


class Clocked(Tally):
    """Takes as long as it is told to, on the stage's clock."""

    stage: ClassVar[Stage]
    takes_s: ClassVar[float] = 0.0

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        for _ in actions:
            """Taken."""
        self.stage.clock.advance(type(self).takes_s)


GAMES_HERE = {**GAMES, "picky": Picky, "clocked": Clocked}


def stage_of(*overrides: str) -> Stage:
    stage = Stage(*overrides, games=GAMES_HERE)
    Clocked.stage, Clocked.takes_s = stage, 0.0
    return stage


def tape_of(stage: Stage, number: int = 0) -> Tape:
    tape = stage.rooms[number].ticker.tape
    assert tape is not None
    return tape


def record_of(stage: Stage) -> Record:
    return stage.beat.recorder.record(tape_of(stage))


def kinds(stage: Stage) -> list[str]:
    return [event.kind for event in tape_of(stage).events.copy()]


def test_every_tick_is_on_the_tape_with_what_it_did() -> None:
    stage = stage_of()
    visitor = stage.player()
    visitor.say(Act(1, Add(1)), Act(2, Add(2)))
    stage.tick(3)
    rows = record_of(stage).ticks
    assert [row.tick for row in rows] == [1, 2, 3, 4]
    assert [row.actions for row in rows] == [0, 2, 0, 0]
    assert [row.joined for row in rows] == [1, 0, 0, 0]
    assert [row.frames for row in rows] == [1, 1, 1, 1]
    assert [row.keyframes for row in rows] == [1, 0, 0, 0]
    assert {row.players for row in rows} == {1}
    assert {row.budget_ns for row in rows} == {50_000_000}


def test_who_comes_and_goes_is_an_event() -> None:
    stage = stage_of("simulate.grace_s=5")
    stage.player()
    second = stage.player()
    second.websocket.end(1006, "")
    stage.tick()
    stage.connect()
    second.say(Leave())
    assert kinds(stage) == ["join", "join", "drop"]
    stage.tick(101)
    assert kinds(stage) == ["join", "join", "drop", "leave"]
    assert [event.player for event in tape_of(stage).events.copy()] == [1, 2, 2, 2]


@pytest.mark.parametrize(
    ("game", "reason", "name"),
    [("picky", "not_allowed", "Shout"), ("tally", "invalid", ""), ("tally", "overflow", "Add")],
)
def test_a_refused_action_is_explained(game: str, reason: str, name: str) -> None:
    stage = stage_of("receive.inbox_low=1", "receive.inbox_high=2", "receive.inbox_max=2")
    visitor = stage.player(game)
    by_reason: dict[str, list[Add | Shout]] = {
        "not_allowed": [Shout("hi")],
        "invalid": [Add(9999)],
        "overflow": [Add(1), Add(1), Add(1)],
    }
    actions = by_reason[reason]
    visitor.websocket.pause = lambda: None  # type: ignore[method-assign] # a peer that does not wait
    visitor.say(*(Act(seq, action) for seq, action in enumerate(actions, 1)))
    stage.tick()
    text = refusal(record_of(stage), 1, len(actions))
    assert f"action {len(actions)}" in text
    assert f"{reason}: " in text
    assert (f"({name})" in text) == bool(name)
    assert record_of(stage).ticks[-1].refused[reason] == 1
    assert [tuple(told) for told in visitor.heard(Frame)[-1].refused] == [(len(actions), reason)]
    assert stage.rooms[0].ticker.seats[0].refusals == {reason: 1}


def test_a_tick_over_its_budget_is_an_event_and_explained_by_its_callback() -> None:
    stage = stage_of()
    stage.player("clocked")
    Clocked.takes_s = 0.07
    stage.tick()
    row = record_of(stage).ticks[1]
    assert (row.callback, row.game_ns, row.is_overrun) == ("on_tick", 70_000_000, True)
    assert "overrun" in kinds(stage)


def test_a_room_behind_another_says_how_late_it_began() -> None:
    stage = stage_of()
    stage.player("clocked")
    stage.player("tally")
    Clocked.takes_s = 0.02
    stage.tick()
    assert tape_of(stage, 1).room_id != tape_of(stage).room_id
    row = tape_of(stage, 1).ring.row(tape_of(stage, 1).ring.newest)
    assert row is not None
    assert row.late_ns == 20_000_000


def dumped(folder: Path) -> list[Record]:
    return [read_lines(path.read_bytes().splitlines(), path.name) for path in sorted(folder.iterdir())]


def wait(stage: Stage) -> None:
    assert stage.beat.recorder.dumps is not None
    assert stage.beat.recorder.dumps.wait(PATIENCE_S)


def test_an_overrun_is_dumped_and_not_again_for_a_while(tmp_path: Path) -> None:
    stage = stage_of(f"recorder.dump_dir={tmp_path}", "recorder.dump_interval_s=1", "recorder.overrun_factor=1.2")
    stage.player("clocked")
    Clocked.takes_s = 0.055
    stage.tick()
    Clocked.takes_s = 0.07
    stage.tick(3)
    wait(stage)
    assert [(record.newest, record.why) for record in dumped(tmp_path)] == [(3, "tick 3 took 70.0 ms of its 50.0 ms")]
    stage.tick(14)
    wait(stage)
    times_ns = sorted(record.now_ns for record in dumped(tmp_path))
    assert len(times_ns) > 1
    assert all(later - earlier >= 1_000_000_000 for earlier, later in pairwise(times_ns))
    stage.beat.recorder.stop()


def test_a_fault_is_dumped_with_the_tick_that_was_not_finished(tmp_path: Path) -> None:
    stage = stage_of(f"recorder.dump_dir={tmp_path}")
    visitor = stage.player("fragile")
    visitor.say(Act(1, Shout("boo")))
    stage.tick()
    assert stage.rooms == []
    wait(stage)
    (record,) = dumped(tmp_path)
    assert record.ticks[-1].is_fault
    assert (record.events[-1].kind, record.events[-1].name) == ("fault", "on_tick")
    assert "RuntimeError: boo" in record.events[-1].detail
    stage.beat.recorder.stop()


def test_without_a_folder_nothing_is_dumped() -> None:
    stage = stage_of()
    stage.player("clocked")
    Clocked.takes_s = 0.1
    stage.tick(2)
    assert (stage.metrics.dumps_written, stage.metrics.dumps_lost) == (0, 0)


def test_the_tapes_of_rooms_that_are_gone_are_kept_and_bounded() -> None:
    stage = stage_of("simulate.room_empty_ttl_s=0")
    ids: list[str] = []
    for _ in range(12):
        visitor = stage.player("solo")
        ids.append(stage.rooms[0].room_id)
        visitor.websocket.end(1000, "")
        stage.tick(2)
    assert stage.rooms == []
    assert [tape.room_id for tape in stage.beat.recorder.ended] == ids[:-9:-1]
    assert stage.beat.recorder.tape(ids[-1]) is not None
    assert stage.beat.recorder.tape(ids[0]) is None


def test_a_room_has_as_many_rows_as_its_seconds_have_ticks() -> None:
    stage = stage_of("recorder.seconds=2", "overload.ladder=off", "deliver.ack_lag_max_s=3600")
    stage.player("fast")
    stage.player("tally")
    stage.tick(100)
    assert [len(tape_of(stage, number).ring) for number in (0, 1)] == [80, 40]


def test_turned_off_nothing_is_recorded_and_the_game_plays_the_same() -> None:
    heard = []
    for enabled in ("on", "off"):
        stage = stage_of(f"recorder.enabled={enabled}")
        visitor = stage.player("picky")
        visitor.say(Act(1, Add(1)), Act(2, Shout("no")))
        stage.tick(3)
        heard.append(visitor.websocket.heard)
        assert (stage.rooms[0].ticker.tape is None) == (enabled == "off")
    assert heard[0] == heard[1]


def test_the_ladder_is_told_to_the_tape() -> None:
    stage = stage_of()
    stage.player()
    stage.rooms[0].ticker.overloaded(2, "patch_rate_lower")
    assert tape_of(stage).events.copy()[-1][3:] == ("ladder", 0, 0, "patch_rate_lower", "", "step 2")


def test_what_the_watchdog_saw_is_dumped_when_the_tick_is_over(tmp_path: Path) -> None:
    stage = stage_of(f"recorder.dump_dir={tmp_path}")
    stage.player()
    stage.beat.recorder.stalled(tape_of(stage), "on_tick", "game.py:3 on_tick")
    stage.tick()
    wait(stage)
    (record,) = dumped(tmp_path)
    assert "game.py:3" in record.why
    stage.beat.recorder.last_words(tape_of(stage))
    assert [record.why for record in dumped(tmp_path)][-1] == "tick 2 never ended"
    stage.beat.recorder.stop()
