"""Swarms against real servers, all of them processes: what they print, and with which exit code they end."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pelton.client import connect
from tests.end_to_end.conftest import RunningServer, StartServer

TIMEOUT_S = 50


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server("deliver.digest_interval_ticks=20")  # a second: some tests are short
    yield running
    running.stop()
    assert "Traceback" not in running.log()


def swarm(*options: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pelton.swarm", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, cwd=cwd)


async def swarm_under_way(server: RunningServer, *options: str, bots: int) -> Process:
    """A swarm whose bots have all been seen by another player."""
    command = (sys.executable, "-m", "pelton.swarm", "--bots", str(bots), "--url", server.url, *options)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=DEVNULL)
    async with connect(server.url) as client:
        room = await client.join_or_create("arena")
        async for _ in room:
            if len(room.state.pilots) == bots + 1:
                break
    return process


async def ended(process: Process) -> tuple[int, dict[str, Any]]:
    """Its exit code and its summary."""
    out, _ = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    assert process.returncode is not None
    return process.returncode, json.loads(out)


def assert_adds_up(summary: dict[str, Any]) -> None:
    """What must hold for every swarm, however it ended."""
    actions, frames, latencies = summary["actions"], summary["frames"], summary["input_to_ack_ms"]
    assert actions["sent"] == actions["taken"] + sum(actions["refused"].values()) + actions["unanswered"]
    assert summary["bots"] >= summary["started"] >= summary["connected"] >= summary["seated"]
    assert frames["keyframes"] >= summary["seated"] or summary["errors"]
    assert summary["ok"] == (not summary["problems"])
    if actions["taken"]:
        assert 0 < latencies["p50"] <= latencies["p90"] <= latencies["p99"] <= latencies["max"]


def assert_all_right(summary: dict[str, Any], bots: int, duration_s: float) -> None:
    assert_adds_up(summary)
    assert summary["ok"], summary["problems"]
    assert summary["errors"] == []
    assert summary["connected"] == summary["seated"] == bots
    assert summary["played_s"] >= duration_s
    actions, frames = summary["actions"], summary["frames"]
    assert frames["expected"] >= bots * (duration_s * 20 - 1)
    assert frames["received"] >= 0.95 * frames["expected"]
    assert actions["sent"] >= frames["received"] - 2 * bots
    assert actions["unanswered"] == 0
    assert summary["bytes_out"] > 5 * actions["sent"]  # an action is more than its head
    assert summary["bytes_in"] > 8 * frames["received"]
    assert summary["digests"]["compared"] >= bots // 10 * int(duration_s)  # a tenth keeps the state
    assert summary["digests"]["mismatched"] == 0


def test_twenty_bots_play_and_everything_is_right(server: RunningServer) -> None:
    done = swarm("--bots", "20", "--duration", "2", "--seed", "7", "--url", server.url, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads(done.stdout)
    assert summary["seed"] == 7
    assert_all_right(summary, bots=20, duration_s=2)


@pytest.mark.load
def test_two_hundred_bots_play_at_20_hz_for_ten_seconds(start_server: StartServer) -> None:
    server = start_server()
    done = swarm("--bots", "200", "--duration", "10", "--url", server.url, "--json")
    assert done.stdout, done.stderr
    summary = json.loads(done.stdout)
    assert (done.returncode, summary["problems"]) == (0, [])
    assert_all_right(summary, bots=200, duration_s=10)
    server.stop()
    assert "Traceback" not in server.log()


def test_the_summary_for_people_says_what_the_json_says(server: RunningServer) -> None:
    done = swarm("-n", "3", "--duration", "0.5", "--url", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 bots in arena for 0.5 s" in done.stdout
    assert "everything was right" in done.stdout


def test_a_quiet_swarm_says_nothing_if_nothing_was_wrong(server: RunningServer) -> None:
    done = swarm("-n", "2", "--duration", "0.2", "--url", server.url, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_progress_moves_on_a_terminal_and_not_on_standard_output(server: RunningServer) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pelton.swarm", "-n", "2", "--duration", "1", "--url", server.url, "--json"]
    with os.fdopen(ours, "rb", buffering=0) as screen:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=TIMEOUT_S,
            check=True,
            env={**os.environ, "TERM": "xterm"},
        )
        os.close(theirs)
        shown = screen.read(65_536).decode()
    assert "playing" in shown
    assert "actions/s" in shown
    assert json.loads(done.stdout)["ok"]


def test_an_address_where_nobody_listens_ends_with_3() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        done = swarm("-n", "3", "--url", f"ws://127.0.0.1:{taken.getsockname()[1]}/", "--json")
    assert done.returncode == 3
    summary = json.loads(done.stdout)
    assert_adds_up(summary)
    assert not summary["ok"]
    [error] = summary["errors"]
    assert error["text"].startswith("cannot connect to ws://127.0.0.1:")
    assert error["bots"] == [0, 1, 2]


def test_a_game_that_the_server_does_not_have_ends_with_1(server: RunningServer) -> None:
    wanderer = "pelton.swarm.behaviours:wanderer"
    done = swarm("-n", "1", "--game", "chess", "--behaviour", wanderer, "--url", server.url)
    assert done.returncode == 1
    assert "bot 0: unknown_game" in done.stdout


def test_a_fault_in_a_behaviour_is_shown_with_its_traceback(server: RunningServer, tmp_path: Path) -> None:
    (tmp_path / "clumsy.py").write_text(
        "from pelton.client import Action\n"
        "from pelton.swarm import bot\n\n\n"
        "@bot\n"
        "async def clumsy(me):\n"
        "    async for frame in me.frames():\n"
        "        yield Action('steer', turn=1 / me.number, thrust=1)\n"
    )
    done = swarm("-n", "2", "--duration", "1", "--behaviour", "clumsy:clumsy", "--url", server.url, cwd=tmp_path)
    assert done.returncode == 1
    assert "bot 0: clumsy raised ZeroDivisionError" in done.stdout
    assert "turn=1 / me.number" in done.stderr


def test_a_behaviour_that_never_looks_up_is_interrupted(server: RunningServer, tmp_path: Path) -> None:
    (tmp_path / "sleepy.py").write_text(
        "import asyncio\n"
        "from pelton.client import Action\n"
        "from pelton.swarm import bot\n\n\n"
        "@bot\n"
        "async def sleeper(me):\n"
        "    await asyncio.sleep(3600)\n"
        "    yield Action('shoot')\n"
    )
    done = swarm("-n", "1", "--duration", "0.5", "--behaviour", "sleepy:sleeper", "--url", server.url, cwd=tmp_path)
    assert done.returncode == 1
    assert "of the expected frames came" in done.stdout


async def test_a_server_killed_in_the_middle_ends_with_1_and_says_so(start_server: StartServer) -> None:
    server = start_server()
    process = await swarm_under_way(server, "--duration", "0", "--json", bots=5)
    server.kill()
    code, summary = await ended(process)
    assert code == 1
    assert_adds_up(summary)
    [error] = summary["errors"]
    assert error["text"].startswith("closed with 1006")
    assert error["bots"] == [0, 1, 2, 3, 4]


async def test_a_server_that_stops_in_the_middle_ends_with_1_and_says_so(start_server: StartServer) -> None:
    server = start_server()
    process = await swarm_under_way(server, "--duration", "0", "--json", bots=2)
    await asyncio.to_thread(server.stop)
    code, summary = await ended(process)
    assert code == 1
    assert_adds_up(summary)
    assert {"shutting_down", "1012"} & set(summary["errors"][0]["text"].replace(":", "").split())


@pytest.mark.parametrize(
    ("duration_s", "number", "expected"),
    [("0", signal.SIGINT, 0), ("0", signal.SIGTERM, 0), ("60", signal.SIGINT, 130), ("60", signal.SIGTERM, 143)],
)
async def test_a_signal_ends_a_swarm_with_its_summary(
    start_server: StartServer, duration_s: str, number: signal.Signals, expected: int
) -> None:
    server = start_server()
    process = await swarm_under_way(server, "--duration", duration_s, "--json", bots=4)
    process.send_signal(number)
    code, summary = await ended(process)
    assert code == expected
    assert_adds_up(summary)
    assert summary["ok"], summary["problems"]
    assert summary["seated"] == 4
    await asyncio.to_thread(server.stop)
