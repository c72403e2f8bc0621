"""Bots whose sockets share a sweep: clients as any other, against a server on either kind of socket."""

from __future__ import annotations

import asyncio

import pytest

from pelton.client import CannotConnect, Closed, connect
from pelton.server.app import Server
from pelton.swarm.swept import SweptLines
from pelton.swarm.turns import Turns
from tests.server.fakes import settings
from tests.server.games import GAMES

PATIENCE_S = 10


async def started(*overrides: str) -> Server:
    server = Server(settings("server.port=0", *overrides), GAMES)
    await server.start()
    return server


@pytest.mark.parametrize("transport", ["swept", "asyncio"])
async def test_many_join_on_one_sweep_and_see_each_other(transport: str) -> None:
    server = await started(f"server.transport={transport}")
    lines = SweptLines(Turns(0.001))
    game = next(iter(GAMES))

    async def bot(number: int) -> int:
        async with connect(server.url, name=f"bot {number}", light=True, dial=lines.dial) as client:
            room = await client.join_or_create(game)
            ticks: list[int] = []
            async for frame in room:
                ticks.append(frame.tick)
                if len(ticks) == 5:
                    break
            assert ticks == sorted(set(ticks))
            return room.player_id

    try:
        async with asyncio.timeout(PATIENCE_S):
            players = await asyncio.gather(*(bot(number) for number in range(12)))
        assert len(set(players)) == 12
    finally:
        await server.stop()


async def test_nobody_there_is_said() -> None:
    server = await started()
    url = server.url
    await server.stop()
    with pytest.raises(CannotConnect):
        async with connect(url, dial=SweptLines(Turns(0.001)).dial):
            pytest.fail("nobody is there")


async def test_a_server_that_goes_ends_its_clients() -> None:
    server = await started()
    lines = SweptLines(Turns(0.001))
    async with asyncio.timeout(PATIENCE_S), connect(server.url, dial=lines.dial) as client:
        room = await client.join_or_create(next(iter(GAMES)))
        await room.frames().next()
        await server.stop()
        async for _ in room:
            """To the end."""
        assert room.left_reason == "shutting_down"
        with pytest.raises(Closed) as closed:
            await client.ping()
        assert closed.value.code == 1012
