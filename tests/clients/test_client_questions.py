"""Questions and goodbyes: each gets its own answer, or is told that there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from pelton.client import Client, ClientError, Closed, connect
from pelton.client import connection as client_module
from tests.clients.fake_server import JOINED, FakeServer, Line

FOREVER_S = 3600


# Questions.


async def test_a_question_that_is_under_way_when_the_server_vanishes_is_answered() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear()
        line.vanish()

    for question in (Client.ping, lambda client: client.join_or_create("arena")):
        async with FakeServer(script) as url, connect(url) as client:
            with pytest.raises(Closed) as caught:
                await question(client)
            assert caught.value.code == 1006
            for _ in range(3):
                with pytest.raises(Closed):
                    await question(client)


async def test_a_pong_that_nobody_waits_for_is_passed_over() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        _, nonce = await line.hear()
        line.say(21, nonce + 1, 1_000_000)
        line.say(21, nonce, 1_000_000)
        await line.gone()

    async with FakeServer(script) as url, connect(url) as client:
        assert await client.ping() >= 0


async def test_two_joins_at_once_are_one_too_many() -> None:
    async with FakeServer(greets) as url, connect(url) as client:
        first = asyncio.ensure_future(client.join_or_create("arena"))
        await asyncio.sleep(0)
        with pytest.raises(ClientError, match="a join is under way"):
            await client.join_or_create("chess")
        first.cancel()


async def greets(line: Line) -> None:
    await line.greet()
    await line.gone()


async def given_up(question: Awaitable[Any]) -> None:
    """Ask and lose patience at once."""
    task = asyncio.ensure_future(question)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_ping_that_was_given_up_does_not_spoil_the_next() -> None:
    """Its pong comes late; that is no fault of the server's."""
    again = asyncio.Event()

    async def script(line: Line) -> None:
        await line.greet()
        for _ in range(2):
            _, nonce = await line.hear()
            await again.wait()
            line.say(21, nonce, 1_000_000)
        await line.gone()

    async with FakeServer(script) as url, connect(url) as client:
        await given_up(client.ping())
        second = asyncio.ensure_future(client.ping())
        await asyncio.sleep(0)
        again.set()
        assert await second >= 0


async def test_a_join_that_was_given_up_is_not_taken_for_the_next() -> None:
    """Whoever asks for chess must not find himself in the arena. To be told that one must wait would be all right."""
    again = asyncio.Event()

    async def script(line: Line) -> None:
        await line.greet()
        for game in ("arena", "chess"):
            await line.hear()
            await again.wait()
            line.say(*JOINED[:2], game, *JOINED[3:])
        await line.gone()

    async with FakeServer(script) as url, connect(url) as client:
        await given_up(client.join_or_create("arena"))
        second = asyncio.ensure_future(client.join_or_create("chess"))
        await asyncio.sleep(0)
        again.set()
        try:
            room = await second
        except ClientError:
            return
        assert room.game == "chess"


async def test_what_nobody_asked_for_is_passed_over() -> None:
    async def script(line: Line) -> None:
        await line.greet()
        line.say(21, 5, 1_000_000)
        line.say(18, "room_full", "no")
        line.say(19, "room_closed")
        line.say(16, "again", "fake/2", 1)
        line.frame(1, 0)
        _, nonce = await line.hear()
        line.say(21, nonce, 1_000_000)
        await line.gone()

    async with FakeServer(script) as url, connect(url) as client:
        assert await client.ping() >= 0
        assert (client.server, client.session_id, client.room) == ("fake/1", "session1", None)


# Goodbyes.


async def test_a_goodbye_that_is_not_answered_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CLOSE_TIMEOUT_S", 0.02)

    async def script(line: Line) -> None:
        await line.greet()
        await line.ended()

    async with FakeServer(script) as url, connect(url):
        pass


async def test_a_goodbye_is_a_normal_one_and_waits_for_the_server_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CLOSE_TIMEOUT_S", FOREVER_S)
    codes: list[int] = []

    async def script(line: Line) -> None:
        await line.greet()
        codes.append(await line.goodbye())
        line.close()

    async with FakeServer(script) as url:
        async with connect(url):
            pass
        assert codes == [1000]


async def test_the_goodbye_of_who_does_not_iterate_is_answered_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """He had stopped reading; to hear that the server goes as well, the client must read again."""
    patience_s = 1.0
    monkeypatch.setattr(client_module, "CLOSE_TIMEOUT_S", patience_s)
    now_s = asyncio.get_running_loop().time
    paused = asyncio.Event()

    async def script(line: Line) -> None:
        await line.seat()
        line.frame(1, 0)
        for tick in range(2, 40):
            line.frame(tick, tick - 1)
        await line.hear()
        paused.set()
        await line.goodbye()
        line.close()

    async with FakeServer(script) as url:
        async with connect(url) as client:
            room = await client.join_or_create("arena")
            async for _ in room:
                break
            await room.act("shoot")
            await paused.wait()
            left_s = now_s()
        assert now_s() - left_s < patience_s
