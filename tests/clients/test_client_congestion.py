"""Several tasks of one client while the network is full: all is sent in order, what is given up leaves no trace."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from pelton.client import Client, Room
from pelton.protocol.plain import encode_value
from pelton.wire import WebSocket
from tests.clients.fake_server import JOINED

JOIN, LEAVE, ACT = 2, 3, 4


class StutteringWebSocket:
    """Takes messages unless it is full; keeps their numbers and, of an action, its own."""

    def __init__(self) -> None:
        self.full = False
        self.sent: list[tuple[int, int]] = []

    def send(self, payload: bytes) -> bool:
        return not self.full and self.push(payload)

    def push(self, payload: bytes) -> bool:
        self.sent.append((payload[1], payload[2] if payload[1] == ACT else 0))
        return True

    def pause(self) -> None:
        """Frames do not come here."""

    resume = pause


class Congestion:
    """A client on a network that is full or not, as the test wants it."""

    def __init__(self) -> None:
        self.websocket = StutteringWebSocket()
        self.client = Client("ws://127.0.0.1:1/", "test")
        self.client._connection._websocket = cast(
            "WebSocket", self.websocket
        )  # no public way to fill a network just so

    def begin(self) -> None:
        self.websocket.full = True

    def end(self) -> None:
        self.websocket.full = False
        self.client._connection.drained()

    def hear(self, *message: Any) -> None:
        self.client._connection.received(encode_value(list(message)))

    async def seat(self) -> Room:
        joining = asyncio.ensure_future(self.client.join_or_create("arena"))
        await asyncio.sleep(0)
        self.hear(*JOINED)
        room = await joining
        self.websocket.sent.clear()
        return room

    @property
    def kinds(self) -> list[int]:
        return [kind for kind, _ in self.websocket.sent]

    @property
    def numbers(self) -> list[int]:
        return [number for _, number in self.websocket.sent]


@pytest.fixture
async def congestion() -> Congestion:
    return Congestion()


async def test_an_action_does_not_overtake_the_one_that_waits(congestion: Congestion) -> None:
    """A server ends a connection whose numbers do not rise."""
    room = await congestion.seat()
    await room.act("shoot")
    congestion.begin()
    second = asyncio.ensure_future(room.act("shoot"))
    await asyncio.sleep(0)
    congestion.end()
    await room.act("shoot")
    await second
    assert congestion.numbers == [1, 2, 3]


@pytest.mark.parametrize("waiting", [2, 3, 5])
async def test_an_action_does_not_overtake_several_that_wait(congestion: Congestion, waiting: int) -> None:
    """Nor in the moment between one of them and the next."""
    room = await congestion.seat()
    congestion.begin()
    tasks = [asyncio.ensure_future(room.act("shoot")) for _ in range(waiting)]
    await asyncio.sleep(0)
    congestion.end()
    for _ in range(3):
        tasks.append(asyncio.ensure_future(room.act("shoot")))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert congestion.numbers == list(range(1, waiting + 4))


async def test_an_action_that_is_given_up_while_it_waits_holds_up_nobody(congestion: Congestion) -> None:
    room = await congestion.seat()
    congestion.begin()
    tasks = [asyncio.ensure_future(room.act("shoot")) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[1].cancel()
    await asyncio.gather(*tasks[:2], return_exceptions=True)
    congestion.end()
    await tasks[2]
    await room.act("shoot")
    assert congestion.numbers == [3, 4]
    assert list(room.unanswered) == [3, 4]


async def test_a_leave_does_not_overtake_the_actions_that_wait(congestion: Congestion) -> None:
    room = await congestion.seat()
    congestion.begin()
    acting = asyncio.ensure_future(room.act("shoot"))
    await asyncio.sleep(0)
    congestion.end()
    await room.leave()
    await acting
    assert congestion.kinds == [ACT, LEAVE]


async def test_a_leave_that_was_given_up_before_it_was_sent_can_be_asked_for_again(congestion: Congestion) -> None:
    """Else the seat would be held for ever by who believes that he has left."""
    room = await congestion.seat()
    congestion.begin()
    leaving = asyncio.ensure_future(room.leave())
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    congestion.end()
    await room.leave()
    assert congestion.kinds == [LEAVE]


async def test_a_join_that_was_given_up_before_it_was_sent_does_not_bar_the_next(congestion: Congestion) -> None:
    congestion.begin()
    joining = asyncio.ensure_future(congestion.client.join_or_create("arena"))
    await asyncio.sleep(0)
    joining.cancel()
    await asyncio.gather(joining, return_exceptions=True)
    congestion.end()
    room = await congestion.seat()
    assert congestion.client.room is room


async def test_a_seat_that_comes_in_the_moment_in_which_it_is_given_up_is_given_back(congestion: Congestion) -> None:
    """The task is cancelled but has not run yet; nobody will ever know of the room."""
    joining = asyncio.ensure_future(congestion.client.join_or_create("arena"))
    await asyncio.sleep(0)
    joining.cancel()
    congestion.hear(*JOINED)
    with pytest.raises(asyncio.CancelledError):
        await joining
    assert (congestion.client.room, congestion.kinds) == (None, [JOIN, LEAVE])
