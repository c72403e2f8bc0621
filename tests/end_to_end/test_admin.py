"""The admin port of a real server, asked as dashboards, load tests and people do."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pelton.client import connect
from tests.end_to_end.conftest import RunningServer, StartServer
from tests.server.admin.exposition import read

TIMEOUT_S = 10
SLOW_GAME = """
import time

from pelton.server import Room


class Slow(Room):
    tick_hz = 50

    def on_tick(self, tick, actions):
        time.sleep(0.03)
"""


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def server(start_server: StartServer, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("slow") / f"slow_on_{request.param}.py"
    file.write_text(SLOW_GAME, encoding="utf-8")
    running = start_server(f"server.loop={request.param}", files=(file,))
    yield running
    running.stop()
    assert "Traceback" not in running.log()


@pytest.fixture
def http_(server: RunningServer) -> Iterator[http.client.HTTPConnection]:
    url = urlsplit(server.admin_url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=TIMEOUT_S)
    yield connection
    connection.close()


def get(server: RunningServer, path: str) -> str:
    with urllib.request.urlopen(server.admin_url + path, timeout=TIMEOUT_S) as answer:  # noqa: S310 - it is ours
        assert answer.status == 200
        text: str = answer.read().decode()
    return text


def stats(server: RunningServer) -> Any:
    return json.loads(get(server, "stats"))


async def played(server: RunningServer, game: str, frames: int) -> Any:
    """Play for so many frames, and look while still inside."""
    async with connect(server.url) as client:
        room = await client.join_or_create(game)
        async for _ in room:
            frames -= 1
            if not frames:
                break
        return await asyncio.to_thread(stats, server)


def test_stats_are_those_of_the_process(server: RunningServer) -> None:
    first = stats(server)
    asyncio.run(played(server, "arena", 2))  # by then time has passed, even as coarsely as it is told
    second = stats(server)
    status = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
    resident = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert resident is not None
    assert 0.5 < second["rss_bytes"] / (int(resident[1]) * 1024) < 2
    assert 0 < first["cpu_ns"] < second["cpu_ns"]
    assert 0 < first["uptime_s"] < second["uptime_s"]


def test_a_room_is_told_with_its_players_and_ticks(server: RunningServer) -> None:
    found = asyncio.run(played(server, "arena", 5))
    (room,) = [room for room in found["rooms"] if room["game"] == "arena"]
    assert (room["players"], room["tick_hz"], room["budget_us"]) == (1, 20, 50_000)
    assert room["ticks"] >= 5
    assert 0 < room["duration_us"]["p50"] <= room["duration_us"]["p99"] <= room["duration_us"]["max"]
    assert found["tick"]["count"] == found["metrics"]["ticks"] >= 5
    assert found["connections"] == found["players"] == 1


def test_a_game_that_is_too_slow_is_seen_in_stats_metrics_and_log(server: RunningServer) -> None:
    found = asyncio.run(played(server, "slow", 3))
    (room,) = [room for room in found["rooms"] if room["game"] == "slow"]
    assert room["overruns"] >= 3
    assert room["duration_us"]["p50"] >= 30_000
    assert found["tick"]["overruns"] >= 3
    families = read(get(server, "metrics"))
    assert families["pelton_ticks_overrun_total"].samples["pelton_ticks_overrun_total", (("game", "slow"),)] >= 3
    line = rf"room {room['room_id']} \(slow\): tick 1 took \d+\.\d ms, and its budget is 20\.0 ms\n"
    assert re.search(line, server.log())


def test_head_has_the_headers_of_get(http_: http.client.HTTPConnection) -> None:
    http_.request("HEAD", "/readyz")
    answer = http_.getresponse()
    assert (answer.status, answer.getheader("Content-Length"), answer.read()) == (200, "6", b"")


@pytest.mark.parametrize(
    ("method", "path", "host", "status"),
    [
        ("GET", "/", "localhost", 200),
        ("GET", "/nothing", "localhost", 404),
        ("POST", "/stats", "localhost", 405),
        ("GET", "/stats", "example.com", 403),
    ],
)
def test_requests_are_answered_each_in_its_way(
    http_: http.client.HTTPConnection, method: str, path: str, host: str, status: int
) -> None:
    http_.request(method, path, headers={"Host": host})
    answer = http_.getresponse()
    assert answer.status == status
    assert len(answer.read()) == int(answer.getheader("Content-Length") or 0) > 0


def test_the_game_port_has_none_of_it(server: RunningServer) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(server.http_url + "stats", timeout=TIMEOUT_S)  # noqa: S310 - it is ours
