"""A server as a process: what it prints, how it ends, and what it says when it cannot start."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.peer import Peer

Start = Callable[..., subprocess.Popen[str]]

LOOPS = ["asyncio", "uvloop"]
AT_ONCE = ("--set", "server.drain_timeout_s=0")


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `python -m pelton.server`; what is still running after the test is killed."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pelton.server", "--set", "log.format=console", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def port_of(process: subprocess.Popen[str]) -> int:
    """Wait for the line that says where it listens."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(
        r"listening on ws://127\.0\.0\.1:(\d+)/(?:, inspector at http://127\.0\.0\.1:\d+/inspector)?\n", line
    )
    assert found, line
    return int(found[1])


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit status and the rest of the log."""
    _, log = process.communicate(timeout=20)
    return process.returncode, log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("loop", LOOPS)
def test_a_signal_stops_it_in_order(start: Start, loop: str, number: signal.Signals) -> None:
    process = start("--port", "0", "--set", f"server.loop={loop}")
    port_of(process)
    process.send_signal(number)
    status, log = ended(process)
    assert status == 0
    assert f"{loop} loop, swept sockets, games: arena" in log
    assert log.index("stopping") < log.index("stopped")
    assert "Traceback" not in log


async def test_a_signal_tells_the_players_to_come_back(start: Start) -> None:
    process = start("--port", "0", *AT_ONCE)
    with Peer(port_of(process)) as peer:
        await peer.join("arena")
        await peer.hear_until(17)
        process.terminate()
        assert (await peer.hear_until(25))[1] == 0
        assert await peer.hear_until(19) == [19, "shutting_down"]
        assert await peer.closed() == (1012, "the server is going down")
    assert ended(process)[0] == 0


async def test_sigterm_lets_players_play_on_and_ctrl_c_does_not(start: Start) -> None:
    process = start("--port", "0", "--set", "server.drain_timeout_s=60")
    with Peer(port_of(process)) as peer:
        await peer.join("arena")
        await peer.hear_until(17)
        process.send_signal(signal.SIGTERM)
        assert (await peer.hear_until(25))[1] == 60
        for _ in range(5):
            await peer.hear_until(20)
        await peer.say(3)
        assert await peer.hear_until(19) == [19, "you_left"]
        assert (await peer.closed())[0] == 1012
    assert ended(process)[0] == 0
    process = start("--port", "0", "--set", "server.drain_timeout_s=60")
    with Peer(port_of(process)) as peer:
        await peer.join("arena")
        await peer.hear_until(17)
        process.send_signal(signal.SIGINT)
        assert (await peer.hear_until(25))[1] == 0
        assert await peer.hear_until(19) == [19, "shutting_down"]
    assert ended(process)[0] == 0


async def test_a_second_signal_stops_it_at_once(start: Start) -> None:
    """While it still waits for somebody who does not go."""
    patience = (*AT_ONCE, "--set", "server.shutdown_timeout_s=300", "--set", "receive.close_timeout_s=60")
    process = start("--port", "0", *patience)
    with Peer(port_of(process)) as clinging:
        await clinging.greet()
        process.terminate()
        assert (await clinging.closed())[0] == 1012
        assert process.poll() is None
        process.terminate()
        status, log = ended(process)
    assert status == 0
    assert "asked again: stopping at once" in log
    assert "Traceback" not in log


@pytest.mark.parametrize("loop", LOOPS)
def test_a_port_in_use_is_said_with_the_setting(start: Start, loop: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, log = ended(start("--port", str(port), "--set", f"server.loop={loop}"))
    assert status == 1
    assert f"pelton: cannot listen on 127.0.0.1:{port} (section server, host and port): " in log
    assert "Traceback" not in log


@pytest.mark.parametrize("loop", LOOPS)
def test_an_admin_port_in_use_is_said_with_the_setting_and_the_way_out(start: Start, loop: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, log = ended(start("--port", "0", "--set", f"admin.port={port}", "--set", f"server.loop={loop}"))
    assert (status, log.count("\n")) == (1, 1)
    assert log.startswith(f"pelton: cannot listen on 127.0.0.1:{port} (section admin, host and port): ")
    assert log.endswith("; admin.port = 0 takes any free one, -1 turns it off\n")


def test_an_admin_host_that_others_can_reach_is_refused_with_the_reason(start: Start) -> None:
    status, log = ended(start("--port", "0", "--set", "admin.host=0.0.0.0"))
    assert status == 2
    assert log == (
        '--set admin.host=0.0.0.0: "0.0.0.0" may be reached from other machines, and there is no admin.token; set one '
        "of 16 characters at least, best as PELTON_ADMIN__TOKEN, or take 127.0.0.1 or ::1\n"
    )


def test_two_servers_on_free_ports_have_an_admin_port_each(start: Start) -> None:
    both = [start("--port", "0"), start("--port", "0")]
    for process in both:
        port_of(process)
        process.terminate()
    logs = [ended(process)[1] for process in both]
    ports = {re.findall(r"admin port: http://127\.0\.0\.1:(\d+)/\n", log)[0] for log in logs}
    assert len(ports - {"7778"}) == 2


def test_an_admin_port_that_is_turned_off_is_not_in_the_log(start: Start) -> None:
    process = start("--port", "0", "--set", "admin.port=-1")
    port_of(process)
    process.terminate()
    assert "admin port" not in ended(process)[1]


@pytest.mark.parametrize("host", ["192.0.2.1", "a..b"])
def test_an_address_that_cannot_be_had_is_said_with_the_setting(start: Start, host: str) -> None:
    status, log = ended(start("--port", "0", "--set", f"server.host={host}"))
    assert status == 1
    assert f"pelton: cannot listen on {host}:0 (section server, host and port): " in log
    assert "Traceback" not in log


def test_a_game_that_cannot_be_had_is_said_with_its_entry(start: Start) -> None:
    status, log = ended(start("--port", "0", "--set", "games.mine=nowhere:Game"))
    assert (status, log.count("\n")) == (1, 1)
    assert log.startswith("pelton: [games] mine = 'nowhere:Game': cannot import 'nowhere'")


async def test_a_game_given_by_path_is_served(start: Start, tmp_path: Path) -> None:
    (tmp_path / "my_game.py").write_text("from pelton.server import Room\n\n\nclass DotRace(Room):\n    seats = 3\n")
    process = start(str(tmp_path / "my_game.py"), "--port", "0")
    with Peer(port_of(process)) as peer:
        await peer.join("dot_race")
        assert (await peer.hear_until(17))[2] == "dot_race"


async def test_a_game_that_raises_is_in_the_log_with_its_traceback(start: Start, tmp_path: Path) -> None:
    header, method = (
        "from pelton.server import Room\n\n\nclass Broken(Room):\n",
        "    def on_tick(self, tick, actions):\n        1 / 0\n",
    )
    (tmp_path / "my_game.py").write_text(header + method)
    process = start(str(tmp_path / "my_game.py"), "--port", "0")
    port = port_of(process)
    with Peer(port) as victim, Peer(port) as witness:
        await witness.join("arena")
        await witness.hear_until(17)
        await victim.join("broken")
        assert (await victim.hear_until(18))[1] == "room_error"
        await witness.hear_until(20)
    process.terminate()
    status, log = ended(process)
    assert status == 0
    assert "on_tick raised in tick 1" in log
    assert "ZeroDivisionError: division by zero" in log
