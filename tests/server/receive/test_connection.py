"""A connection walks the session's table, whatever it is sent, and its seat is given back once, however it ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pelton.protocol import (
    TRANSITIONS,
    Act,
    Event,
    Frame,
    Hello,
    Join,
    Joined,
    Leave,
    Left,
    Ping,
    Pong,
    Rejected,
    SeatCard,
    State,
    Welcome,
    step,
)
from pelton.protocol.close_codes import BAD_MESSAGE, FULL, HELLO_TIMEOUT, UNEXPECTED
from pelton.protocol.schema import Message
from pelton.wire import Phase
from tests.server.fakes import a_new_room, any_room, the_room
from tests.server.games import Add, Tally
from tests.server.stage import Stage, Visitor

MESSAGES: dict[Event, Message] = {
    Event.HELLO: Hello("test"),
    Event.JOIN: any_room("tally"),
    Event.ACT: Act(1, Add(1)),
    Event.LEAVE: Leave(),
    Event.PING: Ping(7),
}


@pytest.fixture
def stage() -> Stage:
    return Stage("receive.message_bytes_max=1000")


def bring_to(stage: Stage, state: State) -> Visitor:
    visitor = stage.connect()
    way: dict[State, list[Message]] = {
        State.FRESH: [],
        State.JUDGED: [],
        State.GREETED: [Hello("test")],
        State.JOINING: [Hello("test"), any_room("tally")],
    }
    visitor.say(*way.get(state, way[State.JOINING]))
    if state is State.JUDGED:
        visitor.connection.state = State.JUDGED  # for longer than an authenticator that answers at once takes
    if state in (State.SEATED, State.UNSEATED):
        stage.tick()
    if state is State.UNSEATED:
        visitor.say(Leave())
    assert visitor.connection.state is state
    visitor.websocket.heard.clear()
    return visitor


def tally_of(stage: Stage) -> Tally:
    room = stage.rooms[0].ticker.room
    assert isinstance(room, Tally)
    return room


# The table.


@pytest.mark.parametrize("state", list(State), ids=lambda state: state.value)
@pytest.mark.parametrize("event", list(MESSAGES), ids=lambda event: event.value)
def test_every_message_in_every_state_does_what_the_table_says(stage: Stage, state: State, event: Event) -> None:
    visitor = bring_to(stage, state)
    visitor.say(MESSAGES[event])
    after = step(state, event)
    if after is None:
        assert visitor.close_codes == [UNEXPECTED.code]
        assert visitor.websocket.closings[0][1] == (
            f"unexpected_message: {event.value} has no place in a session that is {state.value}"
        )
        assert (stage.lobby.players, stage.gone, stage.metrics.messages_bad) == (0, [visitor.connection], 1)
    else:
        assert visitor.connection.state is (State.GREETED if after is State.JUDGED else after)
        assert (visitor.close_codes, stage.metrics.messages_bad) == ([], 0)


ANSWERS: dict[tuple[State, Event], list[type[Message]]] = {
    (State.FRESH, Event.HELLO): [Welcome],
    (State.SEATED, Event.LEAVE): [Left],
    **{(state, Event.PING): [Pong] for state in State if state not in (State.FRESH, State.JUDGED)},
}


@pytest.mark.parametrize(
    ("state", "event"),
    [(state, event) for state, row in TRANSITIONS.items() for event in MESSAGES if event in row],
    ids=lambda value: value.value,
)
def test_every_message_is_answered_at_once_or_with_the_tick(stage: Stage, state: State, event: Event) -> None:
    visitor = bring_to(stage, state)
    visitor.say(MESSAGES[event])
    assert [type(message) for message in visitor.websocket.heard] == ANSWERS.get((state, event), [])


def test_hello_is_answered_with_who_we_are(stage: Stage) -> None:
    visitor = stage.connect()
    visitor.say(Hello("test"))
    assert visitor.websocket.heard == [Welcome("session-1", "stage", 1000)]


def test_a_ping_is_answered_with_its_nonce_and_the_time_in_microseconds(stage: Stage) -> None:
    visitor = bring_to(stage, State.SEATED)
    visitor.say(Ping(0), Ping(2**32 - 1))
    now_us = stage.clock.now_ns() // 1000
    assert visitor.heard(Pong) == [Pong(0, now_us), Pong(2**32 - 1, now_us)]


@pytest.mark.parametrize(
    "payload",
    [
        *(b"", b"\xc1", b"\x00", b"\x90", b"\x91\x63", b"\x91\xcc\xff", b"\x80", b"\xa5hello"),
        *(b"\x92\x01", b"\x92\x01\x01", b"\x93\x01\xa1x\x01", b"\x92\x01\xa1\xff", b"\x92\x05\xff"),
        *(b"\x92\x01\xd9\x41" + b"x" * 65, b"\x91" * 900),
    ],
    ids=repr,
)
@pytest.mark.parametrize("state", list(State), ids=lambda state: state.value)
def test_bytes_that_are_no_message_end_the_connection(stage: Stage, state: State, payload: bytes) -> None:
    visitor = bring_to(stage, state)
    visitor.say_bytes(payload)
    assert visitor.close_codes == [BAD_MESSAGE.code]
    assert visitor.websocket.closings[0][1].startswith("bad_message: ")
    assert (stage.lobby.players, stage.metrics.messages_bad) == (0, 1)


# Seats.


def test_a_join_is_answered_with_the_tick_and_frames_follow(stage: Stage) -> None:
    visitor = stage.connect()
    visitor.say(Hello("test"), Join(0, "tally", {"name": "Ada"}))
    assert (visitor.heard(Joined), visitor.connection.state) == ([], State.JOINING)
    stage.tick(2)
    assert [type(message) for message in visitor.websocket.heard] == [Welcome, Joined, SeatCard, Frame, Frame]
    assert tally_of(stage).players[1].name == "Ada"
    assert tally_of(stage).players[1].session_id == "session-1"


@pytest.mark.parametrize(
    ("join", "reason"),
    [
        (any_room("chess"), "unknown_game"),
        (the_room("nowhere"), "no_such_room"),
        (any_room("still_born"), "room_error"),
    ],
)
def test_a_rejected_join_leaves_the_connection_as_it_was(stage: Stage, join: Join, reason: str) -> None:
    visitor = bring_to(stage, State.GREETED)
    visitor.say(join)
    assert [rejected.reason for rejected in visitor.heard(Rejected)] == [reason]
    assert (visitor.connection.state, visitor.close_codes) == (State.GREETED, [])
    visitor.say(any_room("tally"))
    stage.tick()
    assert len(visitor.heard(Joined)) == 1


def test_a_closing_server_rejects(stage: Stage) -> None:
    visitor = bring_to(stage, State.GREETED)
    stage.lobby.closing = True
    visitor.say(any_room("tally"))
    assert [rejected.reason for rejected in visitor.heard(Rejected)] == ["shutting_down"]


def test_after_a_leave_nothing_more_is_heard_of_the_room(stage: Stage) -> None:
    visitor = stage.player()
    visitor.say(Leave())
    assert visitor.websocket.heard[-1] == Left("you_left")
    stage.tick(3)
    assert visitor.websocket.heard[-1] == Left("you_left")
    assert tally_of(stage).told[-2:] == ["tick 3", "tick 4"]
    assert "leave 1" in tally_of(stage).told


def test_who_left_may_join_again_as_a_new_player(stage: Stage) -> None:
    visitor = stage.player()
    visitor.say(Act(9, Add(1)), Leave(), any_room("tally"))
    stage.tick()
    assert [joined.player_id for joined in visitor.heard(Joined)] == [1, 2]
    visitor.say(Act(1, Add(5)))  # numbers begin anew with a seat
    stage.tick()
    assert (visitor.close_codes, tally_of(stage).scores[2].total) == ([], 5)
    assert stage.lobby.players == 1


def test_a_room_that_closes_tells_its_players(stage: Stage) -> None:
    visitor = stage.player("one_shot")
    stage.tick()
    assert visitor.websocket.heard[-1] == Left("room_closed")
    assert (visitor.connection.state, stage.lobby.players, len(stage.lobby)) == (State.UNSEATED, 0, 0)
    visitor.say(Act(1, Add(1)), Leave())  # both were under way
    assert visitor.close_codes == []
    visitor.say(any_room("tally"))
    stage.tick()
    assert len(visitor.heard(Joined)) == 2


def test_a_room_that_closes_while_somebody_joins_rejects_him(stage: Stage) -> None:
    visitor = bring_to(stage, State.JOINING)
    stage.lobby.close(stage.rooms[0], "room_closed")
    assert visitor.websocket.heard == [Rejected("room_closed", "the room closed before the seat was taken")]
    assert (visitor.connection.state, stage.lobby.players) == (State.GREETED, 0)
    visitor.say(any_room("tally"))
    stage.tick()
    assert len(visitor.heard(Joined)) == 1


def test_a_room_that_fails_in_its_first_tick_rejects_those_who_join(stage: Stage) -> None:
    class Unwelcoming(Tally):
        def on_join(self, player: object) -> None:
            raise RuntimeError

    stage = Stage(games={"unwelcoming": Unwelcoming})
    visitor = stage.connect()
    visitor.say(Hello("test"), any_room("unwelcoming"))
    stage.tick()
    assert [rejected.reason for rejected in visitor.heard(Rejected)] == ["room_error"]
    assert (visitor.connection.state, stage.lobby.players) == (State.GREETED, 0)


# The end.


def leave_and_go(visitor: Visitor, times: int) -> None:
    visitor.say(*[Leave()] * times)
    visitor.websocket.end(1000, "")


ENDINGS: dict[str, Callable[[Stage, Visitor], None]] = {
    "the peer goes": lambda _, visitor: visitor.websocket.end(1000, ""),
    "the line breaks": lambda _, visitor: visitor.websocket.end(1006, ""),
    "a bad message": lambda _, visitor: visitor.say_bytes(b"\xc1"),
    "an unexpected message": lambda _, visitor: visitor.say(Hello("again")),
    "a seq that does not rise": lambda _, visitor: visitor.say(Act(1, Add(1)), Act(1, Add(1))),
    "the server closes": lambda _, visitor: visitor.connection.close(1012, "bye"),
    "leave, then gone": lambda _, visitor: leave_and_go(visitor, 1),
    "leave twice, then gone": lambda _, visitor: leave_and_go(visitor, 2),
}


@pytest.mark.parametrize("ending", list(ENDINGS))
def test_the_seat_is_given_back_exactly_once_however_the_connection_ends(stage: Stage, ending: str) -> None:
    visitor, witness = stage.player(), stage.player()
    ENDINGS[ending](stage, visitor)
    assert stage.lobby.players == 1
    stage.tick(3)
    told = tally_of(stage).told
    assert told.count("leave 1") == told.count("join 1") == 1
    assert (stage.gone, list(tally_of(stage).players)) == ([visitor.connection], [2])
    assert witness.close_codes == []


def test_a_promised_seat_is_given_back_too(stage: Stage) -> None:
    visitor = bring_to(stage, State.JOINING)
    visitor.websocket.end(1006, "")
    stage.tick()
    assert (stage.lobby.players, tally_of(stage).told) == (0, ["create", "tick 1"])
    assert visitor.heard(Joined) == []


def test_a_room_that_closes_after_the_connection_has_nobody_to_tell(stage: Stage) -> None:
    visitor = stage.player()
    visitor.websocket.end(1006, "")
    stage.lobby.close(stage.rooms[0], "room_closed")
    assert visitor.heard(Left) == []
    assert stage.lobby.players == 0


def test_who_does_not_read_is_closed_and_his_seat_is_free() -> None:
    stage = Stage("deliver.stall_timeout_s=1")
    visitor, witness = stage.player(), stage.player()
    visitor.websocket.reads = False
    stage.tick(25)
    assert (visitor.close_codes, stage.lobby.players) == ([4503], 1)
    assert (witness.close_codes, len(witness.heard(Frame))) == ([], 26)


# Introductions.


def test_one_too_many_is_told_so_and_closed(stage: Stage) -> None:
    """With a close code: a browser's client could not read the status of a refused handshake."""
    stage.full = True
    visitor = stage.connect()
    assert visitor.close_codes == [FULL.code]
    assert (stage.gone, stage.metrics.connections_refused) == ([visitor.connection], 1)
    stage.full = False
    assert stage.connect().close_codes == []


def test_a_handshake_that_takes_too_long_is_answered_over_http(stage: Stage) -> None:
    visitor = stage.connect()
    visitor.websocket.phase = Phase.HANDSHAKE
    visitor.connection.hello_overdue()
    assert [page.status for page in visitor.websocket.pages] == [408]
    assert stage.gone == [visitor.connection]


def test_who_does_not_say_hello_in_time_is_closed(stage: Stage) -> None:
    visitor = stage.connect()
    visitor.connection.hello_overdue()
    assert visitor.close_codes == [HELLO_TIMEOUT.code]


@pytest.mark.parametrize("state", [State.GREETED, State.JOINING, State.SEATED, State.UNSEATED], ids=lambda s: s.value)
def test_who_has_said_hello_has_all_the_time(stage: Stage, state: State) -> None:
    visitor = bring_to(stage, state)
    visitor.connection.hello_overdue()
    assert (visitor.close_codes, visitor.connection.state) == ([], state)


def test_who_was_served_a_page_and_went_is_no_bad_message_later(stage: Stage) -> None:
    """A health check opens a connection, reads a page and goes; its time for hello runs out long after."""
    visitor = stage.connect()
    visitor.websocket.phase = Phase.HANDSHAKE
    visitor.websocket.end(1006, "answered over HTTP")
    visitor.connection.hello_overdue()
    assert stage.metrics.messages_bad == 0


def test_rooms_are_told_apart_by_what_their_players_may_do(stage: Stage) -> None:
    one = stage.player()
    other = stage.connect()
    stage.seat(other, a_new_room("tally"))
    assert [visitor.heard(Joined)[0].room_id for visitor in (one, other)] == [each.room_id for each in stage.rooms]
