"""A seat from the client's side: what may be sent, what became of it, and how frames wait for who takes them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pelton.client import Action, BadAction, Closed, Frame, NotSeated, Room, ServerFault, TooFast
from pelton.client import room as room_module
from pelton.client.link import Link
from pelton.protocol import Act, Joined, Leave, Resumed
from pelton.protocol import Frame as WireFrame
from pelton.protocol.schema import Message
from pelton.streams import CLOSED, PENDING
from tests.clients.fake_server import ACTIONS, SHIPS, TABLES
from tests.clients.wire import entered, part


class Connection:
    """What a room has of its connection: it sends, pauses and resumes. `now_s` is moved by hand."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self._paused = False
        self.now_s = 0.0
        self.takes = asyncio.Event()
        """Cleared: the network takes nothing."""
        self.takes.set()

    async def send(self, message: Message) -> None:
        await self.takes.wait()
        self.sent.append(message)

    def offer(self, message: Message) -> bool:
        if self.takes.is_set():
            self.sent.append(message)
        return self.takes.is_set()

    def link(self) -> Link:
        return Link(self.send, self.offer, lambda _: None, self.pause, self.resume, lambda: self.now_s)

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def is_paused(self) -> bool:
        return self._paused


@pytest.fixture
async def connection() -> Connection:
    return Connection()


@pytest.fixture
async def room(connection: Connection) -> Room:
    actions: Any = ACTIONS
    joined = Joined("room1", "arena", 7, 20, 0, actions, TABLES)  # type: ignore[arg-type]  # lists, as they arrive
    return Room(joined, connection.link())


def receive(room: Room, tick: int, *, base: int | None = None, **fields: Any) -> None:
    """A frame arrives; unless told otherwise it builds on the one before and changes nothing."""
    arrived_s = fields.pop("arrived_s", 0.0)
    defaults: dict[str, Any] = {"ack": 0, "refused": [], "hidden": [], "parts": []}
    room.receive(WireFrame(tick=tick, base=tick - 1 if base is None else base, **{**defaults, **fields}), arrived_s)


def ship(x: int, digest: int | None = None) -> list[Any]:
    """Ship 1 enters group 0, or does so again."""
    return part(entered=entered(SHIPS, {1: (x, "Ada")}), digest=digest)


def take(room: Room) -> Frame:
    frame = room.frames().poll()
    assert isinstance(frame, Frame)
    return frame


async def ticks_into(seen: list[int], room: Room) -> None:
    async for frame in room:
        seen.append(frame.tick)  # noqa: PERF401 - what was seen before an error counts


# Actions.


async def test_an_action_is_sent_with_its_number_and_its_fields_in_order(room: Room, connection: Connection) -> None:
    assert await room.act("steer", thrust=1, turn=0.5) == 1
    assert await room.act("shoot") == 2
    assert await room.act(Action("steer", turn=1, thrust=0)) == 3
    assert await room.act(Action("steer", turn=1, thrust=0), thrust=1) == 4
    sent = [["steer", 0.5, 1], ["shoot"], ["steer", 1, 0], ["steer", 1, 1]]
    assert connection.sent == [Act(seq, action) for seq, action in enumerate(sent, 1)]


async def test_fields_at_the_end_may_be_left_to_the_game(room: Room, connection: Connection) -> None:
    await room.act("steer", turn=1)
    await room.act("steer")
    assert connection.sent == [Act(1, ["steer", 1]), Act(2, ["steer"])]


@pytest.mark.parametrize(
    ("action", "fields", "problem"),
    [
        ("stear", {}, "arena has no action 'stear'; did you mean 'steer'?"),
        ("fly", {}, "arena has no action 'fly' (known: steer, shoot)"),
        ("steer", {"tun": 1}, "the action 'steer' has no field 'tun'; did you mean 'turn'?"),
        ("shoot", {"power": 1}, "the action 'shoot' has no field 'power' (known: none)"),
        ("steer", {"thrust": 1}, "the action 'steer' needs the field 'turn'"),
        (Action("fly"), {}, "arena has no action 'fly'"),
    ],
)
async def test_an_action_that_the_room_does_not_have_is_not_sent(
    room: Room, connection: Connection, action: str | Action, fields: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BadAction) as caught:
        await room.act(action, **fields)
    assert str(caught.value).startswith(problem)
    assert (connection.sent, room.unanswered) == ([], {})
    assert await room.act("shoot") == 1


def test_an_action_shows_itself() -> None:
    assert repr(Action("steer", turn=0.5, thrust=1)) == "Action('steer', turn=0.5, thrust=1)"
    assert repr(Action("shoot")) == "Action('shoot')"


async def test_after_leaving_nothing_is_sent(room: Room, connection: Connection) -> None:
    await room.leave()
    await room.leave()
    with pytest.raises(NotSeated, match="no seat in room room1: you_left") as caught:
        await room.act("shoot")
    assert (caught.value.room_id, caught.value.reason) == ("room1", "you_left")
    assert connection.sent == [Leave()]


async def test_a_room_that_let_us_go_takes_nothing(room: Room, connection: Connection) -> None:
    room.end("room_closed")
    with pytest.raises(NotSeated, match="room_closed"):
        await room.act("shoot")
    await room.leave()
    assert (connection.sent, room.left_reason) == ([], "room_closed")


async def test_a_mistake_is_told_before_anything_else(room: Room) -> None:
    await room.leave()
    with pytest.raises(BadAction):
        await room.act("fly")


# Answers.


async def test_every_action_is_answered_once_taken_or_refused(room: Room, connection: Connection) -> None:
    for at_s in (1, 2, 3, 4, 5):
        connection.now_s = at_s
        await room.act("shoot")
    receive(room, 1, base=0, ack=3, refused=[[2, "overflow"], [5, "late"]], arrived_s=10)
    first = take(room)
    assert (first.refused, first.taken) == ([(2, "overflow"), (5, "late")], [(1, 9), (3, 7)])
    assert list(room.unanswered) == [4]
    receive(room, 2, ack=4, arrived_s=11)
    second = take(room)
    assert (second.refused, second.taken, room.unanswered) == ([], [(4, 7)], {})


async def test_an_answer_to_what_was_not_asked_is_passed_over(room: Room) -> None:
    receive(room, 1, base=0, ack=99, refused=[[50, "late"]])
    frame = take(room)
    assert (frame.taken, frame.refused) == ([], [(50, "late")])


async def test_thousands_without_an_answer_are_too_fast(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "UNANSWERED_MAX", 3)
    for _ in range(3):
        await room.act("shoot")
    with pytest.raises(TooFast, match="3 actions are unanswered"):
        await room.act("shoot")
    receive(room, 1, base=0, ack=1)
    take(room)
    assert await room.act("shoot") == 4


async def test_an_action_that_was_given_up_before_it_was_sent_is_not_said_to_be_taken(
    room: Room, connection: Connection
) -> None:
    """`taken`: actions that the game has taken. This one never left."""
    connection.takes.clear()
    waiting = asyncio.ensure_future(room.act("shoot"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    connection.takes.set()
    seq = await room.act("shoot")
    receive(room, 1, base=0, ack=seq)
    assert [number for number, _ in take(room).taken] == [seq]


# Frames.


async def test_the_replica_is_at_the_frame_that_is_looked_at(room: Room) -> None:
    receive(room, 5, base=0, parts=[ship(2)])
    receive(room, 6, parts=[ship(4)])
    assert (take(room).is_keyframe, room.state.tick, room.state.ships[1].x) == (True, 5, 1)
    assert (take(room).is_keyframe, room.state.tick, room.state.ships[1].x) == (False, 6, 2)


async def test_frames_are_a_stream_like_any_other(room: Room) -> None:
    ticks = room.frames().map(lambda frame: frame.tick).filter(lambda tick: tick % 2 == 0)
    receive(room, 1, base=0)
    receive(room, 2)
    assert list(ticks.ready()) == [2]
    assert ticks.poll() is PENDING


async def test_frames_that_came_before_the_end_are_still_seen(room: Room) -> None:
    receive(room, 1, base=0)
    receive(room, 2)
    room.end("room_closed")
    assert [frame.tick async for frame in room] == [1, 2]
    assert room.left_reason == "room_closed"


async def test_a_connection_that_ended_is_told_after_the_frames(room: Room) -> None:
    receive(room, 1, base=0)
    room.end("closed", Closed(1006, ""))
    seen: list[int] = []
    with pytest.raises(Closed):
        await ticks_into(seen, room)
    assert seen == [1]
    assert room.frames().poll() is CLOSED


async def test_every_return_is_told_with_the_first_frame_after_it(room: Room, connection: Connection) -> None:
    """Also to who takes no frames between two of them; what no frame followed is told again by the server."""
    receive(room, 1)
    room.returned(Resumed(1, 0, 3, bytes(16)), connection.link())
    receive(room, 2)
    room.returned(Resumed(2, 0, 5, bytes(16)), connection.link())
    room.returned(Resumed(2, 0, 6, bytes(16)), connection.link())
    receive(room, 3)
    frames = aiter(room)
    told = [(await anext(frames)).resumed for _ in range(3)]
    assert [resumed and resumed.events_lost for resumed in told] == [None, 3, 6]


async def test_who_does_not_take_frames_stops_reading_and_goes_on_when_he_does(
    room: Room, connection: Connection
) -> None:
    receive(room, 1, base=0)
    for tick in range(2, 16):
        receive(room, tick)
    assert not connection.is_paused()
    receive(room, 16)
    assert connection.is_paused()
    for _ in range(13):
        take(room)
    assert connection.is_paused()
    take(room)
    assert not connection.is_paused()


async def test_a_server_that_goes_on_all_the_same_is_at_fault(room: Room) -> None:
    receive(room, 1, base=0)
    for tick in range(2, 300):
        receive(room, tick)
    seen: list[int] = []
    with pytest.raises(ServerFault, match="more frames than were asked for"):
        await ticks_into(seen, room)
    assert seen == list(range(1, 257))


# Faults.


async def test_after_a_fault_there_are_no_frames(room: Room) -> None:
    receive(room, 4, base=3)
    receive(room, 5, base=0)
    with pytest.raises(ServerFault, match="builds on tick 3"):
        take(room)
    assert room.frames().poll() is CLOSED


async def test_a_fault_does_not_leave_the_connection_unread(room: Room, connection: Connection) -> None:
    """Else a ping, a leave or the goodbye that follows would never be answered."""
    receive(room, 4, base=3)
    for tick in range(5, 25):
        receive(room, tick)
    assert connection.is_paused()
    with pytest.raises(ServerFault):
        take(room)
    assert not connection.is_paused()


@pytest.mark.parametrize(
    "fields",
    [
        {"refused": [5]},
        {"refused": [[]]},
        {"refused": [[1]]},
        {"refused": [[1, "late", 3]]},
        {"refused": [[[1], "late"]]},
        {"refused": ["no"]},
        {"parts": [5]},
        {"hidden": [5]},
    ],
    ids=lambda fields: str(next(iter(fields.values()))),
)
async def test_what_makes_no_sense_deeper_down_is_the_servers_fault(room: Room, fields: dict[str, Any]) -> None:
    """Not a TypeError out of our own insides: a program catches ClientError."""
    receive(room, 1, base=0, **fields)
    with pytest.raises(ServerFault):
        take(room)
