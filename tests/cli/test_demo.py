"""`pelton demo` as a process: what it starts, what it says, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import pytest

from pelton.client import connect
from pelton.server.config import load_config

COMMAND = [sys.executable, "-c", "import sys; from pelton.cli.main import main; sys.exit(main())", "demo"]
END_TIMEOUT_S = 30
BOTS = 3


class RunningDemo:
    """A demo that has said where it is."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.said = ""
        assert process.stdout is not None
        for line in process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                break

    @property
    def pid(self) -> int:
        return self._process.pid

    def address(self, what: str) -> str:
        found = re.search(rf"{what} +(\S+)", self.said)
        assert found is not None, self.said
        return found[1]

    def ended(self) -> tuple[int, str]:
        """Its exit code and what it wrote to standard error."""
        _, errors = self._process.communicate(timeout=END_TIMEOUT_S)
        return self._process.returncode, errors


StartDemo: TypeAlias = Callable[..., RunningDemo]


@pytest.fixture
def start_demo() -> Iterator[StartDemo]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> RunningDemo:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PELTON_")}
        started.append(
            subprocess.Popen(
                # Where the machine is busy, ticks may overrun, which is a warning.
                [*COMMAND, "--set", "server.port=0", "--set", "log.level=error", *options],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
                start_new_session=True,  # as in a terminal: a process group that Ctrl-C is sent to
            )
        )
        return RunningDemo(started[-1])

    yield start
    for process in started:
        with process:  # closes the pipes and waits
            if process.poll() is None:
                process.kill()


async def until_seen(url: str, bots: int) -> None:
    async with connect(url) as client:
        room = await client.join_or_create("arena")
        async for _ in room:
            if len(room.state.pilots) == bots + 1:
                return


def read(page: str) -> str:
    with urllib.request.urlopen(page, timeout=10) as answer:  # noqa: S310 - an address that the demo gave
        text: str = answer.read().decode()
        return text


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_demo_has_bots_and_a_page_and_leaves_nothing_behind(start_demo: StartDemo) -> None:
    demo = start_demo("--bots", str(BOTS))
    page = demo.address("in a browser")
    assert "arena.js" in read(page)
    assert "players" in read(f"{page}status")
    assert "Pelton inspector" in read(demo.address("inside it"))
    asyncio.run(until_seen(demo.address("game clients"), BOTS))
    processes = children(demo.pid)
    assert len(processes) == 2

    os.killpg(demo.pid, signal.SIGINT)  # Ctrl-C
    assert demo.ended() == (0, "")
    for pid in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    with pytest.raises(urllib.error.URLError):
        read(page)


def test_sigterm_ends_a_demo_as_well(start_demo: StartDemo) -> None:
    demo = start_demo("--bots", "1")
    os.kill(demo.pid, signal.SIGTERM)
    assert demo.ended() == (0, "")


def test_a_demo_without_bots_waits_for_people(start_demo: StartDemo) -> None:
    demo = start_demo("--bots", "0")
    assert "nobody plays yet" in demo.said
    assert len(children(demo.pid)) == 1
    os.kill(demo.pid, signal.SIGINT)
    assert demo.ended() == (0, "")


def test_a_port_that_is_taken_is_named_with_the_servers_exit_code(start_demo: StartDemo) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, errors = start_demo("--set", f"server.port={port}").ended()
    assert code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in errors
    assert "Traceback" not in errors


def test_a_demo_starts_also_where_another_server_has_the_admin_port(start_demo: StartDemo) -> None:
    port = load_config(None, {}, ()).config.admin.port
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # some other server has it: as good
            taken.bind(("127.0.0.1", port))
            taken.listen()
        demo = start_demo("--bots", "0")
        os.kill(demo.pid, signal.SIGTERM)
        assert demo.ended() == (0, "")


def test_a_demo_has_the_admin_port_that_it_is_given(start_demo: StartDemo) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, errors = start_demo("--set", f"admin.port={port}").ended()
    assert code == 1
    assert f"cannot listen on 127.0.0.1:{port} (section admin, host and port)" in errors


def test_a_server_that_dies_ends_the_demo(start_demo: StartDemo) -> None:
    demo = start_demo("--bots", "0")
    [server] = children(demo.pid)
    os.kill(server, signal.SIGKILL)
    code, errors = demo.ended()
    assert code == 1
    assert "the server ended with exit code -9" in errors


@pytest.mark.parametrize("options", [("--set", "server.prot=1"), ("--bots", "-1")])
def test_wrong_usage_starts_nothing(start_demo: StartDemo, options: tuple[str, ...]) -> None:
    code, errors = start_demo(*options).ended()
    assert code == 2
    assert "Traceback" not in errors
