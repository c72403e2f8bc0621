"""Whatever a game raises, and wherever, ends that room and no other, and the log says where: a table, cell by cell."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from pelton.protocol import Act, Frame, Hello, Leave, Left, Rejected
from pelton.server import U8, By, Identity, Played, Player, Room, Row, Stream, Table, Tick
from tests.server.fakes import a_new_room
from tests.server.games import Add, Shout, Tally
from tests.server.stage import Stage, Visitor


class Interrupt(BaseException):
    """As KeyboardInterrupt: no Exception."""


ERRORS = [
    ValueError,
    RecursionError,
    MemoryError,
    asyncio.CancelledError,
    StopIteration,
    SystemExit,
    GeneratorExit,
    Interrupt,
]
IN_A_TICK = ["on_join", "pipeline", "on_tick", "By.group", "By.sees", "on_leave", "on_overload"]
AT_THE_START = ["the constructor", "on_create", "pipeline build"]


class Mine:
    """What goes off at one place, once it is armed."""

    def __init__(self, place: str, error: type[BaseException]) -> None:
        self.place, self.error, self.armed = place, error, False

    def step_on(self, place: str) -> None:
        if self.armed and place == self.place:
            raise self.error("the game's own")


class Clue(Row):
    room = U8()


def minefield(mine: Mine) -> type[Room]:
    """A game with a mine in it."""

    def group(clue: Any) -> int:
        mine.step_on("By.group")
        return int(clue.room)

    def sees(player: Player) -> Iterable[int]:
        mine.step_on("By.sees")
        return [1]

    class Field(Tally):
        clues = Table(Clue, groups=By(group, sees))

        def __init__(self, *arguments: Any) -> None:
            mine.step_on("the constructor")
            super().__init__(*arguments)

        def on_create(self) -> None:
            mine.step_on("on_create")
            super().on_create()

        def pipeline(self, actions: Stream[Played]) -> Stream[Played]:
            mine.step_on("pipeline build")
            return actions.filter(self._may)

        def _may(self, played: Played) -> bool:
            mine.step_on("pipeline")
            return True

        def on_join(self, player: Player) -> None:
            super().on_join(player)
            mine.step_on("on_join")

        def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
            super().on_tick(tick, actions)
            self.clues.add(tick.number, room=1)
            mine.step_on("on_tick")

        def on_leave(self, player: Player) -> None:
            super().on_leave(player)
            mine.step_on("on_leave")

        def on_overload(self, step: int, name: str) -> None:
            mine.step_on("on_overload")

        def on_dispose(self) -> None:
            mine.step_on("on_dispose")

    return Field


def new_stage(mine: Mine) -> tuple[Stage, Visitor]:
    """And a neighbour, who plays."""
    games = {"field": minefield(mine), "tally": Tally}
    stage = Stage("overload.up_after_windows=1", "receive.inbox_high=64", games=games)
    witness = stage.player("tally")
    return stage, witness


def seated(stage: Stage) -> Visitor:
    visitor = stage.connect()
    visitor.say(Hello("test"), a_new_room("field"))
    return visitor


def check_neighbour(stage: Stage, witness: Visitor) -> None:
    """He has every frame, and goes on."""
    stage.tick(2)
    assert [opened.ticker.game for opened in stage.rooms] == ["tally"]
    frames = witness.heard(Frame)
    assert [frame.tick for frame in frames] == list(range(1, len(frames) + 1))
    assert frames[-1].tick == stage.rooms[0].ticker.tick
    assert witness.heard(Left) == []


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("place", IN_A_TICK)
def test_what_comes_out_of_a_room_ends_that_room(
    place: str, error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    mine = Mine(place, error)
    stage, witness = new_stage(mine)
    victim = seated(stage)
    stage.tick(2)
    room_id = stage.rooms[-1].room_id
    mine.armed = True
    with caplog.at_level(logging.ERROR):
        if place == "on_join":
            victim.say(Leave())
            stage.tick()
            victim.say(a_new_room("field"))
            room_id = stage.rooms[-1].room_id
        elif place == "on_leave":
            victim.say(Leave())
        elif place == "on_overload":
            stage.lobby.overload.step = 1
        if place != "on_join":
            victim.say(Act(1, Add(1)), Act(2, Shout("boom")))
        stage.tick(21 if place == "on_overload" else 1)
    told = [left.reason for left in victim.heard(Left)] + [no.reason for no in victim.heard(Rejected)]
    assert told == {"on_leave": ["you_left"], "on_join": ["you_left", "room_error"]}.get(place, ["room_error"])
    (record,) = [record for record in caplog.records if room_id in record.getMessage()]
    assert f"room {room_id}: {place} raised in tick " in record.getMessage()
    assert record.exc_info is not None
    named = [one for one in chain(record.exc_info[1]) if isinstance(one, error)]
    assert [str(one) for one in named][-1:] == ["the game's own"] or error is StopIteration
    if place in ("pipeline", "on_tick", "By.group", "By.sees"):
        seq = 1 if place == "pipeline" else 2
        action = Add(1) if seq == 1 else Shout("boom")
        assert record.getMessage().endswith(f"after taking (Player(2, 'player-2'), {action!r})")
    assert stage.metrics.room_faults == 1
    mine.armed = False
    for opened in stage.rooms:
        if opened.ticker.game == "field":
            stage.lobby.close(opened, "room_closed")
    check_neighbour(stage, witness)


def chain(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("place", AT_THE_START)
def test_a_room_that_cannot_be_made_is_refused_and_reported(
    place: str, error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    mine = Mine(place, error)
    mine.armed = True
    stage, witness = new_stage(mine)
    with caplog.at_level(logging.ERROR):
        victim = seated(stage)
        stage.tick()
    assert [rejected.reason for rejected in victim.heard(Rejected)] == ["room_error"]
    (record,) = caplog.records
    assert record.getMessage().startswith("no room of field is made: room ")
    assert record.getMessage().endswith(f": {place.partition(' build')[0]} raised in tick 0")
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], error)
    mine.armed = False
    victim.say(a_new_room("tally"))
    stage.tick()
    assert victim.heard(Frame)
    stage.lobby.close(stage.rooms[-1], "room_closed")
    check_neighbour(stage, witness)


@pytest.mark.parametrize("error", ERRORS)
def test_a_room_that_fails_when_it_is_asked_for_a_seat_is_ended_and_counted(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    class Field(Tally):
        def on_auth(self, identity: Identity, options: Mapping[str, object]) -> None:
            raise error

    stage = Stage(games={"field": Field, "tally": Tally})
    witness = stage.player("tally")
    with caplog.at_level(logging.ERROR):
        victim = seated(stage)
    assert [rejected.reason for rejected in victim.heard(Rejected)] == ["room_error"]
    assert ": on_auth raised in tick 0" in caplog.text
    assert stage.metrics.room_faults == 1
    check_neighbour(stage, witness)


@pytest.mark.parametrize("error", ERRORS)
def test_a_room_that_fails_to_go_away_is_gone(error: type[BaseException], caplog: pytest.LogCaptureFixture) -> None:
    mine = Mine("on_dispose", error)
    stage, witness = new_stage(mine)
    victim = seated(stage)
    stage.tick()
    mine.armed = True
    with caplog.at_level(logging.ERROR):
        stage.lobby.close(stage.rooms[-1], "room_closed")
    assert victim.heard(Left) == [Left("room_closed")]
    assert ": on_dispose raised in tick 1" in caplog.text
    check_neighbour(stage, witness)


def test_ctrl_c_goes_through_where_nobody_handles_the_signal() -> None:
    """A simulation, for example. A server that serves has a handler, and no KeyboardInterrupt."""
    mine = Mine("on_tick", KeyboardInterrupt)
    stage, _ = new_stage(mine)
    seated(stage)
    mine.armed = True
    with pytest.raises(KeyboardInterrupt):
        stage.tick()


def test_a_game_that_leaves_its_loop_early_is_no_fault_of_its_pipeline(caplog: pytest.LogCaptureFixture) -> None:
    class Hasty(Tally):
        def pipeline(self, actions: Stream[Played]) -> Stream[Played]:
            return actions.filter(lambda _: True)

        def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
            for _, action in actions:
                if action == Shout("boom"):
                    raise ZeroDivisionError
                break

    stage = Stage(games={"hasty": Hasty})
    visitor = stage.player("hasty")
    visitor.say(Act(1, Add(1)), Act(2, Shout("boom")))
    stage.tick()
    assert caplog.records == []
    stage.tick()
    assert "on_tick raised in tick 3, after taking (Player(1, 'player-1'), Shout(text='boom'))" in caplog.text


def test_a_value_that_a_column_cannot_hold_is_the_rooms_fault_too(caplog: pytest.LogCaptureFixture) -> None:
    class Rough(Tally):
        def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
            wrong: Any = "much"
            self.scores[2].total = wrong

    stage = Stage(games={"tally": Tally, "rough": Rough})
    witness = stage.player("tally")
    stage.connect().say(Hello("test"), a_new_room("rough"))
    stage.tick()
    assert "on_tick raised in tick 1" in caplog.text
    assert "RowError: scores[2].total: " in caplog.text
    check_neighbour(stage, witness)


# A game that fails all the time.


class Hopeless(Tally):
    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        raise ZeroDivisionError


def tries(stage: Stage, count: int, game: str) -> list[str]:
    """Each makes a room and has it fail. The words that were heard."""
    heard: list[str] = []
    for _ in range(count):
        visitor = stage.connect()
        visitor.say(Hello("test"), a_new_room(game))
        stage.tick()
        heard += [rejected.detail for rejected in visitor.heard(Rejected)]
    return heard


def test_a_game_that_fails_too_often_is_not_made_again_for_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    games = {"hopeless": Hopeless, "tally": Tally}
    stage = Stage("simulate.room_faults_per_minute_max=3", "simulate.room_empty_ttl_s=3600", games=games)
    tries(stage, 4, "hopeless")
    assert stage.metrics.room_faults == 4
    caplog.clear()
    with caplog.at_level(logging.ERROR):
        assert tries(stage, 3, "hopeless") == ["'hopeless' fails too often; no room of it is made for a while"] * 3
    assert (stage.metrics.room_faults, caplog.records) == (4, [])
    assert tries(stage, 1, "tally") == []
    stage.clock.advance(60)
    tries(stage, 1, "hopeless")
    assert stage.metrics.room_faults == 5


def test_that_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage("simulate.room_faults_per_minute_max=3", games={"hopeless": Hopeless})
    with caplog.at_level(logging.ERROR):
        tries(stage, 8, "hopeless")
    said = [record.getMessage() for record in caplog.records if "within a minute" in record.getMessage()]
    assert said == [
        "hopeless failed 4 times within a minute: no room of it is made until it has been quiet for a while"
    ]


def test_faults_that_are_far_apart_do_not_add_up() -> None:
    stage = Stage("simulate.room_faults_per_minute_max=3", games={"hopeless": Hopeless})
    for _ in range(20):
        tries(stage, 1, "hopeless")
        stage.clock.advance(20)
    assert stage.metrics.room_faults == 20


def test_rooms_that_cannot_be_made_count_as_well() -> None:
    mine = Mine("on_create", ValueError)
    mine.armed = True
    stage = Stage("simulate.room_faults_per_minute_max=3", games={"field": minefield(mine)})
    heard = tries(stage, 5, "field")
    assert heard[3] == "the room could not be made; the server's log knows why"
    assert heard[4] == "'field' fails too often; no room of it is made for a while"
