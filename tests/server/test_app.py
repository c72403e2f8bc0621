"""A whole server in this process: it starts, plays on a clock that is moved by hand, and goes down in order."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from importlib.metadata import PackageNotFoundError
from urllib.parse import urlsplit

import pytest

from pelton.protocol.plain import encode_value
from pelton.server import app as app_module
from pelton.server.app import CannotListen, Server, server_version
from pelton.server.clock import ManualClock
from pelton.server.loop import loop_name
from pelton.wire.frames import masked_frame
from tests.server.fakes import settings
from tests.server.games import GAMES
from tests.server.peer import UPGRADE, Peer
from tests.server.wheel import TRANSPORTS


def new_server(*overrides: str, clock: ManualClock | None = None) -> Server:
    config = settings("server.port=0", "receive.intake_interval_ms=1", *overrides)
    return Server(config, GAMES, clock)


def port_of(server: Server) -> int:
    port = urlsplit(server.url).port
    assert port
    return port


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return f"server.transport={request.param}"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def server(transport: str, clock: ManualClock) -> AsyncIterator[Server]:
    server = new_server(transport, clock=clock)
    await server.start()
    yield server
    await server.stop()


async def test_a_player_is_seated_and_plays(server: Server, clock: ManualClock) -> None:
    with Peer(port_of(server)) as peer:
        await peer.join()
        await peer.say(5, 1)
        await peer.hear_until(21)  # so the join is read as well
        clock.advance(0.05)
        assert (await peer.hear_until(17))[2] == "tally"
        assert (await peer.hear_until(20))[3:5] == [1, 0]
        await peer.say(4, 1, ["add", 5])
        await peer.say(5, 2)
        await peer.hear_until(21)
        clock.advance(0.05)
        changed = [1, b"\x01", b"\x05\x00\x00\x00", None]
        assert await peer.hear_until(20) == [20, 1, [], 2, 1, [], [[0, 0, False, None, None, None, changed, None]]]
        assert (server.metrics.ticks, server.metrics.actions_taken) == (2, 1)


async def test_bytes_from_and_to_players_are_counted_each_way(server: Server) -> None:
    with Peer(port_of(server)) as peer:
        hello = masked_frame(encode_value([1, "peer"]), b"\x01\x02\x03\x04")
        head = await peer.upgrade()
        await peer.send(hello)
        welcome = encode_value(await peer.hear())
        assert server.metrics.bytes_received == len(UPGRADE) + len(hello)
        assert server.metrics.bytes_sent == len(head) + 4 + 2 + len(welcome)


async def test_rooms_of_different_rates_tick_each_at_its_own(server: Server, clock: ManualClock) -> None:
    with Peer(port_of(server)) as slow, Peer(port_of(server)) as fast:
        for peer, game in ((slow, "tally"), (fast, "fast")):
            await peer.join(game)
            await peer.say(5, 1)
            await peer.hear_until(21)
        for _ in range(4):
            clock.advance(0.025)
            await fast.hear_until(20)
        assert [(await slow.hear_until(20))[3] for _ in range(2)] == [1, 2]
        assert server.metrics.ticks == 6


async def test_stopping_tells_the_players_and_lets_them_go(transport: str, caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    server = new_server(transport, clock=clock)
    await server.start()
    port = port_of(server)
    with Peer(port) as seated, Peer(port) as greeted:
        await greeted.greet()
        await seated.join()
        await seated.say(5, 1)
        await seated.hear_until(21)
        clock.advance(0.05)
        await seated.hear_until(20)
        stopping = asyncio.ensure_future(server.stop())
        assert await seated.hear_until(19) == [19, "shutting_down"]
        assert await seated.closed() == await greeted.closed() == (1012, "the server is going down")
        assert not stopping.done()
    await stopping
    assert server.metrics.connections == 0
    assert caplog.records == []
    with pytest.raises(ConnectionRefusedError):
        Peer(port)


async def test_who_does_not_go_is_cut_when_the_time_is_over(transport: str, caplog: pytest.LogCaptureFixture) -> None:
    """On a clock that stands still, so nothing but the time for stopping can end it."""
    server = new_server(transport, "server.shutdown_timeout_s=0.1", clock=ManualClock())
    await server.start()
    with Peer(port_of(server)) as clinging:
        await clinging.greet()
        with caplog.at_level(logging.WARNING):
            await server.stop()
        assert "some clients did not go by themselves" in caplog.text
        assert (await clinging.closed())[0] == 1012


async def test_a_server_nobody_is_on_stops_at_once(transport: str, caplog: pytest.LogCaptureFixture) -> None:
    server = new_server(transport, "server.shutdown_timeout_s=300")
    await server.start()
    await server.stop()
    assert caplog.records == []


async def test_a_port_in_use_is_an_error_and_leaves_nothing_behind(transport: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = settings(f"server.port={port}", transport)
        with pytest.raises(OSError, match="in use"):
            await Server(config, GAMES).start()
    again = Server(config, GAMES)  # the port is free now
    await again.start()
    assert port_of(again) == port
    await again.stop()


async def test_an_admin_port_in_use_is_an_error_and_leaves_nothing_behind(transport: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        game_port = free.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = Server(settings(f"server.port={game_port}", f"admin.port={port}", transport), GAMES)
        with pytest.raises(CannotListen, match=rf"127\.0\.0\.1:{port} \(section admin, host and port\): .*in use"):
            await server.start()
        with pytest.raises(ConnectionRefusedError):
            Peer(game_port)


async def test_the_admin_port_tells_of_this_server(server: Server, clock: ManualClock, transport: str) -> None:
    with Peer(port_of(server)) as peer:
        await peer.join()
        await peer.say(5, 1)
        await peer.hear_until(21)
        clock.advance(0.05)
        await peer.hear_until(20)
        found = json.loads((await asked(server, "/stats")).partition(b"\r\n\r\n")[2])
    assert (found["version"], found["uptime_s"]) == (server_version(), 0.05)
    assert (found["connections"], found["players"], found["tick"]["count"]) == (1, 1, 1)
    assert [room["game"] for room in found["rooms"]] == ["tally"]
    assert f"server.transport={found['transport']}" == transport
    assert found["loop"] == loop_name(asyncio.get_running_loop())


async def test_the_admin_port_is_there_until_the_last_has_gone(transport: str) -> None:
    server = new_server(transport, clock=ManualClock())
    await server.start()
    with Peer(port_of(server)) as clinging:
        await clinging.greet()
        assert (await asked(server, "/readyz")).startswith(b"HTTP/1.1 200 ")
        stopping = asyncio.ensure_future(server.stop())
        await clinging.closed()
        assert (await asked(server, "/readyz")).startswith(b"HTTP/1.1 503 ")
        assert not stopping.done()
    await stopping
    with pytest.raises(ConnectionRefusedError):
        await asked(server, "/readyz")


async def test_an_admin_port_of_minus_one_is_none(transport: str) -> None:
    server = new_server(transport, "admin.port=-1")
    await server.start()
    assert server.admin_url is None
    await server.stop()


async def test_the_admin_port_can_be_on_ipv6(transport: str) -> None:
    server = new_server(transport, "admin.host=::1")
    await server.start()
    assert server.admin_url is not None
    assert server.admin_url.startswith("http://[::1]:")
    assert (await asked(server, "/healthz")).startswith(b"HTTP/1.1 200 ")
    await server.stop()


async def asked(server: Server, path: str) -> bytes:
    """The whole response of the admin port."""
    assert server.admin_url is not None
    url = urlsplit(server.admin_url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
    response = await reader.read()
    writer.close()
    await writer.wait_closed()
    return response


async def test_the_url_is_where_clients_connect(transport: str) -> None:
    server = new_server(transport, "server.host=localhost")
    await server.start()
    assert server.url in (f"ws://127.0.0.1:{port_of(server)}/", f"ws://[::1]:{port_of(server)}/")
    await server.stop()


async def test_the_same_seed_makes_the_same_rooms(transport: str) -> None:
    async def room_of(seed: int) -> str:
        clock = ManualClock()
        server = new_server(transport, f"simulate.seed={seed}", clock=clock)
        await server.start()
        with Peer(port_of(server)) as peer:
            await peer.join()
            await peer.say(5, 1)
            await peer.hear_until(21)
            clock.advance(0.05)
            room_id = (await peer.hear_until(17))[1]
        await server.stop()
        assert isinstance(room_id, str)
        return room_id

    one, again, other, unseeded, unseeded_again = [await room_of(seed) for seed in (7, 7, 8, 0, 0)]
    assert one == again
    assert len({one, other, unseeded, unseeded_again}) == 4


def test_a_server_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(app_module, "version", missing)
    assert server_version() == "unknown"
    monkeypatch.setattr(app_module, "version", lambda _: "1.2.3")
    assert server_version() == "1.2.3"
