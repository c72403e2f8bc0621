"""`python -m pelton.netsim` between a real server and real clients, all of them processes but the client."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import pytest

from pelton.client import connect
from tests.end_to_end.conftest import RunningServer, StartServer

TIMEOUT_S = 30
READY = re.compile(r"listening on 127\.0\.0\.1:(\d+), to 127\.0\.0\.1:\d+ through (.*)\n")


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server()
    yield running
    running.stop()
    assert "Traceback" not in running.log()


@asynccontextmanager
async def netsim(port: int, *options: str) -> AsyncGenerator[tuple[Process, str, str]]:
    """The process, the address that a client connects to, and the conditions as it tells them."""
    to = f"127.0.0.1:{port}"
    command = (sys.executable, "-m", "pelton.netsim", "--to", to, "--listen", "127.0.0.1:0", *options)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        found = READY.fullmatch(line)
        assert found, line
        yield process, f"ws://127.0.0.1:{found[1]}/", found[2]
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ended(process: Process, *numbers: signal.Signals) -> tuple[int | None, str, str]:
    """After these signals: exit code, standard output and standard error."""
    for number in numbers:
        process.send_signal(number)
    out, err = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    return process.returncode, out.decode(), err.decode()


async def test_a_client_plays_through_the_proxy(server: RunningServer) -> None:
    async with netsim(server.port, "--net", "latency_ms=15,loss=0.01,up_kbit_s=4000", "--seed", "5") as running:
        process, url, told = running
        assert told == "15 ms, 4,000 kbit/s up, unlimited down, 1 % loss"
        async with connect(url) as client:
            assert await client.ping() >= 0.030
            room = await client.join_or_create("arena")
            await room.act("steer", turn=0, thrust=1)
            async for frame in room:
                if frame.taken:
                    break
        code, out, err = await ended(process, signal.SIGTERM)
    assert (code, err) == (0, "")
    assert re.fullmatch(r"1 connection in \d+\.\d s\n[\d,]+ (bytes|kB) up, [\d,]+ (bytes|kB) down, .*\n", out)


async def test_a_signal_ends_the_connections_in_order_and_a_second_one_at_once() -> None:
    reached = asyncio.Event()

    def look(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        writer.close()

    listening = await asyncio.start_server(look, "127.0.0.1", 0)
    async with netsim(listening.sockets[0].getsockname()[1], "--net", "latency_ms=10000") as (process, url, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2].rstrip("/")))
        await reached.wait()
        code, out, err = await ended(process, signal.SIGINT, signal.SIGTERM)
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()
    assert (code, out.splitlines()[0].split(" in ")[0]) == (0, "1 connection")
    assert err == "pelton netsim: asked again, ended at once\n"
    listening.close()


async def test_quiet_says_nothing_but_where_it_listens(server: RunningServer) -> None:
    async with netsim(server.port, "--quiet") as (process, _, told):
        assert told.startswith("25 ms + 10 ms jitter, 12 Mbit/s up")
        assert await ended(process, signal.SIGTERM) == (0, "", "")


async def test_a_server_that_is_not_there_closes_the_client_with_a_line_that_says_why() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        async with netsim(taken.getsockname()[1]) as (process, url, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2].rstrip("/")))
            assert await reader.read() == b""
            writer.close()
            code, out, err = await ended(process, signal.SIGTERM)
    assert code == 0
    assert "1 could not reach the target" in out
    assert re.fullmatch(r"pelton netsim: cannot reach 127\.0\.0\.1:\d+: .*[Cc]onnect.*\n", err)


def test_an_address_that_is_taken_ends_with_3(server: RunningServer) -> None:
    where = f"127.0.0.1:{server.port}"
    command = [sys.executable, "-m", "pelton.netsim", "--to", "127.0.0.1:1", "--listen", where]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"pelton netsim: cannot listen on {where}: ")


def test_on_a_terminal_a_live_line_tells_what_goes_through(server: RunningServer) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pelton.netsim", "--to", f"127.0.0.1:{server.port}", "--listen", "127.0.0.1:0"]
    environment = {**os.environ, "TERM": "xterm"}
    with os.fdopen(ours, "rb", buffering=0) as screen:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment)
        os.close(theirs)
        shown = b""
        while b"0 resets" not in shown:
            shown += screen.read(65_536)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=TIMEOUT_S)
    assert b"0 connections, 0 open: 0 bytes up, 0 bytes down, 0 stalls, 0 resets" in shown
    assert process.returncode == 0
    assert b"0 connections in " in out
