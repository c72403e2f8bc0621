"""`pelton swarm` with what it can do besides playing: mixes, replay, several processes, company, bad networks."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pelton.client import Room, connect
from tests.end_to_end.conftest import RunningServer, StartServer

TIMEOUT_S = 40


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server("simulate.grace_s=0")  # a bot that was killed is not waited for
    yield running
    running.stop()
    assert "Traceback" not in running.log()


def swarm(*options: str, cwd: Path | None = None) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "pelton.swarm", "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, cwd=cwd)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


@asynccontextmanager
async def under_way(*options: str) -> AsyncGenerator[Process, None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pelton.swarm", "--json", *options), stdout=PIPE, stderr=DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ended(process: Process) -> tuple[int | None, dict[str, Any]]:
    out, _ = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    return process.returncode, json.loads(out)


async def players(room: Room, wanted: int) -> None:
    """Until so many are in the arena."""
    async with asyncio.timeout(TIMEOUT_S):
        async for _ in room:
            if len(room.state.pilots) == wanted:
                return


@pytest.mark.parametrize(
    "options",
    [
        ("--mix", "wanderer=50,hunter=50"),
        ("--behaviour", "hunter"),
        ("--behaviour", "idler"),
        ("--game", "cards"),
        ("--game", "cards", "--behaviour", "idler"),
    ],
)
def test_all_that_ships_plays_by_the_rules(server: RunningServer, options: Sequence[str]) -> None:
    code, summary = swarm("-n", "6", "--duration", "3", "--url", server.url, *options)
    assert (code, summary["problems"], summary["violated"]) == (0, [], 0)
    if "cards" in options:
        assert summary["actions"]["refused"] == {}
    assert bool(summary["actions"]["sent"]) == ("idler" not in options)


def test_a_bot_played_alone_does_what_it_does_in_its_swarm(server: RunningServer, tmp_path: Path) -> None:
    (tmp_path / "scribes.py").write_text(
        "from pelton.client import Action\n"
        "from pelton.swarm import bot\n\n\n"
        "@bot\n"
        "async def scribe(me):\n"
        "    with open(f'{me.number}.txt', 'a') as book:\n"
        "        print(me.random.random(), me.random.random(), file=book)\n"
        "    async for frame in me.frames():\n"
        "        yield Action('steer', turn=me.random.uniform(-1, 1), thrust=1)\n"
    )
    options = ("--mix", "scribes:scribe=1,idler=1", "--seed", "7", "--url", server.url)
    assert swarm("-n", "8", "--duration", "0.3", *options, cwd=tmp_path)[0] == 0
    wrote = {path.stem: path.read_text() for path in tmp_path.glob("*.txt")}
    assert 0 < len(wrote) < 8
    number, line = next(iter(wrote.items()))
    code, summary = swarm("--bot", number, "--duration", "0.3", *options, cwd=tmp_path)
    assert (code, summary["started"]) == (0, 1)
    assert (tmp_path / f"{number}.txt").read_text() == line * 2


def test_a_swarm_in_two_processes_adds_up(server: RunningServer) -> None:
    code, summary = swarm("-n", "9", "--duration", "1", "--workers", "2", "--url", server.url)
    assert (code, summary["problems"]) == (0, [])
    assert summary["started"] == summary["seated"] == 9
    actions = summary["actions"]
    assert actions["sent"] == actions["taken"] + sum(actions["refused"].values())
    assert summary["input_to_ack_ms"]["count"] == actions["taken"] > 0


async def test_a_process_that_is_killed_is_told_and_hangs_nobody(server: RunningServer) -> None:
    async with connect(server.url) as client:
        room = await client.join_or_create("arena")
        async with under_way("-n", "4", "--duration", "2", "--workers", "2", "--url", server.url) as process:
            await players(room, 5)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()  # noqa: ASYNC240 - of the system, not of a disk
            assert len(children) == 2
            os.kill(int(children[0]), signal.SIGKILL)
            code, summary = await ended(process)
    assert code == 1
    [problem] = [text for text in summary["problems"] if text.startswith("worker")]
    assert "of 2 died of SIGKILL; its bots are gone" in problem
    assert summary["actions"]["taken"] > 0


async def test_ctrl_c_ends_all_processes_in_order(server: RunningServer) -> None:
    async with connect(server.url) as client:
        room = await client.join_or_create("arena")
        async with under_way("-n", "4", "--duration", "0", "--workers", "2", "--url", server.url) as process:
            await players(room, 5)
            process.send_signal(signal.SIGINT)
            code, summary = await ended(process)
    assert (code, summary["problems"], summary["seated"]) == (0, [], 4)


async def test_company_comes_with_a_person_makes_room_for_another_and_goes_with_him(start_server: StartServer) -> None:
    server = start_server()
    async with under_way("--fill", "3", "--url", server.url) as process:
        async with connect(server.url) as client, connect(server.url) as other:
            room = await client.join_or_create("arena")
            await players(room, 3)
            await other.join(room.room_id)
            await players(room, 4)
            await players(room, 3)
        process.send_signal(signal.SIGINT)
        code, summary = await ended(process)
    assert (code, summary["ok"]) == (0, True)
    assert summary["seated"] == 2


def test_bots_behind_bad_networks_play_and_nothing_is_wrong_about_it(server: RunningServer) -> None:
    options = ("--net", "4g,loss=0.05", "wifi:2", "--shared-uplink", "2000", "--url", server.url)
    code, summary = swarm("-n", "6", "--duration", "2", "--seed", "7", *options)
    assert (code, summary["problems"]) == (0, [])
    assert summary["input_to_ack_ms"]["p50"] > 60


def test_a_storm_is_weathered_and_counted(server: RunningServer) -> None:
    code, summary = swarm("-n", "6", "--duration", "2", "--storm", "0.6,0.5", "--url", server.url)
    assert (code, summary["problems"]) == (0, [])
    connections = summary["connections"]
    assert connections["cut"] >= connections["returned"] > 0
    assert summary["seated"] == 6
