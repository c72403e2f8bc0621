"""The admin port is never open to others without a token: what starts, what is told, who gets in."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pelton.loadtest.admin import AdminError, fetch
from pelton.server.config import load_config
from tests.end_to_end.conftest import RunningServer, StartServer, clean_environment

TIMEOUT_S = 10
TOKEN = "correct-horse-battery-staple"
SHORT = "admin"


@pytest.mark.parametrize(
    ("host", "port", "token", "starts"),
    [
        ("127.0.0.1", "0", "", True),
        ("127.0.0.1", "0", TOKEN, True),
        ("::1", "0", "", True),
        ("0.0.0.0", "0", TOKEN, True),
        ("0.0.0.0", "-1", "", True),
        ("0.0.0.0", "0", "", False),
        ("::", "0", "", False),
        ("localhost", "0", "", False),
        ("0.0.0.0", "0", SHORT, False),
        ("127.0.0.1", "0", SHORT, False),
    ],
)
def test_a_server_starts_if_nobody_gets_in_for_nothing(
    start_server: StartServer, host: str, port: str, token: str, *, starts: bool
) -> None:
    settings = f"admin.host={host}", f"admin.port={port}"
    environ = {"PELTON_ADMIN__TOKEN": token} if token else {}
    if starts:
        server = start_server(*settings, environ=environ)
        log = server.log()
        server.stop()
    else:
        options = [word for setting in settings for word in ("--set", setting)]
        process = subprocess.run(
            [sys.executable, "-m", "pelton.server", "--port", "0", *options],
            capture_output=True,
            text=True,
            timeout=3 * TIMEOUT_S,
            env=clean_environment() | environ,
            check=False,
        )
        log = process.stderr
        assert (process.returncode, process.stdout, log.count("\n")) == (2, "", 1)
        assert "admin" in log.lower()
    assert TOKEN not in log
    assert f'"{SHORT}"' not in log


@pytest.fixture(params=["127.0.0.1", "0.0.0.0"])
def server(start_server: StartServer, request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    running = start_server(f"admin.host={request.param}", environ={"PELTON_ADMIN__TOKEN": TOKEN})
    yield running
    running.stop()
    assert TOKEN not in running.log()
    assert "Traceback" not in running.log()


def status(server: RunningServer, path: str, authorization: str = "", host: str = "") -> tuple[int, str]:
    url = server.admin_url.replace("0.0.0.0", "127.0.0.1") + path
    headers = {"Authorization": authorization, "Host": host}
    request = urllib.request.Request(url, headers={name: value for name, value in headers.items() if value})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - it is ours
            return answer.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("WWW-Authenticate", "")


def test_every_page_but_health_wants_the_token(server: RunningServer) -> None:
    for path in ("", "stats", "metrics", "nothing"):
        assert status(server, path) == (401, "Bearer")
        assert status(server, path, f"Bearer {TOKEN}")[0] == (404 if path == "nothing" else 200)
    assert [status(server, path)[0] for path in ("healthz", "readyz")] == [200, 200]


def test_with_a_token_any_name_is_ours(server: RunningServer) -> None:
    assert status(server, "stats", f"Bearer {TOKEN}", "game-server.example")[0] == 200
    assert status(server, "healthz", host="10.1.2.3:7778")[0] == 200


def test_who_guesses_is_locked_out(server: RunningServer) -> None:
    assert [status(server, "stats", f"Bearer guess-{number}")[0] for number in range(7)] == [401] * 5 + [429] * 2
    assert status(server, "stats", f"Bearer {TOKEN}")[0] == 429
    assert status(server, "healthz")[0] == 200


def test_the_load_test_shows_its_token(server: RunningServer) -> None:
    url = server.admin_url.replace("0.0.0.0", "127.0.0.1")
    assert asyncio.run(fetch(url, time.monotonic, TOKEN)).rss_bytes > 0
    with pytest.raises(AdminError, match="a token is needed; set PELTON_ADMIN__TOKEN"):
        asyncio.run(fetch(url, time.monotonic))
    with pytest.raises(AdminError, match="another token is needed"):
        asyncio.run(fetch(url, time.monotonic, "x" * 20))


def test_config_show_does_not_print_it_and_is_still_a_configuration(tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "from pelton.cli.main import main; main()", "config", "show"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        env=clean_environment() | {"PELTON_ADMIN__TOKEN": TOKEN},
        check=True,
    )
    assert TOKEN not in shown.stdout + shown.stderr
    assert re.search(r"^# token +=.* # environment PELTON_ADMIN__TOKEN$", shown.stdout, re.MULTILINE)
    file = tmp_path / "shown.toml"
    file.write_text(shown.stdout, encoding="utf-8")
    assert load_config(file, {}, ()).config.admin.token == ""
