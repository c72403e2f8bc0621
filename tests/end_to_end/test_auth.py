"""Real processes: nothing is made before somebody is known, and those who never say who they are cost little."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from pelton.client import CannotConnect, JoinRejected, connect
from tests.end_to_end.conftest import RunningServer, StartServer, clean_environment
from tests.end_to_end.raw import RawClient

SECRET = "a secret of the tests, long enough for anybody"
HELLO_TIMEOUT, UNAUTHORIZED = 4508, 4401
SILENT = 200
MEMORY_EACH_BYTES = 20_000
GAME = """
import sys
from pelton.server import Room

class Hall(Room):
    seats = 2
    def __init__(self, *args):
        print("GAME constructor", file=sys.stderr, flush=True)
        super().__init__(*args)
    def on_create(self):
        print("GAME create", file=sys.stderr, flush=True)
    def on_auth(self, identity, options):
        if identity.claims.get("clan") != "north":
            self.reject("north only")
"""


def stats(server: RunningServer) -> dict[str, Any]:
    with urlopen(f"{server.admin_url}stats", timeout=10) as answer:  # noqa: S310 - our own server
        read: dict[str, Any] = json.load(answer)
    return read


def ticket(user_id: str, *options: str) -> str:
    """As a developer gets one."""
    program = "import sys; from pelton.cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "ticket", "--user", user_id, *options],
        env=clean_environment() | {"PELTON_AUTH__SECRET": SECRET},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("game") / "great_hall.py"
    file.write_text(GAME)
    return file


@pytest.fixture
def server(start_server: StartServer, hall: Path) -> Iterator[RunningServer]:
    running = start_server(
        "auth.authenticator=ticket", f"auth.secret={SECRET}", "receive.hello_timeout_s=1.0", files=(hall,)
    )
    yield running
    running.stop()


async def test_only_who_has_a_ticket_plays_and_nothing_is_made_for_anybody_else(server: RunningServer) -> None:
    wrong = ["", "ticket", ticket("ada")[:-3] + "AAA", ticket("ada") + "."]
    for shown in wrong:
        with RawClient(server.port) as client:
            client.upgrade()
            client.say(1, "raw", shown)
            client.say(2, 0, "hall", {})
            assert client.closed()[0] == UNAUTHORIZED
        with pytest.raises(CannotConnect):
            async with connect(server.url, ticket=shown):
                pytest.fail("he is in")
    found = stats(server)
    assert (found["rooms_open"], found["players"], found["metrics"]["seated"]) == (0, 0, 0)
    assert (found["metrics"]["ticks"], "GAME" in server.log()) == (0, False)
    assert found["metrics"]["tickets_refused"] == 2 * len(wrong)

    right = ticket("ada", "--claim", "clan=north")
    async with connect(server.url, ticket=right) as ada, connect(server.url, ticket=ticket("bob")) as bob:
        room = await ada.join_or_create("hall")
        assert room.player_id == 1  # nobody was a player before
        with pytest.raises(JoinRejected, match="not_allowed: north only"):
            await bob.join(room.room_id)
        assert stats(server)["rooms_open"] == 1
    log = server.log_with("wrong mac")
    assert log.count("GAME create") == 1
    assert [secret for secret in (SECRET, right, right.split(".")[2], *wrong[2:]) if secret in log] == []


def test_two_hundred_who_never_say_who_they_are_are_closed_in_time_and_cost_little(server: RunningServer) -> None:
    with RawClient(server.port) as warm:
        warm.upgrade()
    before = stats(server)["rss_bytes"]
    with ExitStack() as stack:
        silent: list[RawClient] = []
        for _ in range(SILENT):
            silent.append(stack.enter_context(RawClient(server.port)))
            silent[-1].upgrade()
        found = stats(server)
        assert (found["rooms_open"], found["players"]) == (0, 0)
        assert found["rss_bytes"] - before < SILENT * MEMORY_EACH_BYTES
        assert [client.closed()[0] for client in silent] == [HELLO_TIMEOUT] * SILENT
    deadline_s = time.monotonic() + 10
    while stats(server)["connections"] and time.monotonic() < deadline_s:
        """The last ones are on their way out."""
    assert stats(server)["connections"] == 0


def test_a_server_without_a_secret_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pelton.server", "--port", "0", "--set", "auth.authenticator=ticket"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "[auth] secret is empty" in done.stderr
    assert "Traceback" not in done.stderr
