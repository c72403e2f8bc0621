"""Thousands of damaged messages and requests over real sockets: the process lives, logs no error, others play on."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from tests.end_to_end.conftest import RunningServer, StartServer
from tests.end_to_end.raw import TIMEOUT_S, RawClient, frame
from tests.end_to_end.test_floods import Neighbour
from tests.fuzz.message_targets import Sessions
from tests.fuzz.target import Target
from tests.fuzz.wire_targets import AdminRequests, Handshakes, draw_frames
from tests.wire.fakes import PING, PONG

SEED = 11
CONNECTIONS = 250
REQUESTS = 250
MASK = b"\x00\x00\x00\x00"
END = b"was that all?"
NO_FAULT = {"", "101", "200", "505"}
"""Besides 4xx: no answer to what is not whole, and HTTP's own answer to another version of it."""


@pytest.fixture(scope="module", params=["swept", "asyncio"])
def server(request: pytest.FixtureRequest, start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server(f"server.transport={request.param}", "admin.port=0", "deliver.ack_lag_max_s=60")
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def unhurt(server: RunningServer) -> Iterator[None]:
    """Somebody plays on in the same room, and the server has nothing to complain of itself for."""
    pid = server.pid
    neighbour = Neighbour(server.port)
    yield
    neighbour.check()
    assert (server.pid, server._process.poll()) == (pid, None)
    assert stats(server)["metrics"]["unhandled_errors"] == 0
    log = server.log()
    assert "Traceback" not in log
    assert not re.search(r"\b(ERROR|CRITICAL)\b", log)


def stats(server: RunningServer) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.admin_url}stats", timeout=TIMEOUT_S) as response:  # noqa: S310 - our own
        found: dict[str, Any] = json.load(response)
    return found


def test_damaged_messages_hurt_nobody(server: RunningServer) -> None:
    random, sessions, codes = Random(SEED), Sessions(), set[int | None]()
    for _ in range(CONNECTIONS):
        said = [payload for _ in range(3) for payload in sessions.draw(random)]
        codes.add(ending(server, b"".join(frame(payload) for payload in said)))
    assert {4400, 4405} <= codes
    assert codes <= {None, 1000, 1009, 4400, 4401, 4405}


def test_damaged_frames_hurt_nobody(server: RunningServer) -> None:
    random, codes = Random(SEED), set[int | None]()
    for _ in range(CONNECTIONS):
        codes.add(ending(server, draw_frames(random, MASK) + draw_frames(random, MASK)))
    assert {1002, 1003} <= codes


def ending(server: RunningServer, data: bytes) -> int | None:
    """Say it, then ask whether the server is still there: the code of its goodbye, None if there was none."""
    with RawClient(server.port) as client:
        client.upgrade()
        with suppress(BrokenPipeError, ConnectionResetError):  # it has heard enough; what it said is still to be read
            client.send(data + frame(END, PING))
            client.sock.shutdown(socket.SHUT_WR)
        while True:
            try:
                opcode, payload = client.next_frame()
            except EOFError:
                return None
            if (opcode, payload) == (PONG, END):
                return None
            if opcode == 0x8:
                return int.from_bytes(payload[:2], "big") if payload else None


@pytest.mark.parametrize("port", ["game", "admin"])
def test_damaged_requests_are_answered_with_what_blames_the_client(server: RunningServer, port: str) -> None:
    target: Target = Handshakes("server") if port == "game" else AdminRequests()
    number = server.port if port == "game" else int(server.admin_url.rstrip("/").rpartition(":")[2])
    random, statuses = Random(SEED), set[str]()
    for _ in range(REQUESTS):
        statuses.add(status(number, b"".join(target.draw(random))))
    assert {"400", "405"} <= statuses
    assert not {said for said in statuses if not said.startswith("4") and said not in NO_FAULT}


def status(port: int, request: bytes) -> str:
    """Of the answer; nothing if there was none."""
    with RawClient(port) as client:
        with suppress(BrokenPipeError, ConnectionResetError):
            client.send(request)
            client.sock.shutdown(socket.SHUT_WR)
        answer = client.rest()
    assert not answer or answer.startswith(b"HTTP/1.1 ")
    assert b"Traceback" not in answer
    return answer[9:12].decode()
