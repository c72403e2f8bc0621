"""`pelton top` and a real server with players on it."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from pelton.client import connect
from tests.end_to_end.conftest import RunningServer, StartServer, clean_environment

TIMEOUT_S = 30
BOTS = 3
PROGRAM = "import sys; from pelton.cli.main import main; sys.exit(main())"


async def top(url: str, *words: str) -> tuple[int, str]:
    """Run `pelton top`; its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, "top", url, *words, stdout=PIPE, env={**clean_environment(), "COLUMNS": "80"}
    )
    async with asyncio.timeout(TIMEOUT_S):
        out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def seen_while_playing(server: RunningServer, *words: str) -> tuple[int, str]:
    """What it prints while a few play."""
    async with asyncio.TaskGroup() as group:
        seated: list[asyncio.Event] = [asyncio.Event() for _ in range(BOTS)]
        playing = [group.create_task(play(server.url, event)) for event in seated]
        for event in seated:
            await event.wait()
        found = await top(server.admin_url, *words)
        for task in playing:
            task.cancel()
    return found


async def play(url: str, seated: asyncio.Event) -> None:
    async with connect(url) as client:
        room = await client.join_or_create("arena")
        async for _ in room:
            seated.set()


def test_a_server_with_players_is_shown_with_its_rates(start_server: StartServer) -> None:
    server = start_server()
    code, text = asyncio.run(seen_while_playing(server, "--once", "--interval", "0.5"))
    assert code == 0
    assert re.search(rf"cpu \d+ % of a core, \d+ MiB, {BOTS} connections, {BOTS} players, 1 room", text), text
    assert "the budget is 50.0 ms" in text
    assert re.search(r"\n \w{8} arena +3/200 +20 ", text), text
    frames = re.search(r"frames +([\d.]+)", text)
    assert frames is not None
    assert float(frames[1]) > 0
    sent = re.search(r"bytes out +[\d.]+ k?B", text)
    assert sent is not None, text
    server.stop()


def test_json_is_what_the_server_tells(start_server: StartServer) -> None:
    server = start_server()
    code, text = asyncio.run(seen_while_playing(server, "--json"))
    told = json.loads(text)
    assert (code, told["players"], told["rooms"][0]["actions_waiting"]) == (0, BOTS, 0)
    assert min(told["metrics"][f"bytes_{way}"] for way in ("sent", "received")) > 0
    server.stop()


def test_the_page_shows_what_it_prints(start_server: StartServer) -> None:
    """The words of the picture in docs/operations.md, without its numbers."""
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    shown = page.partition("```text\nPelton ")[2].partition("```")[0]
    server = start_server()
    _, text = asyncio.run(seen_while_playing(server, "--once", "--interval", "0.5"))
    server.stop()
    words = re.findall(r"[a-z]{3,}", shown)
    assert len(words) > 30
    assert set(words) - set(re.findall(r"[a-z]{3,}", text)) <= {"cards", "rooms", "min", "room"}


def test_the_game_port_is_not_the_admin_port(start_server: StartServer) -> None:
    server = start_server()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "top", server.http_url, "--once"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        env=clean_environment(),
        check=False,
    )
    server.stop()
    assert (done.returncode, done.stdout) == (1, "")
    assert "404 Not Found" in done.stderr
    assert "there is no admin port of Pelton" in done.stderr
