"""A game with a planted slow callback, as a real process: `pelton why` names tick, phase and function."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pelton.client import Room, connect
from tests.end_to_end.conftest import RunningServer, StartServer, clean_environment

TIMEOUT_S = 30
TOKEN = "an-admin-token-of-24-chars"
BUSY_MS = 120
PROGRAM = "import sys; from pelton.cli.main import main; sys.exit(main())"
GAME = """
import time
from typing import Annotated

from pelton.server import Action, Bounds, I32, Room, Row, Table


class Fire(Action):
    ms: Annotated[int, Bounds(0, 500)]


class Sleep(Action):
    ms: Annotated[int, Bounds(0, 500)]


class Ship(Row):
    shots = I32()


class Planted(Room):
    actions = Fire | Sleep
    ships = Table(Ship)

    def on_join(self, player):
        self.ships.add(player.id)

    def on_leave(self, player):
        self.ships.remove(player.id)

    def on_tick(self, tick, actions):
        for player, action in actions:
            if isinstance(action, Sleep):
                time.sleep(action.ms / 1000)
            else:
                until_ns = time.thread_time_ns() + action.ms * 1_000_000
                while time.thread_time_ns() < until_ns:
                    pass
            self.ships[player.id].shots += 1
"""


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def server(start_server: StartServer, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("planted")
    file = folder / f"planted_on_{request.param}.py"
    file.write_text(GAME, encoding="utf-8")
    running = start_server(
        f"server.loop={request.param}",
        f"recorder.dump_dir={folder / 'dumps'}",
        files=(file,),
        environ={"PELTON_ADMIN__TOKEN": TOKEN},
    )
    running.dumps = folder / "dumps"  # type: ignore[attr-defined] # of this module's server only
    yield running
    running.stop()
    assert "Traceback" not in running.log()


class Admin:
    """The server's admin port, with its token or another."""

    def __init__(self, server: RunningServer, token: str = TOKEN) -> None:
        self._at = urlsplit(server.admin_url)
        self._token = token

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._at.hostname or "", self._at.port, timeout=TIMEOUT_S)
        try:
            sent = {"Authorization": f"Bearer {self._token}"} if self._token else {}
            connection.request(method, path, headers={**sent, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def told(self, path: str) -> Any:
        status, body = self.ask(path)
        assert status == 200, body
        return json.loads(body)

    def do(self, action: str) -> Any:
        status, body = self.ask(f"/api/do/{action}", "POST", **{"Content-Type": "application/json"})
        assert status == 200, body
        return json.loads(body)


def why(server: RunningServer, *words: str, token: str = TOKEN) -> tuple[int, str, str]:
    """Run `pelton why`: exit code and both outputs, in a wide terminal so that no line is broken."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "why", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
        env={**clean_environment(), "COLUMNS": "300", "PELTON_ADMIN__TOKEN": token},
    )
    return done.returncode, done.stdout, done.stderr


@asynccontextmanager
async def playing(server: RunningServer) -> AsyncGenerator[Room]:
    """A seat in a room whose first frame has come."""
    async with connect(server.url) as client:
        room = await client.create("planted")
        await anext(aiter(room))
        yield room


async def acted(room: Room, name: str, ms: int) -> None:
    """Act, and see it answered."""
    seq = await room.act(name, ms=ms)
    async for frame in room:
        if seq in [taken for taken, _ in frame.taken] or seq in [refused for refused, _ in frame.refused]:
            return


async def test_a_slow_tick_is_explained_with_phase_function_and_player(server: RunningServer) -> None:
    async with playing(server) as room:
        await acted(room, "fire", BUSY_MS)
        url = ("--url", server.admin_url)
        code, text, _ = await asyncio.to_thread(why, server, room.room_id, *url)
        assert code == 0, text
        (tick,) = re.findall(r"^ *(\d+) .* in game, on_action:Fire of player \d+", text, re.MULTILINE)[:1]
        code, text, _ = await asyncio.to_thread(why, server, room.room_id, tick, *url)
        assert code == 0
        found = re.search(rf"tick {tick} took ([\d.]+) ms of its 50.0 ms, [\d.]+ ms too long", text)
        assert found is not None, text
        assert float(found[1]) >= BUSY_MS
        assert re.search(rf"\n  • [\d.]+ ms in game, on_action:Fire of player {room.player_id}", text), text
        assert "└ 50.0 ms" in text
        for path in ("why?tick=999999", "players?limit=5", "slowest"):
            assert (await asyncio.to_thread(Admin(server, "").ask, f"/api/rooms/{room.room_id}/{path}"))[0] == 401
    server.log_with(f"room {room.room_id}: its record is in ")
    dumps = [path for path in server.dumps.iterdir() if room.room_id in path.name]  # type: ignore[attr-defined]
    code, text, _ = why(server, str(dumps[0]), tick)
    assert code == 0
    assert "in game, on_action:Fire" in text


async def test_a_tick_that_holds_the_loop_names_the_line_that_the_watchdog_saw(server: RunningServer) -> None:
    async with playing(server) as room:
        await acted(room, "sleep", 450)
        path = f"/api/rooms/{room.room_id}"
        (row,) = (await asyncio.to_thread(Admin(server).told, f"{path}/slowest?limit=1"))["ticks"]
        found = await asyncio.to_thread(Admin(server).told, f"{path}/why?tick={row['tick']}")
        (seen,) = [part for part in found["explanation"]["parts"] if part.startswith("the watchdog saw it at ")]
        assert re.search(r"planted_on_\w+\.py:\d+ Planted\.on_tick$", seen), seen


async def test_a_game_that_sleeps_is_told_apart_from_one_that_works(server: RunningServer) -> None:
    async with playing(server) as room:
        await acted(room, "sleep", 200)
        slowest = await asyncio.to_thread(Admin(server).told, f"/api/rooms/{room.room_id}/slowest?limit=1")
        (row,) = slowest["ticks"]
        assert row["took_ns"] >= 200_000_000
        assert row["cpu_ns"] < row["took_ns"] / 2
        assert row["waits"] >= 1
        assert re.search(r"took [\d.]+ ms of its 50.0 ms: the process was not running for", slowest["sentences"][0])
        assert "as code does that sleeps" in slowest["sentences"][0]


async def test_a_refused_action_is_explained(server: RunningServer) -> None:
    async with connect(server.url) as client:
        room = await client.create("planted")
        await anext(aiter(room))
        await room.act("fire", ms=9999)
        refused = None
        async for frame in room:
            if frame.refused:
                refused = frame.refused[0]
                break
        assert refused is not None
        words = (room.room_id, "--refused", str(room.player_id), str(refused[0]), "--url", server.admin_url)
        code, text, _ = await asyncio.to_thread(why, server, *words)
        assert code == 0, text
        assert re.search(rf"action {refused[0]} of player {room.player_id} was refused at tick \d+, invalid: ", text), (
            text
        )
        assert "500" in text  # the bound that it broke


async def test_each_action_works_and_is_logged_with_who_asked(server: RunningServer) -> None:
    admin = Admin(server)
    async with playing(server) as room:
        query = f"room={room.room_id}"
        paused = await asyncio.to_thread(admin.do, f"pause?{query}")
        assert paused["paused"] is True
        tick = paused["tick"]
        for number in (1, 2):
            stepped = await asyncio.to_thread(admin.do, f"step?{query}")
            assert stepped["tick"] == tick + number
        async for frame in room:
            if frame.tick == tick + 2:
                break
        assert (await asyncio.to_thread(admin.do, f"resume?{query}"))["paused"] is False
        async for frame in room:
            if frame.tick > tick + 4:
                break
        ticks = (await asyncio.to_thread(admin.told, f"/api/rooms/{room.room_id}/ticks"))["columns"]
        flags = dict(zip(ticks["tick"], ticks["flags"], strict=True))
        assert [flags[tick + number] for number in range(5)] == [0, 1, 1, 0, 0]
        await asyncio.to_thread(admin.do, f"kick?{query}&player={room.player_id}")
        async for _ in room:
            """Until he is shown out."""
        assert room.left_reason == "kicked"
    for what in ("paused after", f"ran tick {tick + 1}", "goes on after", f"player {room.player_id} is kicked"):
        server.log_with(f"room {room.room_id}: {what}")
    assert "admin 127.0.0.1: pause: " in server.log()


def test_without_the_token_nothing_is_done_or_told(server: RunningServer) -> None:
    before = Admin(server).told("/api/events")["newest"]
    json_type = {"Content-Type": "application/json"}
    for action in ("drain", "pause?room=a", "nope"):
        status, body = Admin(server, "").ask(f"/api/do/{action}", "POST", **json_type)
        assert status == 401
        assert b"room" not in body
    for path in ("/api/rooms", "/api/events", "/api/nope"):
        assert Admin(server, "").ask(path)[0] == 401
    assert Admin(server).told("/api/events")["newest"] == before


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (("nope", "7"), 1, "there is no room 'nope'"),
        (("nope.jsonl", "7"), 1, "nope.jsonl: No such file or directory"),
        (("--refused", "1", "2"), 2, "which room?"),
        (("a", "1", "--refused", "1", "2"), 2, "a tick or --refused, not both"),
        (("a", "x"), 2, "expected a whole number, got 'x'"),
    ],
)
def test_what_cannot_be_told_says_why(server: RunningServer, words: tuple[str, ...], code: int, problem: str) -> None:
    found = why(server, *words, "--url", server.admin_url)
    assert found[0] == code
    assert problem in found[2]


def test_a_server_that_is_not_there_or_wants_another_token_says_so(server: RunningServer) -> None:
    code, _, text = why(server, "--url", "http://127.0.0.1:9")
    assert (code, "Connection refused" in text or "Connect call failed" in text) == (1, True), text
    code, _, text = why(server, "--url", server.admin_url, token="not-the-token-of-this")
    assert code == 1
    assert "it wants a token" in text


def test_a_drain_ends_the_process_in_order(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    assert Admin(server, "").do("drain")["done"] == "drain"
    assert server.ended() == 0
    assert "admin 127.0.0.1: drain: the server is drained and stops" in server.log()


def test_a_folder_for_records_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [sys.executable, "-m", "pelton.server", "--port", "0", "--set", f"recorder.dump_dir={tmp_path / 'file'}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
        env=clean_environment(),
    )
    assert done.returncode == 1
    assert "recorder.dump_dir: " in done.stderr
    assert "is not a folder" in done.stderr
