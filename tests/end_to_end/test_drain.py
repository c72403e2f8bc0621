"""SIGTERM under load: everybody is told, what was acknowledged counts, and the process ends in time with 0."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from pelton.client import Client, connect
from tests.end_to_end.conftest import StartServer

PLAYERS = 20
DRAIN_S = 1.5
GAME = """
from collections.abc import Iterable
from typing import Annotated

from pelton.server import Action, Bounds, I32, Played, Player, Room, Row, Table, Tick


class Add(Action):
    amount: Annotated[int, Bounds(0, 9)]


class Score(Row):
    total = I32()


class Counting(Room):
    tick_hz = 50
    seats = 8
    actions = Add
    scores = Table(Score)

    def on_join(self, player: Player) -> None:
        self.scores.add(player.id)

    def on_leave(self, player: Player) -> None:
        self.scores.remove(player.id)

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        for player, action in actions:
            self.scores[player.id].total += action.amount
"""


async def play(client: Client, under_way: asyncio.Semaphore) -> tuple[int, int, str | None]:
    """Act as long as there is a seat. The sum of what was acknowledged, what the state said last, how it ended."""
    room = await client.join_or_create("counting")
    acknowledged = total = 0
    amounts: dict[int, int] = {}
    async for frame in room:
        acknowledged += sum(amounts.pop(seq) for seq, _ in frame.taken)
        total = room.state.scores[room.player_id].total
        if frame.tick > 10 and under_way.locked():
            under_way.release()
        if room.left_reason is None:
            amount = frame.tick % 9 + 1
            amounts[await room.act("add", amount=amount)] = amount
    return acknowledged, total, room.left_reason


@pytest.mark.parametrize("transport", ["swept", "asyncio"])
async def test_nothing_acknowledged_is_lost_and_everybody_is_told(
    start_server: StartServer, tmp_path: Path, transport: str
) -> None:
    game = tmp_path / "counting.py"
    game.write_text(GAME, encoding="utf-8")
    server = start_server(f"server.drain_timeout_s={DRAIN_S}", f"server.transport={transport}", files=(game,))
    clients = [connect(server.url) for _ in range(PLAYERS)]
    opened = [await client.__aenter__() for client in clients]
    under_way = asyncio.Semaphore(0)
    playing = [asyncio.create_task(play(client, under_way)) for client in opened]
    await under_way.acquire()
    os.kill(server.pid, signal.SIGTERM)
    ends = await asyncio.gather(*playing)
    for acknowledged, total, reason in ends:
        assert acknowledged == total > 0
        assert reason == "shutting_down"
    assert all(client.retry_after_s is not None for client in opened)
    assert len({client.retry_after_s for client in opened}) > PLAYERS // 2, "each has a time of its own"
    for client in clients:
        await client.__aexit__(None, None, None)
    await asyncio.to_thread(server.wait)
    assert "Traceback" not in server.log()
