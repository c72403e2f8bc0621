"""One timer turns all rooms, each at its own rate, and what goes wrong in one stays in it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pelton.protocol import Act, Frame, Hello, Join, Left
from pelton.server import Player, Row, Table
from pelton.server import beat as beat_module
from pelton.server.simulate.state.columns import Column
from tests.server.fakes import any_room
from tests.server.games import GAMES, Add, Shout, Tally
from tests.server.stage import Stage, Visitor

INTERVAL_S = 0.005


def ticks_of(stage: Stage) -> dict[str, int]:
    return {opened.ticker.game: opened.ticker.tick for opened in stage.rooms}


def turn_for(stage: Stage, seconds: float, *, step_s: float = INTERVAL_S) -> None:
    for _ in range(round(seconds / step_s)):
        stage.clock.advance(step_s)
        stage.beat.turn(stage.clock.now_ns())


# Rooms and their rates.


def test_rooms_of_different_rates_each_keep_their_own() -> None:
    class Slow(Tally):
        tick_hz = 0.5

    class Film(Tally):
        tick_hz = 29.97

    stage = Stage(games={**GAMES, "slow": Slow, "film": Film})
    for game in ("tally", "fast", "slow", "film"):
        stage.connect().say(*hello_and(any_room(game)))
    turn_for(stage, 10)
    assert ticks_of(stage) == {"tally": 200, "fast": 400, "slow": 5, "film": 299}
    assert (stage.metrics.ticks, stage.metrics.ticks_late, stage.metrics.ticks_skipped) == (904, 0, 0)


def hello_and(join: Join) -> tuple[Any, ...]:
    return Hello("test"), join


def test_the_sockets_are_looked_at_in_every_turn_also_without_rooms() -> None:
    stage = Stage()
    turn_for(stage, 0.1)
    assert len(stage.listener.looks) == 20


def test_what_arrives_in_a_turn_is_played_in_it() -> None:
    """The sockets are looked at before the tick, not after."""
    stage = Stage()
    visitor = stage.player()
    stage.listener.on_look = lambda: visitor.say(Act(1, Add(7)))
    stage.tick()
    assert visitor.heard(Frame)[-1].ack == 1


def test_a_tick_may_come_half_a_millisecond_early_and_no_more() -> None:
    stage = Stage()
    stage.player()
    due_ns = stage.rooms[0].cadence.due_ns
    stage.beat.turn(due_ns - 500_001)
    assert stage.rooms[0].ticker.tick == 1
    stage.beat.turn(due_ns - 500_000)
    assert stage.rooms[0].ticker.tick == 2
    stage.beat.turn(due_ns)
    assert stage.rooms[0].ticker.tick == 2


def test_who_is_late_catches_up_and_skips_the_rest() -> None:
    stage = Stage("simulate.ticks_behind_max=2")
    visitor = stage.player()
    stage.clock.advance(10 * 0.05)
    stage.beat.turn(stage.clock.now_ns())
    assert stage.rooms[0].ticker.tick == 3
    assert [frame.tick for frame in visitor.heard(Frame)] == [1, 2, 3]
    assert (stage.metrics.ticks_late, stage.metrics.ticks_skipped, stage.metrics.ticks) == (1, 8, 3)
    stage.tick()
    assert (stage.rooms[0].ticker.tick, stage.metrics.ticks_late) == (4, 1)


def test_a_tick_late_by_less_than_an_interval_is_not_called_late() -> None:
    stage = Stage()
    stage.player()
    stage.clock.advance(0.099)
    stage.beat.turn(stage.clock.now_ns())
    assert (stage.metrics.ticks_late, stage.metrics.ticks) == (0, 2)


def test_actions_are_counted_when_the_game_takes_them() -> None:
    stage = Stage("simulate.actions_per_player_per_tick_max=2")
    visitor = stage.player()
    visitor.say(*(Act(seq, Add(1)) for seq in range(1, 6)))
    counts: list[int] = []
    for _ in range(4):
        stage.tick()
        counts.append(stage.metrics.actions_taken)
    assert counts == [2, 4, 5, 5]


# Rooms that go.


def test_an_empty_room_goes_after_its_time() -> None:
    stage = Stage("simulate.room_empty_ttl_s=1")
    stage.player().websocket.end(1000, "")
    stage.tick(20)
    assert len(stage.lobby) == 1
    stage.tick(2)
    assert len(stage.lobby) == 0


def test_a_room_that_ends_itself_tells_its_last_tick_and_then_the_end() -> None:
    stage = Stage()
    visitor = stage.player("one_shot")
    stage.tick(2)
    assert [type(message) for message in visitor.websocket.heard[-3:]] == [Frame, Frame, Left]
    assert visitor.heard(Left) == [Left("room_closed")]


def test_a_room_that_ends_itself_has_no_further_tick_also_when_it_is_behind() -> None:
    """`end`: close the room after this tick."""
    stage = Stage("simulate.ticks_behind_max=10")
    visitor = stage.player("one_shot")
    room = stage.rooms[0].ticker.room
    stage.clock.advance(0.25)
    stage.beat.turn(stage.clock.now_ns())
    assert isinstance(room, Tally)
    assert [word for word in room.told if word.startswith("tick")] == ["tick 1", "tick 2"]
    assert [frame.tick for frame in visitor.heard(Frame)] == [1, 2]


# Faults.


def test_a_game_that_raises_ends_its_room_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    victim, witness = stage.player("fragile"), stage.player("tally")
    victim.say(Act(1, Shout("crash")))
    with caplog.at_level(logging.ERROR):
        stage.tick(3)
    assert victim.heard(Left) == [Left("room_error")]
    assert (victim.close_codes, witness.close_codes) == ([], [])
    assert list(ticks_of(stage)) == ["tally"]
    assert [frame.tick for frame in witness.heard(Frame)] == [1, 2, 3, 4]
    assert (stage.metrics.room_faults, stage.lobby.players) == (1, 1)
    (record,) = caplog.records
    assert "on_tick raised in tick 3, after taking (Player(1, 'player-1'), Shout(text='crash'))" in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], RuntimeError)


def test_who_was_in_a_room_that_failed_can_play_on() -> None:
    stage = Stage()
    visitor = stage.player("fragile")
    visitor.say(Act(1, Shout("crash")))
    stage.tick()
    visitor.say(any_room("tally"))
    stage.tick()
    assert visitor.heard(Frame)[-1].base == 0
    assert ticks_of(stage) == {"tally": 1}


class Opaque(Column[object]):
    """Holds what no codec knows, as a mistake of ours in a column would."""

    def to_wire(self, value: object) -> object:
        return value


class Riddle(Row):
    answer = Opaque(None)


class Unspeakable(Tally):
    """Its state cannot be encoded."""

    riddles = Table(Riddle)

    def on_join(self, player: Player) -> None:
        super().on_join(player)
        self.riddles.add(player.id, answer=object())


def test_a_state_that_cannot_be_encoded_ends_its_room_and_no_other() -> None:
    """Wherever it comes from: the turn goes on, and nobody is left waiting for frames that never come."""
    stage = Stage(games={"unsent": Unspeakable, "tally": Tally})
    witness = stage.player("tally")
    victim = stage.connect()
    victim.say(*hello_and(any_room("unsent")))
    newcomer = stage.connect()
    newcomer.say(*hello_and(Join(1, "tally", {})))
    stage.tick(2)
    assert [frame.tick for frame in witness.heard(Frame)] == [1, 2, 3]
    assert [frame.tick for frame in newcomer.heard(Frame)] == [1, 2]
    assert stage.metrics.room_faults == 1
    assert [opened.ticker.game for opened in stage.rooms] == ["tally", "tally"]


# The timer.


class FakeLoop:
    """Keeps what is to be called later, and how much later."""

    def __init__(self) -> None:
        self.delays_s: list[float] = []
        self.callback: Callable[[], None] | None = None

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> FakeLoop:
        self.delays_s.append(delay_s)
        self.callback = callback
        return self

    def cancel(self) -> None:
        self.callback = None


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> FakeLoop:
    loop = FakeLoop()
    monkeypatch.setattr(beat_module, "asyncio", SimpleNamespace(get_running_loop=lambda: loop))
    return loop


def fire(stage: Stage, loop: FakeLoop, after_s: float) -> None:
    assert loop.callback is not None
    stage.clock.advance(after_s)
    loop.callback()


def test_the_first_turn_is_at_once_and_the_next_after_the_interval(loop: FakeLoop) -> None:
    stage = Stage()
    stage.beat.start()
    fire(stage, loop, INTERVAL_S)
    assert stage.listener.looks == [0, 5_000_000]
    assert loop.delays_s == [INTERVAL_S, INTERVAL_S]


def test_a_tick_that_is_due_sooner_comes_sooner(loop: FakeLoop) -> None:
    stage = Stage("receive.intake_interval_ms=40")
    stage.player()  # one tick, at 0.05 s
    stage.beat.start()
    assert loop.delays_s == [0.04]
    fire(stage, loop, 0.04)
    assert loop.delays_s[-1] == pytest.approx(0.01)
    fire(stage, loop, 0.01)
    assert stage.rooms[0].ticker.tick == 2
    assert loop.delays_s[-1] == 0.04


def test_while_everybody_has_a_seat_only_the_ticks_look(loop: FakeLoop) -> None:
    stage = Stage()
    stage.player()  # one tick, at 0.05 s
    stage.listener.waiting = False
    stage.listener.looks.clear()
    stage.beat.start()
    fire(stage, loop, 0.05)
    assert loop.delays_s == [0.05, 0.05]
    assert (stage.rooms[0].ticker.tick, len(stage.listener.looks)) == (2, 2)


def test_in_rooms_that_tick_slowly_pings_do_not_wait_for_the_tick(loop: FakeLoop) -> None:
    class Slow(Tally):
        tick_hz = 0.5

    stage = Stage("receive.intake_seated_interval_ms=30", games={**GAMES, "slow": Slow})
    stage.connect().say(*hello_and(any_room("slow")))
    stage.listener.waiting = False
    stage.beat.start()
    assert loop.delays_s == [0.03]


def test_who_connects_does_not_wait_as_long_as_those_who_have_a_seat(loop: FakeLoop) -> None:
    stage = Stage()
    stage.listener.waiting = False
    stage.beat.start()
    stage.clock.advance(0.01)
    assert stage.listener.on_connection is not None
    stage.listener.on_connection()
    assert loop.delays_s == [0.05, INTERVAL_S]
    stage.listener.on_connection()  # a second one at the same time changes nothing
    assert loop.delays_s == [0.05, INTERVAL_S]
    fire(stage, loop, INTERVAL_S)
    assert stage.listener.looks == [0, 15_000_000]


def test_a_connection_puts_off_no_look_that_comes_sooner(loop: FakeLoop) -> None:
    stage = Stage()
    stage.beat.start()
    assert stage.listener.on_connection is not None
    stage.listener.on_connection()
    assert loop.delays_s == [INTERVAL_S]


def test_a_turn_that_took_too_long_is_followed_at_once(loop: FakeLoop) -> None:
    stage = Stage()
    stage.listener.on_look = lambda: stage.clock.advance(1)
    stage.beat.start()
    assert loop.delays_s == [0]


def test_the_time_that_a_turn_took_is_not_added_to_the_pause(loop: FakeLoop) -> None:
    stage = Stage()
    stage.listener.on_look = lambda: stage.clock.advance(0.002)
    stage.beat.start()
    assert loop.delays_s == [pytest.approx(0.003)]


def test_a_fault_of_our_own_does_not_stop_the_wheel(loop: FakeLoop) -> None:
    stage = Stage()

    def fail() -> None:
        raise ZeroDivisionError

    stage.listener.on_look = fail
    with pytest.raises(ZeroDivisionError):
        stage.beat.start()
    stage.listener.on_look = None
    fire(stage, loop, INTERVAL_S)
    assert len(stage.listener.looks) == 2


def test_a_wheel_that_was_stopped_stands_still(loop: FakeLoop) -> None:
    stage = Stage()
    stage.beat.stop()  # before its start: no matter
    stage.beat.start()
    stage.beat.stop()
    stage.beat.stop()
    assert loop.callback is None


def test_the_end_of_each_round_is_told(loop: FakeLoop) -> None:
    stage = Stage()
    rounds: list[int] = []
    stage.beat.on_beat = lambda: rounds.append(len(stage.listener.looks))
    stage.beat.start()
    fire(stage, loop, INTERVAL_S)
    assert rounds == [1, 2]


def visitors(stage: Stage, count: int) -> list[Visitor]:
    return [stage.player() for _ in range(count)]


def test_a_room_full_of_players_is_played_in_one_turn() -> None:
    stage = Stage()
    players = visitors(stage, 8)  # two rooms
    for number, visitor in enumerate(players):
        visitor.say(Act(1, Add(number)))
    stage.tick()
    assert [visitor.heard(Frame)[-1].ack for visitor in players] == [1] * 8
    assert [opened.ticker.taken for opened in stage.rooms] == [4, 4]
