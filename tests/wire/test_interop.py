"""Over TCP with websockets' own asyncio client and server: what we agree on with ourselves may still be wrong."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from pelton.wire import ClientHandshake, Page, ServerHandshake, Sweep, TransportChannel, WebSocket
from tests.wire.fakes import SUBPROTOCOL

MESSAGE_MAX = 200_000
SUBPROTOCOLS = [Subprotocol(SUBPROTOCOL)]
MESSAGES = [b"", b"x", *(b"y" * size for size in (125, 126, 127, 65_535, 65_536, MESSAGE_MAX))]
BEAT_S = 0.001


class Echo:
    """Sends back what it gets, in order; reads no more while something waits."""

    def __init__(self) -> None:
        self.websocket: WebSocket
        self.closed_event = asyncio.Event()
        self.closing: tuple[int, str] | None = None
        self.waiting: list[bytes] = []

    def opened(self) -> None:
        """The client speaks first."""

    def received(self, payload: bytes) -> None:
        if payload == b"close, please":
            self.websocket.close(4001, "as you wish")
        elif not self.websocket.send(payload):
            self.waiting.append(payload)
            self.websocket.pause()

    def drained(self) -> None:
        while self.waiting and self.websocket.send(self.waiting[0]):
            del self.waiting[0]
        if not self.waiting:
            self.websocket.resume()

    def closed(self, code: int, reason: str) -> None:
        self.closing = (code, reason)
        self.closed_event.set()


class EchoServer:
    """Listens on a port; keeps the endpoints to be asked afterwards."""

    def __init__(self) -> None:
        self.echoes: list[Echo] = []
        self.port = 0
        self._handshake = ServerHandshake(SUBPROTOCOL, MESSAGE_MAX, {"/healthz": Page.text(200, "ok")}.get)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    def new_websocket(self) -> WebSocket:
        echo = Echo()
        echo.websocket = WebSocket(self._handshake, echo, MESSAGE_MAX, 65_536)
        self.echoes.append(echo)
        return echo.websocket

    def end(self) -> None:
        for echo in self.echoes:
            if not echo.websocket.gone:
                echo.websocket.drop(1006, "the test is over")


@asynccontextmanager
async def on_transports() -> AsyncGenerator[EchoServer]:
    server = EchoServer()
    channels: list[TransportChannel] = []

    def accept() -> TransportChannel:
        channels.append(TransportChannel(server.new_websocket(), memoryview(bytearray(2048))))
        return channels[-1]

    listening = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        server.end()
        await asyncio.gather(*(channel.ended.wait() for channel in channels))


@asynccontextmanager
async def on_a_sweep() -> AsyncGenerator[EchoServer]:
    server = EchoServer()
    sweep = Sweep(2048)
    loop = asyncio.get_running_loop()

    async def accept(listening: socket.socket) -> None:
        while True:
            sock, _ = await loop.sock_accept(listening)
            sock.setblocking(False)
            sweep.add(sock, server.new_websocket())

    async def beat() -> None:
        while True:
            sweep.sweep()
            await asyncio.sleep(BEAT_S)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        server.port = listening.getsockname()[1]
        tasks = [asyncio.create_task(accept(listening)), asyncio.create_task(beat())]
        try:
            yield server
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            server.end()
            sweep.close()


Server = Callable[[], AbstractAsyncContextManager[EchoServer]]
on_each_channel = pytest.mark.parametrize("running", [on_a_sweep, on_transports], ids=["swept", "transport"])


def client_of(
    server: EchoServer, subprotocols: list[Subprotocol] | None = SUBPROTOCOLS, compression: str | None = None
) -> connect:
    return connect(server.url, subprotocols=subprotocols, compression=compression, max_size=None, proxy=None)


@on_each_channel
async def test_messages_of_every_size_come_back(running: Server) -> None:
    async with running() as server, client_of(server) as client:
        assert client.subprotocol == SUBPROTOCOL
        for message in MESSAGES:
            await client.send(message)
            assert await client.recv() == message


@on_each_channel
async def test_many_messages_at_once_come_back_in_order(running: Server) -> None:
    messages = [b"%d" % number * (number % 500) for number in range(1000)]
    async with running() as server, client_of(server) as client:
        await asyncio.gather(send_all(client, messages), expect_all(client, messages))


async def send_all(client: ClientConnection, messages: list[bytes]) -> None:
    for message in messages:
        await client.send(message)


async def expect_all(client: ClientConnection, messages: list[bytes]) -> None:
    for message in messages:
        assert await client.recv() == message


@on_each_channel
async def test_fragments_come_back_as_one_message(running: Server) -> None:
    async with running() as server, client_of(server) as client:
        await client.send([b"one ", b"", b"two ", b"three"])
        assert await client.recv() == b"one two three"


@on_each_channel
async def test_a_ping_is_answered(running: Server) -> None:
    async with running() as server, client_of(server) as client:
        waiter = await client.ping(b"are you there?")
        assert await waiter >= 0
        await client.send(b"still open")
        assert await client.recv() == b"still open"


@on_each_channel
async def test_a_client_that_offers_compression_gets_none(running: Server) -> None:
    async with running() as server, client_of(server, compression="deflate") as client:
        assert client.protocol.extensions == []
        await client.send(b"x" * 1000)
        assert await client.recv() == b"x" * 1000


@on_each_channel
async def test_a_clients_goodbye_reaches_the_endpoint(running: Server) -> None:
    async with running() as server:
        async with client_of(server) as client:
            await client.close(4002, "going")
        assert (client.close_code, client.close_reason) == (4002, "going")
        await server.echoes[0].closed_event.wait()
        assert server.echoes[0].closing == (4002, "going")


@on_each_channel
async def test_a_servers_goodbye_reaches_the_client(running: Server) -> None:
    async with running() as server, client_of(server) as client:
        await client.send(b"close, please")
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4001, "as you wish")


@on_each_channel
@pytest.mark.parametrize(("message", "code"), [("text", 1003), (b"x" * (MESSAGE_MAX + 1), 1009)])
async def test_what_is_refused_is_told_by_its_code(running: Server, message: str | bytes, code: int) -> None:
    async with running() as server, client_of(server) as client:
        await client.send(message)
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == code
        assert server.echoes[0].closing is not None
        assert server.echoes[0].closing[0] == code


@on_each_channel
@pytest.mark.parametrize("offered", [None, [Subprotocol("other")]])
async def test_a_client_of_another_protocol_is_refused(running: Server, offered: list[Subprotocol] | None) -> None:
    async with running() as server:
        with pytest.raises(InvalidStatus) as refused:
            async with client_of(server, subprotocols=offered):
                pytest.fail("it was let in")
        assert refused.value.response.status_code == 400


class Client:
    """Our client's end: what it was told, to be awaited."""

    def __init__(self, url: str) -> None:
        handshake = ClientHandshake(url, SUBPROTOCOL, MESSAGE_MAX)
        self.host, self.port = handshake.host, handshake.port
        self.websocket = WebSocket(handshake, self, MESSAGE_MAX, 65_536)
        self.open = asyncio.Event()
        self.messages: asyncio.Queue[bytes] = asyncio.Queue()
        self.closing: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    def opened(self) -> None:
        self.open.set()

    def received(self, payload: bytes) -> None:
        self.messages.put_nowait(payload)

    def drained(self) -> None:
        """Each message is small."""

    def closed(self, code: int, reason: str) -> None:
        self.closing.set_result((code, reason))
        self.open.set()


@asynccontextmanager
async def connected(answer: Callable[[ServerConnection], Awaitable[None]]) -> AsyncGenerator[Client]:
    """Our client, open, against websockets' server."""
    async with serve(answer, "127.0.0.1", 0, subprotocols=SUBPROTOCOLS, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        client = Client(f"ws://127.0.0.1:{port}/")
        channel = TransportChannel(client.websocket, memoryview(bytearray(2048)))
        await asyncio.get_running_loop().create_connection(lambda: channel, client.host, client.port)
        await client.open.wait()
        try:
            yield client
        finally:
            client.websocket.close(1000, "")
            await asyncio.wait_for(channel.ended.wait(), 5)


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def test_our_client_speaks_with_their_server() -> None:
    async with connected(echo) as client:
        for message in MESSAGES:
            assert client.websocket.push(message)
            assert await client.messages.get() == message
    assert await client.closing == (1000, "")


async def test_our_client_takes_fragments_and_answers_pings_of_their_server() -> None:
    async def answer(connection: ServerConnection) -> None:
        await connection.send([b"one ", b"two"])
        await (await connection.ping())
        await connection.send(b"ponged")

    async with connected(answer) as client:
        assert await client.messages.get() == b"one two"
        assert await client.messages.get() == b"ponged"


async def test_our_client_is_told_of_their_servers_goodbye() -> None:
    async def answer(connection: ServerConnection) -> None:
        await connection.close(4003, "no more")

    async with connected(answer) as client:
        assert await client.closing == (4003, "no more")


async def test_their_server_is_told_of_our_clients_goodbye() -> None:
    told: asyncio.Future[tuple[int | None, str | None]] = asyncio.get_running_loop().create_future()

    async def answer(connection: ServerConnection) -> None:
        await connection.wait_closed()
        told.set_result((connection.close_code, connection.close_reason))

    async with connected(answer) as client:
        client.websocket.close(4004, "enough")
        assert await told == (4004, "enough")
