"""A server that falls silent while nobody ends the connection: the client asks, waits, and comes back on another."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from pelton.client import Backoff, connect, silence
from tests.clients.fake_server import JOINED, FakeServer, Line

TOKEN = bytes(16)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SILENCE_S", 0.2)


async def test_who_hears_nothing_any_more_asks_and_then_comes_back_on_another_connection() -> None:
    heard: list[int] = []
    back = asyncio.Event()
    visits = itertools.count()

    async def script(line: Line) -> None:
        if next(visits) == 0:
            await line.greet()
            await line.hear()
            line.say(*JOINED)
            line.say(22, [], TOKEN, 30.0)
            while True:
                heard.append((await line.hear())[0])  # to the end of the connection
        await line.greet()
        assert (await line.hear())[0] == 9
        line.say(23, 1, 0, 0, TOKEN)
        back.set()
        await line.gone()

    async with FakeServer(script) as url, connect(url, comeback=Backoff(first_s=0.0)) as client:
        room = await client.join_or_create("arena")
        async with asyncio.timeout(5):
            await back.wait()
        assert room.left_reason is None
    assert heard.count(5) == 1


async def test_a_server_that_only_answers_is_alive() -> None:
    pings = 0
    enough = asyncio.Event()

    async def script(line: Line) -> None:
        nonlocal pings
        await line.seat()
        while (message := await line.hear())[0] == 5:
            pings += 1
            line.say(21, message[1], 0)
            if pings == 4:
                enough.set()

    async with FakeServer(script) as url, connect(url) as client:
        room = await client.join_or_create("arena")
        async with asyncio.timeout(5):
            await enough.wait()
        assert room.left_reason is None


async def test_who_reads_nothing_on_purpose_blames_nobody() -> None:
    asked = 0
    deaf, dead = True, asyncio.Event()

    def ask() -> None:
        nonlocal asked, deaf
        asked += 1
        deaf = asked < 4

    watch = silence.Silence(ask, lambda: deaf, dead.set)
    watch.watch()
    async with asyncio.timeout(5):
        await dead.wait()
    assert asked == 4
    watch.stop()
