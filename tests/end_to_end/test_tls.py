"""A real server that speaks TLS by itself: clients play over it, goodbyes arrive, certificates are renewed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pelton.client import CannotConnect, Closed, connect
from tests.certificates import client_context, written
from tests.end_to_end.conftest import RunningServer, StartServer, clean_environment
from tests.end_to_end.raw import RawClient

TIMEOUT_S = 10
LOOPS = ["asyncio", "uvloop"]
TRANSPORTS = ["swept", "asyncio"]


def tls(certificate: Path, key: Path) -> tuple[str, str]:
    return f"server.tls_certificate={certificate}", f"server.tls_key={key}"


NO_RATE = ("receive.frames_per_second_max=100000", "receive.frames_burst_max=100000")
"""Large and many messages are what is tested."""


@pytest.fixture(scope="module", params=[(loop, transport) for loop in LOOPS for transport in TRANSPORTS], ids="-".join)
def server(
    start_server: StartServer, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    loop, transport = request.param
    files = written(tmp_path_factory.mktemp("tls"))
    times = "receive.hello_timeout_s=1"
    running = start_server(f"server.loop={loop}", f"server.transport={transport}", times, *NO_RATE, *tls(*files))
    yield running
    running.stop()
    assert "Traceback" not in running.log()


class TlsClient(RawClient):
    """The client that can misbehave, over TLS."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        super().__init__(port)
        self.tls = (context or client_context()).wrap_socket(self.sock, server_hostname="localhost")
        self.sock = self.tls

    def __enter__(self) -> TlsClient:
        return self


def stats(server: RunningServer) -> Any:
    with urllib.request.urlopen(server.admin_url + "stats", timeout=TIMEOUT_S) as answer:  # noqa: S310 - it is ours
        return json.loads(answer.read())


async def plays(server: RunningServer, frames: int = 5) -> None:
    async with connect(server.url, tls=client_context()) as client, asyncio.timeout(TIMEOUT_S):
        room = await client.join_or_create("arena")
        async for _ in room:
            frames -= 1
            if not frames:
                break


def test_the_address_says_that_it_is_tls(server: RunningServer) -> None:
    assert server.url == f"wss://127.0.0.1:{server.port}/"


async def test_the_python_client_plays_over_it(server: RunningServer) -> None:
    await plays(server)


async def test_a_client_that_does_not_know_the_authority_does_not_come_in(server: RunningServer) -> None:
    with pytest.raises(CannotConnect, match="certificate verify failed"):
        async with connect(server.url, tls=ssl.create_default_context()):
            pytest.fail("it came in")
    await plays(server)


def test_it_agrees_on_a_new_version_and_on_http_1_1(server: RunningServer) -> None:
    context = client_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with TlsClient(server.port, context) as client:
        assert client.tls.version() in ("TLSv1.2", "TLSv1.3")
        assert client.tls.selected_alpn_protocol() == "http/1.1"
        assert b" 101 " in client.upgrade()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_an_old_version_is_refused(server: RunningServer) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionResetError)), TlsClient(server.port, context):
        pytest.fail("it came in")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_goodbye_arrives_with_its_code(server: RunningServer, version: ssl.TLSVersion) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    with TlsClient(server.port, context) as client:
        client.greet()
        client.send(
            b"".join([b"\x82\x81\x00\x00\x00\x00\xc1"] * 200)
        )  # garbage, more than is read before it is noticed
        assert client.closed()[0] == 4400


async def test_the_python_client_is_told_why_it_ended(server: RunningServer) -> None:
    async with connect(server.url, tls=client_context()) as client, asyncio.timeout(TIMEOUT_S):
        client._connection._websocket.push(b"\xc1")
        with pytest.raises(Closed) as caught:
            await client.ping()
    assert caught.value.code == 4400


def test_large_and_many_messages_go_through(server: RunningServer) -> None:
    with TlsClient(server.port) as client:
        client.greet()
        for number in range(3000):
            client.say(5, number)
        assert [client.hear()[1] for _ in range(3000)] == list(range(3000))


def test_who_is_silent_or_slow_in_the_handshake_is_gone_in_time(server: RunningServer) -> None:
    with ExitStack() as stack:
        socks = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_S))
            for _ in range(100)
        ]
        for sock in socks[::2]:
            sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # the begin of a client hello
        for sock in socks:
            assert sock.recv(1000) == b""
        while stats(server)["connections"]:
            """Until the last is forgotten."""


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 100, os.urandom(4000)])
def test_what_is_no_tls_ends_with_the_connection(server: RunningServer, sent: bytes) -> None:
    with RawClient(server.port) as client:
        client.send(sent)
        assert b"HTTP/1.1" not in client.rest()


def test_a_page_is_served_too(server: RunningServer) -> None:
    with TlsClient(server.port) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.rest().startswith(b"HTTP/1.1 200 OK\r\n")


def serial(port: int) -> int:
    """Of the certificate that a new connection gets."""
    with TlsClient(port) as client:
        found = client.tls.getpeercert()
        assert found is not None
        return int(str(found["serialNumber"]), 16)


@pytest.mark.parametrize("loop", LOOPS)
async def test_sighup_renews_the_certificate_and_drops_nobody(
    start_server: StartServer, tmp_path: Path, loop: str
) -> None:
    certificate, key = written(tmp_path)
    server = start_server(f"server.loop={loop}", *tls(certificate, key))
    before = serial(server.port)
    async with connect(server.url, tls=client_context()) as client, asyncio.timeout(3 * TIMEOUT_S):
        frames = aiter(await client.join_or_create("arena"))
        renewed = written(tmp_path, "renewed")
        certificate.write_bytes(renewed[0].read_bytes())
        for line in ("the old certificate stays: server.tls_key: ", "new connections get the certificate "):
            os.kill(server.pid, signal.SIGHUP)
            while line not in server.log():
                await anext(frames)
            if line.startswith("the old"):
                assert await asyncio.to_thread(serial, server.port) == before
            key.write_bytes(renewed[1].read_bytes())
        assert await asyncio.to_thread(serial, server.port) != before
        await anext(frames)
    assert "Traceback" not in server.log()


def started(*settings: str) -> tuple[int, str]:
    """How a server ends that cannot start, and what it says."""
    options = [word for setting in settings for word in ("--set", setting)]
    process = subprocess.run(
        [sys.executable, "-m", "pelton.server", "--port", "0", "--set", "log.format=console", *options],
        capture_output=True,
        text=True,
        timeout=3 * TIMEOUT_S,
        env=clean_environment(),
        check=False,
    )
    assert process.stdout == ""
    return process.returncode, process.stderr


def test_files_that_cannot_be_used_stop_the_start_and_are_named(tmp_path: Path) -> None:
    certificate, key = written(tmp_path)
    other = written(tmp_path, "other")[1]
    gone = tmp_path / "gone"
    assert started(*tls(gone, key)) == (
        1,
        f"pelton: server.tls_certificate: {gone} cannot be read: No such file or directory\n",
    )
    assert started(*tls(certificate, other)) == (
        1,
        f"pelton: server.tls_key: {other} is not the key of the certificate in {certificate}\n",
    )


def test_limits_by_address_hold_before_any_handshake(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(
        *tls(*written(tmp_path)), "admission.limit_loopback=yes", "admission.connections_per_address_max=1"
    )
    with TlsClient(server.port) as client:
        client.greet()
        with RawClient(server.port) as other:
            assert other.rest() == b"", "no HTTP where TLS is expected"
        assert stats(server)["metrics"]["refused_address_connections"] == 1
