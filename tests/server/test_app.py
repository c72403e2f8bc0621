"""A whole server in this process: it starts, plays on a clock that is moved by hand, and goes down in order."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from importlib.metadata import PackageNotFoundError
from urllib.parse import urlsplit

import pytest

from pelton.server import app as app_module
from pelton.server.app import Server, server_version
from pelton.server.clock import ManualClock
from tests.server.fakes import settings
from tests.server.games import GAMES
from tests.server.peer import Peer
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
