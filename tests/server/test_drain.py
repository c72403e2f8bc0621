"""A server that is asked to go: nobody new gets a seat, players are told, games may end, what arrived is answered."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import pytest

from pelton.client import Backoff, Client, JoinRejected, Room, connect
from pelton.server import Player
from pelton.server.app import Server
from tests.server.fakes import settings
from tests.server.games import Tally

LONG_S = 30


class Match(Tally):
    """Plays on."""

    tick_hz: ClassVar[float] = 100

    def on_drain(self, seconds: float) -> None:
        self.told.append(f"drain {seconds:g}")


class Short(Match):
    """Ends when it is asked to."""

    def on_drain(self, seconds: float) -> None:
        super().on_drain(seconds)
        self.end()


class Broken(Match):
    """Does not want to hear of it."""

    def on_drain(self, seconds: float) -> None:
        raise ValueError("no")

    def on_leave(self, player: Player) -> None:
        """Nothing."""


GAMES = {"match": Match, "short": Short, "broken": Broken}


def new_server(drain_timeout_s: float) -> Server:
    quick = "receive.intake_interval_ms=1", "simulate.grace_s=5", "server.retry_after_s=4"
    return Server(settings("server.port=0", f"server.drain_timeout_s={drain_timeout_s}", *quick), GAMES)


async def to_its_end(room: Room) -> None:
    async for _ in room:
        """Until the seat is given back."""


async def told(client: Client) -> float:
    """Wait for the news."""
    news: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    client.on_drain = lambda seconds: None if news.done() else news.set_result(seconds)
    return await news


async def test_players_are_told_and_play_on_until_they_leave() -> None:
    server = new_server(LONG_S)
    await server.start()
    async with connect(server.url) as client:
        room = await client.join_or_create("match")
        (opened,) = server.lobby
        hearing = asyncio.create_task(told(client))
        await asyncio.sleep(0)
        draining = asyncio.create_task(server.drain())
        assert await hearing == LONG_S
        assert client.retry_after_s is not None
        assert 2 <= client.retry_after_s <= 6
        seq = await room.act("add", amount=3)
        async for frame in room:
            if seq in dict(frame.taken):
                break
        assert not draining.done()
        await room.leave()
        await draining
        assert isinstance(opened.ticker.room, Match)
        assert f"drain {LONG_S}" in opened.ticker.room.told


async def test_nobody_new_gets_a_seat_but_who_was_lost_comes_back() -> None:
    server = new_server(LONG_S)
    await server.start()
    async with connect(server.url, comeback=Backoff(first_s=0)) as client, connect(server.url) as other:
        room = await client.join_or_create("match")
        hearing = asyncio.create_task(told(other))
        await asyncio.sleep(0)
        draining = asyncio.create_task(server.drain())
        await hearing
        with pytest.raises(JoinRejected) as rejected:
            await other.join_or_create("match")
        assert rejected.value.reason == "shutting_down"
        client._connection._websocket.drop(1006, "cut by the test")
        async for frame in room:
            if frame.resumed is not None:
                break
        await room.leave()
        await draining


async def test_who_comes_while_it_drains_is_told_as_well() -> None:
    server = new_server(LONG_S)
    await server.start()
    async with connect(server.url) as client:
        room = await client.join_or_create("match")
        hearing = asyncio.create_task(told(client))
        await asyncio.sleep(0)
        draining = asyncio.create_task(server.drain())
        await hearing
        async with connect(server.url) as late:
            await late.ping()
            assert late.retry_after_s is not None
        await room.leave()
        await draining


async def test_a_game_that_ends_its_room_is_not_waited_for() -> None:
    server = new_server(LONG_S)
    await server.start()
    async with connect(server.url) as client:
        room = await client.join_or_create("short")
        draining = asyncio.create_task(server.drain())
        await to_its_end(room)
        assert room.left_reason == "room_closed"
        await draining


async def test_when_the_time_is_over_rooms_are_ended() -> None:
    server = new_server(0.05)
    await server.start()
    async with connect(server.url) as client:
        room = await client.join_or_create("match")
        draining = asyncio.create_task(server.drain())
        await to_its_end(room)
        assert room.left_reason == "shutting_down"
        await draining


async def test_an_exception_in_on_drain_ends_that_room_alone() -> None:
    server = new_server(LONG_S)
    await server.start()
    async with connect(server.url) as client, connect(server.url) as other:
        bad, good = await client.join_or_create("broken"), await other.join_or_create("match")
        draining = asyncio.create_task(server.drain())
        await to_its_end(bad)
        assert (bad.left_reason, good.left_reason) == ("room_error", None)
        await good.leave()
        await draining


async def test_what_has_arrived_before_the_end_is_answered() -> None:
    """Also in a room whose next tick is a long time off."""

    class Slow(Match):
        tick_hz = 0.5

    server = Server(settings("server.port=0", "receive.intake_interval_ms=1"), {"slow": Slow})
    await server.start()
    async with connect(server.url) as client:
        joining = asyncio.create_task(client.join_or_create("slow"))
        room = await joining
        await room.act("add", amount=5)
        await client.ping()  # now it has arrived
        stopping = asyncio.create_task(server.stop())
        taken = [seq async for frame in room for seq, _ in frame.taken]
        await stopping
    assert (taken, room.left_reason) == ([1], "shutting_down")


async def test_who_waits_for_nobody_is_done_at_once() -> None:
    server = new_server(LONG_S)
    await server.start()
    async with connect(server.url):
        await server.drain()
