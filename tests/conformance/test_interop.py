"""Clients that others wrote, as programs of their own, against a real server: they agree on what is on the wire.

They are not in the environment of the tests; `make conformance` puts them beside it, and CONFORMANCE names the folder.
Where one is missing, its test is skipped. websockets' own client is in tests/wire/test_interop.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pelton.protocol.plain import encode_value
from tests.end_to_end.conftest import RunningServer, StartServer

CLIENTS = Path(__file__).parent / "clients"
BESIDE = Path(os.environ.get("CONFORMANCE", ".venv/conformance")).resolve()
PATIENCE_S = 30
LONG_NAME = "n" * 128
"""Too long for the short form of a frame's length."""


@pytest.fixture(scope="module", params=["swept", "asyncio"])
def server(request: pytest.FixtureRequest, start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server(f"server.transport={request.param}")
    yield running
    running.stop()
    assert "Traceback" not in running.log()


def message(*value: Any) -> str:
    return encode_value(list(value)).hex()


STEPS: list[dict[str, Any]] = [
    {"send": message(1, "interop"), "until": "9410"},
    {"send": message(2, 0, "arena", {"name": "Ada", "motto": LONG_NAME}), "until": "9811"},
    {"until": "9416"},
    {"until": "9714"},
    {"ping": b"are you there?".hex()},
    {"send": message(4, 1, ["steer", 0.5, 1.0]), "until": "971401"},
    {"send": message(5, 7), "until": "931507"},
    {"send": message(1, "again"), "closed": True},
]


def node() -> list[str]:
    if shutil.which("node") is None:
        pytest.skip("node is not on the path")
    if not (BESIDE / "node_modules" / "ws").is_dir():
        pytest.skip("ws is not installed: make conformance")
    return ["node", str(CLIENTS / "node_ws.cjs")]


def python(library: str) -> list[str]:
    if not (BESIDE / "python" / library).is_dir():
        pytest.skip(f"{library} is not installed: make conformance")
    return [sys.executable, str(CLIENTS / f"with_{library}.py")]


def played(command: list[str], url: str) -> list[dict[str, Any]]:
    """What the client saw."""
    places = {"PYTHONPATH": str(BESIDE / "python"), "NODE_PATH": str(BESIDE / "node_modules")}
    ran = subprocess.run(
        [*command, url, json.dumps(STEPS)],
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.parametrize("client", ["ws", "aiohttp", "picows"])
def test_a_client_of_others_plays_and_is_told_why_it_is_closed(server: RunningServer, client: str) -> None:
    opened, welcome, joined, card, frame, pong, acked, answer, goodbye = played(
        node() if client == "ws" else python(client), server.url
    )
    assert opened == {"subprotocol": "pelton.v1", "extensions": ""}
    assert welcome["heard"].startswith("9410")
    assert len(bytes.fromhex(joined["heard"])) > 125  # with a length of two bytes
    assert card["heard"].startswith("9416")
    assert frame["heard"].startswith("9714")
    assert pong == {"pong": b"are you there?".hex()}
    assert acked["heard"].startswith("971401")
    assert answer["heard"].startswith("931507")
    assert goodbye["code"] == 4405
    assert goodbye["reason"].startswith("unexpected_message: ")
