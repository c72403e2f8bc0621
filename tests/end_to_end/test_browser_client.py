"""The TypeScript client in Node against a real server, beside the Python client; its connection is cut."""

from __future__ import annotations

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pelton.client import Room, connect
from tests.clients.browser.bundle import BUILT, ROOT
from tests.clients.browser.nodejs import NODE, needs_the_build
from tests.end_to_end.conftest import RunningServer, StartServer

PLAYER = ROOT / "tests/clients/browser/player.mjs"
WS = ROOT / "clients/browser/node_modules/ws/wrapper.mjs"
pytestmark = needs_the_build
TIMEOUT_S = 50
GAME = """
from pelton.games.arena import Arena, Ship


class Duel(Arena):
    \"\"\"Everybody begins in the same place, in sight of all others.\"\"\"

    def place(self, ship: Ship) -> None:
        ship.x, ship.y, ship.angle = 1024.0 + 8 * ship.id, 1024.0, 0.0
        ship.vx = ship.vy = 0.0
"""


class Relay:
    """Between clients and a server: passes everything on, until the connections are cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: list[StreamWriter] = []

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[str]:
        """The address to connect to."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        async with server:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            self.cut()

    def cut(self) -> None:
        """Everybody's connection is reset, without a word."""
        for writer in self._open:
            writer.transport.abort()
        self._open = []

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._open += [writer, back]
        async with asyncio.TaskGroup() as group:
            group.create_task(_pass_on(reader, back))
            group.create_task(_pass_on(there, writer))


async def _pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        """It was cut."""
    writer.close()


class Player:
    """`player.mjs`, as a process."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._told: list[dict[str, Any]] = []

    def order(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n".encode())

    async def tells(self, key: str) -> dict[str, Any]:
        """The next thing that it tells about this; what else it tells is kept until it is asked for."""
        for kept in self._told:
            if key in kept:
                self._told.remove(kept)
                return kept
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            told: dict[str, Any] = json.loads(line)
            assert not {"error", "diverged"} & told.keys(), told
            if key in told:
                return told
            self._told.append(told)
        assert self._process.stderr is not None
        pytest.fail(f"the player ended without telling {key!r}: {(await self._process.stderr.read()).decode()}")


@asynccontextmanager
async def player(url: str, game: str) -> AsyncGenerator[Player]:
    words = (PLAYER, url, BUILT / "pelton.js", WS, game)
    process = await asyncio.create_subprocess_exec(NODE, *map(str, words), stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        yield Player(process)
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture(scope="module")
def server(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    game = tmp_path_factory.mktemp("duel") / "duel.py"
    game.write_text(GAME, encoding="utf-8")
    running = start_server(files=(Path(game),))
    yield running
    running.stop()


async def sees_moving(room: Room, ship_id: int) -> None:
    """Take frames until the ship has been somewhere else."""
    seen: set[float] = set()
    async for _ in room:
        ship = room.state.ships.get(ship_id)
        if ship is not None:
            seen.add(ship.x)
        if len(seen) > 2:
            return


@pytest.mark.timeout(TIMEOUT_S)
async def test_node_and_python_play_together_and_node_keeps_its_seat_when_it_is_cut_off(server: RunningServer) -> None:
    relay = Relay(server.port)
    async with relay.listening() as url, connect(server.url) as client, player(url, "duel") as node:
        joined = await node.tells("joined")
        room = await client.join(joined["joined"], name="Python")
        await room.act("steer", turn=0, thrust=1)
        assert (await node.tells("moves"))["moves"] == room.player_id
        node.order("fly")
        await sees_moving(room, joined["playerId"])
        await node.tells("checked")

        relay.cut()
        assert (await node.tells("resumed"))["resumed"] == joined["playerId"]
        back = await node.tells("back")
        assert back["inSight"]
        assert back["back"]["eventsLost"] == 0
        assert (room.state.ships.get(joined["playerId"])) is not None, "the seat was never given back"
        node.order("forget")
        assert (await node.tells("moves"))["moves"] in (room.player_id, joined["playerId"])
        await sees_moving(room, joined["playerId"])

        node.order("leave")
        assert (await node.tells("over"))["over"] == "you_left"
        await room.leave()
