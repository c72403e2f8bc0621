"""Who may come in, of a real server: floods, the slow, the many, foreign pages, and a process without descriptors."""

from __future__ import annotations

import asyncio
import json
import re
import resource
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pelton.client import CannotConnect, connect
from tests.end_to_end.conftest import RunningServer, StartServer
from tests.end_to_end.raw import UPGRADE, RawClient

TIMEOUT_S = 10
COUNTED = "admission.limit_loopback=yes"
LOOPS = ["server.loop=asyncio", "server.loop=uvloop"]
TRANSPORTS = ["server.transport=swept", "server.transport=asyncio"]
UNLIMITED = ("admission.connections_per_address_max=0", "admission.connections_per_address_per_s=0")


def stats(server: RunningServer) -> Any:
    with urllib.request.urlopen(server.admin_url + "stats", timeout=TIMEOUT_S) as answer:  # noqa: S310 - it is ours
        return json.loads(answer.read())


def refused(server: RunningServer, reason: str) -> int:
    count: int = stats(server)["metrics"][f"refused_{reason}"]
    return count


async def plays(server: RunningServer, frames: int = 3) -> None:
    """Somebody joins and is told what happens, as if nothing were the matter."""
    async with connect(server.url) as client, asyncio.timeout(TIMEOUT_S):
        room = await client.join_or_create("arena")
        async for _ in room:
            frames -= 1
            if not frames:
                break


def silent(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)


def ended(sock: socket.socket) -> bytes:
    """What came until the server ended it."""
    found = b""
    try:
        while data := sock.recv(65_536):
            found += data
    except ConnectionResetError:
        pass
    return found


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("loop", LOOPS)
def test_a_flood_from_one_address_gets_no_further_than_its_limit(
    start_server: StartServer, loop: str, transport: str
) -> None:
    server = start_server(loop, transport, COUNTED)
    answers: list[bytes] = []
    with ExitStack() as inside:
        for _ in range(2000):
            with ExitStack() as one:
                sock = one.enter_context(silent(server.port))
                sock.sendall(UPGRADE % b"pelton.v1")
                answers.append(ended(sock)[:12] if len(answers) >= 50 else b"")
                if len(answers) <= 50:
                    inside.push(one.pop_all())
        found = stats(server)
        assert found["connections"] == 50
        assert found["metrics"]["connections_total"] == 50
        assert found["metrics"]["refused_address_connections"] == 1950
        assert set(answers[50:]) <= {b"HTTP/1.1 429", b""}, "many, or in a hurry: just the end"
        assert answers[50] == b"HTTP/1.1 429"
    lines = re.findall("turned away 127.0.0.1: address_connections", server.log())
    assert 1 <= len(lines) <= found["uptime_s"] + 1


def test_others_play_on_during_a_flood_that_is_refused(start_server: StartServer) -> None:
    server = start_server(
        COUNTED, "admission.connections_per_address_max=3", "admission.connections_per_address_per_s=0"
    )

    async def play() -> None:
        async with connect(server.url) as client, asyncio.timeout(TIMEOUT_S):
            frames = aiter(await client.join_or_create("arena"))
            with ExitStack() as stack:
                for _ in range(2):
                    stack.enter_context(silent(server.port))
                for _ in range(20):
                    for _ in range(20):
                        silent(server.port).close()
                    await anext(frames)

    asyncio.run(play())
    assert refused(server, "address_connections") > 300


def test_the_python_client_is_told_that_it_is_one_too_many(start_server: StartServer) -> None:
    server = start_server(COUNTED, "admission.connections_per_address_max=1")

    async def two() -> str:
        async with connect(server.url):
            try:
                async with connect(server.url):
                    return "let in"
            except CannotConnect as error:
                return str(error)

    assert "HTTP 429" in asyncio.run(two())


@pytest.fixture(scope="module", params=TRANSPORTS)
def hasty(start_server: StartServer, request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """A server that waits for hello no longer than a second, and for a hundred at most."""
    server = start_server(request.param, "receive.hello_timeout_s=1", "admission.unauthenticated_max=100")
    yield server
    server.stop()
    assert "Traceback" not in server.log()


def test_a_byte_now_and_then_does_not_keep_a_connection(hasty: RunningServer) -> None:
    """Slowloris: the time is one for all of the handshake and hello, and nothing that is sent prolongs it."""
    with RawClient(hasty.port) as client:
        client.sock.settimeout(0.1)
        began_s, heard = time.monotonic(), b""
        for byte in UPGRADE % b"pelton.v1":
            assert time.monotonic() - began_s < TIMEOUT_S
            try:
                client.send(bytes([byte]))
                heard = client.sock.recv(65_536)
            except TimeoutError:
                continue
            break
        assert heard.startswith(b"HTTP/1.1 408 ")


def test_a_thousand_half_open_ones_hold_a_hundred_places_and_no_honest_client_out(hasty: RunningServer) -> None:
    with ExitStack() as stack:
        before_bytes = stats(hasty)["rss_bytes"]
        refused_before = refused(hasty, "unauthenticated")
        socks = [stack.enter_context(silent(hasty.port)) for _ in range(1000)]
        for sock in socks[::3]:
            sock.sendall((UPGRADE % b"pelton.v1")[:-2])
        asyncio.run(plays(hasty))
        while stats(hasty)["connections"]:
            """Until the time of all of them is over."""
        assert refused(hasty, "unauthenticated") - refused_before >= 900
        assert stats(hasty)["rss_bytes"] - before_bytes < 12_000_000
        told = [ended(sock)[:12] for sock in socks]
        assert set(told) <= {b"HTTP/1.1 408", b"HTTP/1.1 503", b""}
        assert b"HTTP/1.1 503" in told


@pytest.fixture(scope="module")
def choosy(start_server: StartServer) -> Iterator[RunningServer]:
    server = start_server(
        "admission.allowed_origins=same-host, https://play.example",
        "admission.trusted_proxies=127.0.0.0/8",
        "admission.connections_per_address_max=2",
    )
    yield server
    server.stop()


def asked(server: RunningServer, *headers: str) -> tuple[RawClient, int]:
    """A client that sends these headers besides, and the status of the answer."""
    client = RawClient(server.port)
    request = (UPGRADE % b"pelton.v1").replace(b"Host: localhost", f"Host: localhost:{server.port}".encode())
    client.send(request.removesuffix(b"\r\n") + "".join(f"{one}\r\n" for one in headers).encode() + b"\r\n")
    return client, int(client.head().split()[1])


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:{port}", 101),
        ("https://localhost:{port}", 101),
        ("https://play.example", 101),
        ("http://play.example", 403),
        ("https://play.example:8443", 403),
        ("https://Play.example", 403),
        ("https://play.example.evil.example", 403),
        ("https://evil-play.example", 403),
        ("https://play.example@evil.example", 403),
        ("https://play.example/", 403),
        ("http://localhost", 403),
        ("http://localhost:1", 403),
        ("ftp://localhost:{port}", 403),
        ("file://", 403),
        ("null", 403),
    ],
)
def test_a_foreign_page_is_answered_with_403(choosy: RunningServer, origin: str, status: int) -> None:
    client, found = asked(choosy, f"Origin: {origin.format(port=choosy.port)}")
    with client:
        assert found == status


def test_behind_a_proxy_each_client_has_its_own_places(choosy: RunningServer) -> None:
    with ExitStack() as stack:

        def status(*headers: str) -> int:
            client, found = asked(choosy, *headers)
            stack.enter_context(client)
            return found

        first, other = "203.0.113.7", "203.0.113.8"
        forged = [f"X-Forwarded-For: 198.51.100.{number}, {first}" for number in range(1, 4)]
        assert [status(header) for header in forged] == [101, 101, 429]
        assert status(f"X-Forwarded-For: {other}") == 101
        page = stack.enter_context(asked(choosy, forged[0], "Origin: https://play.example")[0])
        assert page.closed()[0] == 4530


def test_a_thousand_forged_addresses_of_one_peer_count_as_one(start_server: StartServer) -> None:
    server = start_server(
        COUNTED, "admission.connections_per_address_max=5", "admission.connections_per_address_per_s=0"
    )
    with ExitStack() as stack:
        statuses = []
        for number in range(1000):
            client = stack.enter_context(RawClient(server.port))
            client.send(
                (UPGRADE % b"pelton.v1")[:-2] + f"X-Forwarded-For: 10.0.{number // 250}.{number % 250}\r\n\r\n".encode()
            )
            statuses.append(client.head()[9:12])
            if number >= 5:
                client.sock.close()
        assert statuses[:6] == [b"101"] * 5 + [b"429"]
        assert b"101" not in statuses[5:]


def test_garbage_soon_keeps_its_sender_out(start_server: StartServer) -> None:
    server = start_server(COUNTED)
    ends = []
    for _ in range(30):
        with RawClient(server.port) as client:
            if b" 101 " in client.upgrade():
                client.say("nonsense")
                ends.append(client.closed()[0])
            else:
                ends.append(429)
    assert ends[:4] == [4400] * 4
    assert ends.count(4400) < 10
    assert "Traceback" not in server.log()


@pytest.mark.parametrize("loop", LOOPS)
def test_out_of_descriptors_games_go_on_and_places_come_back(start_server: StartServer, loop: str) -> None:
    server = start_server(loop, *UNLIMITED, "receive.hello_timeout_s=60")
    in_use = len(list(Path(f"/proc/{server.pid}/fd").iterdir()))
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (in_use + 20, in_use + 20))

    async def play() -> None:
        async with connect(server.url) as client, asyncio.timeout(4 * TIMEOUT_S):
            frames = aiter(await client.join_or_create("arena"))
            with ExitStack() as stack:
                for _ in range(60):
                    stack.enter_context(silent(server.port))
                while "cannot accept connections" not in server.log():
                    await anext(frames)
                for _ in range(20):
                    await anext(frames)
            await plays(server)

    asyncio.run(play())
    assert "Traceback" not in server.log()
