"""Actions on their way from a player to the room: numbered, checked, bounded, and every one of them is answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from pelton.protocol import Act, Frame, Leave, Ping, Pong, Reason
from pelton.protocol.close_codes import BAD_MESSAGE, RATE_LIMITED
from pelton.protocol.plain import encode_value
from pelton.server import Played, Room, Stream, Tick
from pelton.server.simulate.seat import Seat
from tests.server.blocks import all_told
from tests.server.games import GAMES, Add, Score, Shout, Tally
from tests.server.stage import Stage, Visitor


class Deaf(Tally):
    """Allows nothing."""

    def pipeline(self, actions: Stream[Played]) -> Stream[Played]:
        return actions.filter(lambda _: False)


class Silent(Room):
    """Offers no action at all; `heard` keeps what comes in spite of that."""

    def on_create(self) -> None:
        self.heard: list[Any] = []

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        self.heard.extend(action for _, action in actions)


@pytest.fixture
def stage() -> Stage:
    return Stage("simulate.actions_per_player_per_tick_max=8")


def say_plain(visitor: Visitor, *values: Any) -> None:
    visitor.say_bytes(encode_value(list(values)))


def seat_of(stage: Stage) -> Seat:
    (seat,) = stage.rooms[0].ticker.seats
    return seat


def refusals(visitor: Visitor) -> list[tuple[int, str]]:
    """What the frames said, in order."""
    return [(seq, reason) for frame in visitor.heard(Frame) for seq, reason in frame.refused]


def test_an_action_reaches_the_game_and_is_acked_with_the_tick(stage: Stage) -> None:
    visitor = stage.player()
    visitor.say(Act(1, Add(2)), Act(2, Shout("hey")))
    stage.tick()
    frame = visitor.heard(Frame)[-1]
    assert (frame.ack, list(frame.refused)) == (2, [])
    (part,) = all_told(frame, Score)
    assert (part.entered, part.changed) == ({}, {1: {"total": 2, "words": "hey"}})
    assert stage.metrics.actions_refused == 0


@pytest.mark.parametrize(
    "action",
    [
        *([], [3], "add", 3, None, {}, {"add": 1}, [["add"]], ["Add", 1], ["fly"]),
        *(
            ["add"],
            ["add", "1"],
            ["add", 101],
            ["add", -101],
            ["add", 1.5],
            ["add", True],
            ["add", None],
            ["add", 1, 2],
        ),
        *(["shout", "x" * 17], ["shout", b"raw"]),
    ],
    ids=repr,
)
def test_an_action_that_the_game_does_not_have_is_refused_by_its_number(stage: Stage, action: Any) -> None:
    visitor = stage.player()
    say_plain(visitor, 4, 5, action)
    visitor.say(Act(6, Add(1)))
    stage.tick()
    frame = visitor.heard(Frame)[-1]
    assert ([list(refusal) for refusal in frame.refused], frame.ack) == ([[5, Reason.INVALID]], 6)
    assert (visitor.close_codes, stage.metrics.actions_refused, stage.metrics.messages_bad) == ([], 1, 0)


@pytest.mark.parametrize("seq", [0, -1, 2**53, "1", 1.0, None, True])
def test_a_number_that_is_none_ends_the_connection(stage: Stage, seq: Any) -> None:
    visitor = stage.player()
    say_plain(visitor, 4, seq, ["add", 1])
    assert visitor.close_codes == [BAD_MESSAGE.code]


@pytest.mark.parametrize(("first", "second"), [(1, 1), (5, 4), (2**53 - 1, 1)])
def test_a_number_that_does_not_rise_ends_the_connection(stage: Stage, first: int, second: int) -> None:
    visitor = stage.player()
    visitor.say(Act(first, Add(1)), Act(second, Add(2)))
    assert visitor.close_codes == [BAD_MESSAGE.code]
    assert "seq must rise" in visitor.websocket.closings[0][1]


def test_numbers_may_have_gaps(stage: Stage) -> None:
    visitor = stage.player()
    visitor.say(Act(3, Add(1)), Act(7, Add(1)), Act(2**53 - 1, Add(1)))
    stage.tick()
    assert (visitor.close_codes, visitor.heard(Frame)[-1].ack) == ([], 2**53 - 1)


@pytest.mark.parametrize("valid_first", [True, False])
def test_a_refused_action_uses_up_its_number_too(stage: Stage, valid_first: bool) -> None:
    visitor = stage.player()
    good, bad = ["add", 1], ["fly"]
    say_plain(visitor, 4, 5, good if valid_first else bad)
    say_plain(visitor, 4, 5, bad if valid_first else good)
    assert visitor.close_codes == [BAD_MESSAGE.code]


def test_a_game_without_actions_refuses_them() -> None:
    """It must not be handed the peer's undecoded bytes."""
    stage = Stage(games={"silent": Silent})
    visitor = stage.player("silent")
    say_plain(visitor, 4, 1, ["anything", b"\x00" * 99])
    stage.tick()
    room = stage.rooms[0].ticker.room
    assert isinstance(room, Silent)
    assert room.heard == []
    assert refusals(visitor) == [(1, Reason.INVALID)]


# Bounds.


@pytest.fixture
def narrow() -> Stage:
    """Reading pauses at 3 waiting actions and goes on at 1; 4 is all there may be; the room takes one a tick."""
    return Stage(
        "receive.inbox_low=1",
        "receive.inbox_high=3",
        "receive.inbox_max=4",
        "receive.refusals_max=3",
        "simulate.actions_per_player_per_tick_max=1",
        games={**GAMES, "deaf": Deaf},
    )


def flood(visitor: Visitor, first: int, count: int) -> None:
    visitor.say(*(Act(seq, Add(1)) for seq in range(first, first + count)))


def test_reading_pauses_at_the_high_mark_and_goes_on_at_the_low_one(narrow: Stage) -> None:
    visitor = narrow.player()
    flood(visitor, 1, 2)
    assert not visitor.websocket.is_paused()
    flood(visitor, 3, 1)
    assert visitor.websocket.is_paused()
    narrow.tick()
    assert visitor.websocket.is_paused()  # two are waiting
    narrow.tick()
    assert not visitor.websocket.is_paused()
    assert seat_of(narrow).acked == 2


def test_what_comes_past_the_last_mark_is_refused_and_the_rest_is_played(narrow: Stage) -> None:
    visitor = narrow.player()
    flood(visitor, 1, 6)  # a slice that was read before the pause
    narrow.tick(4)
    assert refusals(visitor) == [(5, Reason.OVERFLOW), (6, Reason.OVERFLOW)]
    assert (visitor.heard(Frame)[-1].ack, visitor.close_codes, narrow.metrics.actions_refused) == (4, [], 2)


def test_too_many_refusals_between_two_frames_end_the_connection(narrow: Stage) -> None:
    visitor = narrow.player()
    flood(visitor, 1, 7)
    assert visitor.close_codes == []
    flood(visitor, 8, 1)
    assert visitor.close_codes == [RATE_LIMITED.code]
    assert narrow.lobby.players == 0


def test_refusals_that_were_written_make_room_for_others(narrow: Stage) -> None:
    visitor = narrow.player()
    for seq in range(1, 20):
        say_plain(visitor, 4, seq, ["fly"])
        if seq % 3 == 0:
            narrow.tick()
    assert (visitor.close_codes, len(refusals(visitor))) == ([], 18)


def test_refusals_of_the_pipeline_are_bounded_as_well(narrow: Stage) -> None:
    """Twice `refusals_max` bounds what one client is owed, whoever refuses: who does not read must not grow it."""
    visitor = narrow.player("deaf")
    visitor.websocket.reads = False
    seat = seat_of(narrow)
    for seq in range(1, 60):
        flood(visitor, seq, 1)
        narrow.tick()
    assert RATE_LIMITED.code in visitor.close_codes
    assert [seq for seq, _ in seat.refused] == [1, 2, 3, 4]  # the last is told as well, should he come back


def test_a_pause_ends_with_the_seat(narrow: Stage) -> None:
    """Else the leave that follows, or the next join, would never be read."""
    visitor = narrow.player()
    flood(visitor, 1, 4)
    assert visitor.websocket.is_paused()
    visitor.say(Leave())
    assert not visitor.websocket.is_paused()


def test_a_pause_ends_with_the_room(narrow: Stage) -> None:
    visitor = narrow.player()
    flood(visitor, 1, 4)
    narrow.lobby.close(narrow.rooms[0], "room_closed")
    assert not visitor.websocket.is_paused()
    visitor.say(Ping(3))
    assert visitor.websocket.heard[-1] == Pong(3, narrow.clock.now_ns() // 1000)


def test_every_action_of_a_flood_is_answered_once(narrow: Stage) -> None:
    """Taken and acked, or refused: nothing in between, and nothing twice."""
    visitor = narrow.player()
    seq = 0
    for burst in (1, 2, 6, 0, 5, 1, 1, 0, 0, 0, 0, 0):
        flood(visitor, seq + 1, burst)
        seq += burst
        narrow.tick()
    room = narrow.rooms[0].ticker.room
    assert isinstance(room, Tally)
    refused = [number for number, _ in refusals(visitor)]
    assert len(set(refused)) == len(refused)
    assert len(room.taken) + len(refused) == seq
    assert (visitor.close_codes, visitor.websocket.is_paused()) == ([], False)
