"""T35: an admin port that others can reach does not start without a token, and tells nothing to who has none."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import urllib.error
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.request import Request, urlopen

from tests.end_to_end.conftest import RunningServer, clean_environment
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

TOKEN = "correct-horse-battery-staple"
TIMEOUT_S = 20
CONFIG_ERROR = 2
MATRIX = (
    ("127.0.0.1", "", True),
    ("127.0.0.1", TOKEN, True),
    ("0.0.0.0", TOKEN, True),
    ("0.0.0.0", "", False),
    ("::", "", False),
    ("localhost", "", False),
    ("0.0.0.0", "admin", False),
    ("127.0.0.1", "admin", False),
)
"""Host, token, and whether it may start."""
PATHS = ("", "stats", "metrics", "api/rooms", "api/events", "nothing")


def environ(token: str) -> dict[str, str]:
    return {"PELTON_ADMIN__TOKEN": token} if token else {}


def starts(host: str, token: str) -> bool:
    """Whether a server with this admin port comes to listen."""
    words = ["--port", "0", "--set", f"admin.host={host}"]
    with subprocess.Popen(
        [sys.executable, "-m", "pelton.server", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=clean_environment() | environ(token),
    ) as process:
        assert process.stdout is not None
        listens = process.stdout.readline() != ""
        process.terminate()
        exit_code = process.wait(TIMEOUT_S)
    assert exit_code == (0 if listens else CONFIG_ERROR)
    return listens


def asked(url: str, authorization: str) -> int:
    """The status."""
    headers = {"Authorization": authorization} if authorization else {}
    try:
        with urlopen(Request(url, headers=headers), timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own server
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def run(scene: Scene, size: int) -> Sequence[Figure]:
    wrong = [(host, token) for host, token, may_start in MATRIX if starts(host, token) != may_start]
    with tempfile.TemporaryDirectory() as name:
        server = RunningServer(("admin.port=0",), Path(name) / "server.log", environ=environ(TOKEN))
        try:
            without = Counter(asked(server.admin_url + path, "") for path in PATHS)
            right = asked(server.admin_url + "stats", f"Bearer {TOKEN}")
            guesses = Counter(asked(server.admin_url + "stats", f"Bearer guess-{number}") for number in range(size))
        finally:
            server.stop()
            log = server.log()
    return [
        Figure("configurations that start and should not, or the other way round", len(wrong), most=0),
        Figure("pages for who has no token", sum(without.values()) - without[401], most=0),
        Figure("status for who has it", right, least=200, most=200),
        Figure("guesses that were answered at all", guesses[401], least=1, most=5),
        Figure("guesses that were let in", size - guesses[401] - guesses[429], most=0),
        Figure("tokens in the log", log.count(TOKEN), most=0),
    ]


ROW = Row("T35", "an admin port that others can reach", run, full=1_000, ci=20, players=False)


def test_exposed_admin(scenes: Scenes) -> None:
    check(ROW, scenes)
