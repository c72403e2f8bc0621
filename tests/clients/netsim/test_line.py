"""The real client on a line with conditions, against a whole server in this process."""

from __future__ import annotations

import asyncio
import math
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from random import Random

import pytest

from pelton.client import Client, Closed, Room, connect
from pelton.netsim import Conditions, Uplink, dial_through
from pelton.netsim.line import Line
from pelton.server import Room as Game
from pelton.server.app import Server
from pelton.wire import WebSocket
from tests.clients.netsim.wide import WIDE_BYTES, Wide
from tests.server.fakes import settings
from tests.server.games import GAMES
from tests.server.wheel import TRANSPORTS
from tests.wire.fakes import new_websocket

PLAYED: dict[str, type[Game]] = {**GAMES, "wide": Wide}


@pytest.fixture(params=TRANSPORTS)
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    config = settings(
        "server.port=0",
        "receive.intake_interval_ms=1",
        f"server.transport={request.param}",
        "deliver.stall_timeout_s=1.5",
        "deliver.socket_send_buffer_bytes=4096",
        "server.shutdown_timeout_s=1",
    )
    server = Server(config, PLAYED)
    await server.start()
    yield server
    await server.stop()


class Net:
    """Dials through conditions on a clock that can be put forward, and keeps the lines."""

    def __init__(self, conditions: Conditions, seed: int = 1, shared: Uplink | None = None) -> None:
        self.lines: list[Line] = []
        self.ahead_s = 0.0
        self._dial = dial_through(conditions, Random(seed), shared=shared, now_s=self.now_s)

    def now_s(self) -> float:
        return time.monotonic() + self.ahead_s

    async def dial(self, websocket: WebSocket, host: str, port: int, tls: ssl.SSLContext | None) -> Line:
        line = await self._dial(websocket, host, port, tls)
        self.lines.append(line)
        return line

    def forward(self, to_s: float) -> None:
        """Put the clock on to this time, if it is not there yet, and let the line look at it."""
        self.ahead_s = max(self.ahead_s, to_s - time.monotonic())
        self.lines[-1].passage.wake()


@asynccontextmanager
async def seated(server: Server, net: Net, game: str = "tally") -> AsyncGenerator[tuple[Client, Room]]:
    async with connect(server.url, dial=net.dial) as client:
        yield client, await client.join_or_create(game)


async def answered(room: Room) -> None:
    async for frame in room:
        if frame.taken:
            break


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - what is looked at has no event
        await asyncio.sleep(0.001)


async def test_every_message_takes_the_latency_both_ways(server: Server) -> None:
    net = Net(Conditions(latency_ms=15, jitter_ms=2))
    async with seated(server, net) as (client, room):
        assert await client.ping() >= 0.030
        before_s = net.now_s()
        await room.act("add", amount=5)
        await answered(room)
        assert net.now_s() - before_s >= 0.030
        assert room.state.scores[room.player_id].total == 5


async def test_in_a_freeze_nothing_comes_and_after_it_all_is_right(server: Server) -> None:
    net = Net(Conditions(freeze_every_s=3600, freeze_ms=150))
    async with seated(server, net) as (client, room):
        freezes = net.lines[-1].passage._fate.freezes()
        assert freezes is not None
        freezes.done(0.0)
        begins_s, ends_s = freezes._spans[0]
        net.forward(begins_s)
        await room.act("add", amount=5)
        await answered(room)
        assert net.now_s() >= ends_s
        assert room.state.scores[room.player_id].total == 5
        assert await client.ping() < 3600


async def test_a_reset_cuts_a_frame_in_the_middle_and_hurts_nobody_else(server: Server) -> None:
    """A line so narrow that a frame is under way for seconds: the clock goes on to the middle of one."""
    net = Net(Conditions(down_kbit_s=200, reset_every_s=3600))
    async with connect(server.url) as unhurt, seated(server, net, "wide") as (client, room):
        other = await unhurt.join_or_create("wide")
        passage = net.lines[-1].passage
        async for _ in room:
            break
        await until(lambda: passage.down.next_s < math.inf)
        fed = passage.down.arrived_bytes
        net.forward(passage._fate.reset_at_s)
        with pytest.raises(Closed) as closed:
            async for _ in room:
                pass
        assert closed.value.code == 1006
        assert passage.was_reset
        assert passage.down.arrived_bytes > fed
        await until(lambda: server.metrics.connections == 1)
        assert client.room is None
        await other.act("touch", place=1)
        await answered(other)


async def test_the_bytes_up_to_a_cut_have_been_delivered_and_then_comes_a_reset() -> None:
    """A raw server, which sees both."""
    seen: list[bytes] = []
    ends: list[Exception] = []
    over = asyncio.Event()

    async def look(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                seen.append(data)
        except ConnectionResetError as error:
            ends.append(error)
        over.set()
        writer.close()

    listening = await asyncio.start_server(look, "127.0.0.1", 0)
    port: int = listening.sockets[0].getsockname()[1]
    net = Net(Conditions(latency_ms=30, reset_every_s=3600), seed=2)
    websocket, endpoint = new_websocket("client")
    line = await net.dial(websocket, "127.0.0.1", port, None)
    await until(lambda: bool(seen))
    websocket._channel.write(b"0123456789" * 100)
    cut = int(line.passage._fate.cut * 1000)
    assert 0 < cut < 1000
    request = b"".join(seen)
    net.forward(line.passage._fate.reset_at_s - 0.001)
    line.passage.up._pieces[0] = (math.inf, line.passage.up._pieces[0][1])  # still under way when the time comes
    net.forward(line.passage._fate.reset_at_s)
    await over.wait()
    assert b"".join(seen) == request + (b"0123456789" * 100)[:cut]
    assert len(ends) == 1
    await line.ended.wait()
    assert endpoint.codes == [1006]
    listening.close()


async def test_a_half_open_line_is_silent_until_the_server_throws_it_out(server: Server) -> None:
    net = Net(Conditions(half_open_every_s=3600))
    async with connect(server.url) as watching, seated(server, net, "wide") as (client, room):
        other = await watching.join_or_create("wide")
        line = net.lines[-1]
        async for _ in room:
            break
        net.forward(line.passage._fate.silent_from_s)
        await until(lambda: line.passage.silent)
        heard = line.passage.down.arrived_bytes
        sending = asyncio.ensure_future(keep_acting(room))
        async for _ in other:  # the others see how the seat is given back, although nobody said goodbye
            if server.metrics.connections == 1:
                break
        assert not line.ended.is_set()
        assert line.passage.down.arrived_bytes == heard
        assert client.room is room
        sending.cancel()
        client._connection._websocket.drop(1006, "given up")
        assert line.ended.is_set()
        assert line._far._transport is not None
        assert not line._far._transport.is_closing(), "the server hears nothing of that either"
    line._far.reset()
    await until(lambda: line._far._transport is None)


async def keep_acting(room: Room) -> None:
    for _ in range(200):
        await room.act("touch", place=1)
        await asyncio.sleep(0.001)


async def test_on_a_narrow_line_the_server_skips_ticks_and_the_client_gets_it_merged(server: Server) -> None:
    net = Net(Conditions(down_kbit_s=3000, buffer_bytes=4096))
    async with seated(server, net, "wide") as (_, room):
        ticks: list[int] = []
        async for frame in room:
            ticks.append(frame.tick)
            turn = room.state.wall.turn
            assert all(text.startswith(f"{turn} ") for text in room.state.tiles.column("text")), "all of one tick"
            if len(ticks) > 9:
                break
        assert any(later > earlier + 1 for earlier, later in pairwise(ticks))
        assert server.metrics.frames_skipped > 0
        assert len(room.state.tiles) * WIDE_BYTES > 4096


async def test_bots_on_a_shared_line_wait_for_each_other() -> None:
    """Two handshakes of some 200 bytes through 8 kbit/s: the second needs the time of both."""
    seen = asyncio.Queue[float]()

    async def look(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        seen.put_nowait(time.monotonic())
        writer.close()

    listening = await asyncio.start_server(look, "127.0.0.1", 0)
    port: int = listening.sockets[0].getsockname()[1]
    net = Net(Conditions(), shared=Uplink(16))
    begin_s = time.monotonic()
    pairs = [new_websocket("client") for _ in range(2)]
    lines = [await net.dial(websocket, "127.0.0.1", port, None) for websocket, _ in pairs]
    first_s, second_s = await seen.get() - begin_s, await seen.get() - begin_s
    size = len(pairs[0][0]._handshake.request())  # type: ignore[union-attr]  # a client's
    assert first_s >= size / 2000
    assert second_s >= 2 * size / 2000
    for line in lines:
        await line.ended.wait()
    listening.close()


async def test_nobody_there_is_an_os_error() -> None:
    websocket, _ = new_websocket("client")
    with pytest.raises(OSError, match=r"[Cc]onnect"):
        await Net(Conditions()).dial(websocket, "127.0.0.1", 1, None)
