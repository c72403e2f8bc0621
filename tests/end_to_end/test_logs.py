"""The log of a real server: objects of JSON for machines, bounded under a flood, and no reason to wait."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import pytest

from pelton.client import connect
from tests.end_to_end.conftest import clean_environment
from tests.end_to_end.raw import RawClient, frame

TIMEOUT_S = 20
ADMIN = re.compile(rb"admin port: (http://[\d.:]+/)")
LISTENING = re.compile(r"listening on (ws://\S+:(\d+)/)")
LOUD_GAME = """
import asyncio
import logging

from pelton.server import Room

log = logging.getLogger("loud")


class Loud(Room):
    tick_hz = 50

    def on_join(self, player):
        log.warning("%s is here", player.name, extra={"player_id": player.id})
        loop = asyncio.get_running_loop()
        for _ in range(int(self.options.get("failures", 0))):
            loop.call_soon(lambda: 1 // 0)

    def on_tick(self, tick, actions):
        for number in range(int(self.options.get("lines", 0))):
            log.warning("tick %d, line %d: " + "x" * 200 + str(number), tick.number, number)
"""

BROKEN_GAME = """
from pelton.server import Room


class Broken(Room):
    def on_create(self):
        raise ValueError("eve\\nwas here" + "x" * 10_000)
"""
FLOOD = 1_000
"""Connections, each wrong in one of several ways."""
LOG_BYTES_MAX = 60_000

Start = Callable[..., "Server"]


class Server:
    """A server as a process, whose standard error goes where the test wants it."""

    def __init__(self, stderr: IO[bytes] | int, file: Path, *settings: str) -> None:
        options = [word for setting in settings for word in ("--set", setting)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pelton.server", "--port", "0", *options, str(file)],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=clean_environment(),
        )
        assert self.process.stdout is not None
        found = LISTENING.search(self.process.stdout.readline())
        assert found is not None
        self.url, self.port = found[1], int(found[2])

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode


@pytest.fixture
def game(tmp_path: Path) -> Path:
    file = tmp_path / "loud.py"
    file.write_text(LOUD_GAME, encoding="utf-8")
    return file


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Server] = []

    def start(stderr: IO[bytes] | int, file: Path, *settings: str) -> Server:
        started.append(Server(stderr, file, *settings))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.communicate()


async def play(url: str, frames: int, **options: Any) -> None:
    """Play so many frames of the loud game."""
    async with asyncio.timeout(TIMEOUT_S), connect(url) as client:
        room = await client.create("loud", **options)
        async for _ in room:
            frames -= 1
            if not frames:
                return


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_log_that_goes_to_a_file_is_json_and_no_player_breaks_it(
    start: Start, game: Path, tmp_path: Path, loop: str
) -> None:
    path = tmp_path / "log"
    with path.open("wb") as log:
        server = start(log, game, f"server.loop={loop}")
        asyncio.run(play(server.url, 3, name='eve\n{"level":"critical"}\x1b[2J\u202e'))
        assert server.stop() == 0
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [line["message"] for line in lines if line["logger"] == "pelton"][-2:] == [
        "stopping; rooms have 10 s to end",
        "stopped",
    ]
    (here,) = [line for line in lines if line["logger"] == "loud"]
    assert here["message"] == r'eve\n{"level":"critical"}\x1b[2J\u202e is here'
    assert here["player_id"] == 1


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_standard_error_that_nobody_reads_holds_nobody_up(start: Start, game: Path, loop: str) -> None:
    """The pipe takes 64 KiB, and what the game logs is many times that: the server must go on, and end in order."""
    server = start(subprocess.PIPE, game, f"server.loop={loop}")
    for _ in range(2):
        asyncio.run(play(server.url, 50, lines=2000))
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(TIMEOUT_S) == 0


def test_exceptions_that_nobody_answers_for_are_counted_and_survived(start: Start, game: Path, tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as log:
        server = start(log, game)
        asyncio.run(play(server.url, 3, failures=1000))
        found = ADMIN.search(path.read_bytes())
        assert found is not None
        with urllib.request.urlopen(found[1].decode() + "metrics", timeout=TIMEOUT_S) as answer:  # noqa: S310 - it is ours
            assert "pelton_unhandled_errors_total 1000\n" in answer.read().decode()
        assert server.stop() == 0
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    told = [line for line in lines if line["message"].startswith("unhandled error on the event loop")]
    assert [line.get("suppressed") for line in told] == [None] * 10 + [990]
    assert "ZeroDivisionError" in told[0]["exception"]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_thousand_bad_connections_are_a_few_lines(start: Start, tmp_path: Path, loop: str) -> None:
    """One in four makes the game raise, so that there is something to log at all."""
    file, path = tmp_path / "broken.py", tmp_path / "log"
    file.write_text(BROKEN_GAME, encoding="utf-8")
    with path.open("wb") as log:
        no_breaker = "simulate.room_faults_per_minute_max=10000"
        server = start(log, file, f"server.loop={loop}", no_breaker)
        with ThreadPoolExecutor(16) as crowd:
            list(crowd.map(lambda number: spoil(number, server.port), range(FLOOD)))
        assert server.stop() == 0
    size = path.stat().st_size
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert size < LOG_BYTES_MAX, f"{size} bytes, {len(lines)} lines"
    raised = [line for line in lines if "on_create raised" in line["message"]]
    assert sum(line.get("suppressed", 1) for line in raised) == FLOOD // 4, "none is lost from the count"


def spoil(number: int, port: int) -> None:
    """One more connection that does something wrong."""
    with RawClient(port) as client:
        match number % 4:
            case 0:
                client.send(b"\x16\x03\x01 no HTTP\r\n\r\n")
                client.rest()
            case 1:
                client.upgrade()
                client.send(frame(b"text", 0x1))
                assert client.closed()[0] == 1003
            case 2:
                client.upgrade()
                client.send(frame(b"\xc1\x1b[2J"))
                assert client.closed()[0] == 4400
            case _:
                client.greet()
                client.say(2, 1, "broken", {"name": "eve\n"})
                assert client.hear()[1] == "room_error"


def test_a_server_that_fails_says_so_in_the_log_and_ends_with_1(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pelton.server", "--port", "0", "--set", "games.mine=nowhere:Game"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        env=clean_environment(),
        cwd=tmp_path,
        check=False,
    )
    (line,) = map(json.loads, done.stderr.splitlines())
    assert (done.returncode, line["level"]) == (1, "critical")
    assert line["message"].startswith("[games] mine = 'nowhere:Game': cannot import 'nowhere'")
