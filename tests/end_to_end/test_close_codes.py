"""Every close code of the table, provoked: a real server says it, and why."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.request import urlopen

import pytest

from pelton.protocol import CLOSE_CODES
from pelton.server.auth.identity import Identity
from pelton.server.auth.ticket import mint_ticket
from tests.end_to_end.conftest import RunningServer, StartServer
from tests.end_to_end.raw import UPGRADE, RawClient, frame, pack

SECRET = "a secret of the tests, long enough for anybody"
END_OF_TIME_S = 4e9
PATIENCE_S = 20
FAULTY = """
class Faulty:
    def authenticate(self, credentials, now_s):
        raise LookupError("a bug of the game's author")
"""
SETTINGS = MappingProxyType(
    {
        "plain": (
            "receive.hello_timeout_s=1",
            "receive.message_timeout_s=1",
            "receive.ping_after_s=1",
            "receive.silence_timeout_s=2",
            "receive.flood_timeout_s=0.2",
        ),
        "patient": (
            "receive.frames_per_second_max=100000",
            "receive.frames_burst_max=100000",
            "receive.flood_timeout_s=60",
            "deliver.stall_timeout_s=1",
            "receive.close_timeout_s=15",
            "deliver.backlog_bytes_max=10000000",
            "deliver.socket_send_buffer_bytes=4096",
        ),
        "tickets": ("auth.authenticator=ticket", f"auth.secret={SECRET}"),
        "faulty": ("auth.authenticator=faulty_door:Faulty",),
        "small": ("server.connections_max=1",),
        "proxied": ("admission.trusted_proxies=127.0.0.1", "admission.connections_per_address_max=1"),
    }
)
Provoke: TypeAlias = Callable[[RunningServer, RawClient], None]


@pytest.fixture(scope="module")
def servers(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, RunningServer]]:
    """One of each kind."""
    folder = tmp_path_factory.mktemp("door")
    (folder / "faulty_door.py").write_text(FAULTY)
    environ = {"PYTHONPATH": str(folder)}
    started = {kind: start_server(*settings, environ=environ) for kind, settings in SETTINGS.items()}
    yield started
    for server in started.values():
        server.stop()


def ticket() -> str:
    return mint_ticket(SECRET, "pelton", Identity("ada", expires_at=END_OF_TIME_S))


def stats(server: RunningServer) -> dict[str, Any]:
    with urlopen(f"{server.admin_url}stats", timeout=PATIENCE_S) as answer:  # noqa: S310 - our own server
        found: dict[str, Any] = json.load(answer)
    return found


def says_goodbye(code: int) -> Provoke:
    def provoke(_: RunningServer, client: RawClient) -> None:
        client.greet()
        client.send(frame(code.to_bytes(2, "big"), 0x8))

    return provoke


def sends(*data: bytes) -> Provoke:
    def provoke(_: RunningServer, client: RawClient) -> None:
        client.greet()
        for piece in data:
            client.send(piece)

    return provoke


def says(*message: object) -> Provoke:
    return sends(frame(pack(list(message))))


def is_cut_off(server: RunningServer, client: RawClient) -> None:
    client.join()
    server.kill()


def sees_the_server_stop(server: RunningServer, client: RawClient) -> None:
    client.join()
    threading.Thread(target=server.stop).start()


def comes_second(_: RunningServer, client: RawClient) -> None:
    client.upgrade()


def shows_a_wrong_ticket(_: RunningServer, client: RawClient) -> None:
    client.upgrade()
    client.say(1, "raw", ticket() + "A")


def connects_anew(server: RunningServer, client: RawClient) -> None:
    client.upgrade()
    client.say(1, "raw", ticket())
    assert client.hear()[0] == 16
    with RawClient(server.port) as again:
        again.upgrade()
        again.say(1, "raw", ticket())
        assert again.hear()[0] == 16


def says_hello_to_a_bug(_: RunningServer, client: RawClient) -> None:
    client.upgrade()
    client.say(1, "raw")


def reads_nothing(server: RunningServer, client: RawClient) -> None:
    """Asks and asks, and takes no answer."""
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.join()
    client.sock.settimeout(0.05)
    asked = frame(b"p" * 125, 0x9) * 100
    for _round in range(200):
        try:
            client.send(asked)
        except TimeoutError:
            break  # the server waits for us
    client.sock.settimeout(PATIENCE_S)
    while not stats(server)["metrics"]["frames_skipped"]:
        """What is on its way fills up."""
    begin_s = stats(server)["uptime_s"]
    while stats(server)["uptime_s"] < begin_s + 2:
        """It has waited for longer than it does, and its goodbye for less."""


def never_answers(_: RunningServer, client: RawClient) -> None:
    client.greet()  # pings of the server's go unanswered


def never_says_hello(_: RunningServer, client: RawClient) -> None:
    client.upgrade()


def floods(_: RunningServer, client: RawClient) -> None:
    client.join()
    flood = frame(b"", 0x9) * 500
    client.sock.settimeout(0.05)
    for _round in range(2000):
        try:
            client.send(flood)
        except TimeoutError:
            continue
        except OSError:
            break
        if b"rate_limited" in client.peek():
            break
    client.sock.settimeout(PATIENCE_S)


def is_one_too_many(_: RunningServer, client: RawClient) -> None:
    forwarded = b"X-Forwarded-For: 198.51.100.7\r\nOrigin: http://localhost\r\n\r\n"
    client.send((UPGRADE % b"pelton.v1").replace(b"\r\n\r\n", b"\r\n" + forwarded))
    client.head()


PROVOKED: dict[int, tuple[str, Provoke]] = {
    1000: ("plain", says_goodbye(1000)),
    1001: ("plain", says_goodbye(1001)),
    1002: ("plain", sends(frame(b"x", masked=False))),
    1003: ("plain", sends(frame(b"text", 0x1))),
    1006: ("own", is_cut_off),
    1009: ("plain", sends(frame(b"", declared=1_000_000))),
    1012: ("own", sees_the_server_stop),
    1013: ("small", comes_second),
    4400: ("plain", sends(frame(b"\xc1"))),
    4401: ("tickets", shows_a_wrong_ticket),
    4405: ("plain", says(4, 1, ["steer", 0.0, 0.0])),
    4409: ("tickets", connects_anew),
    4500: ("faulty", says_hello_to_a_bug),
    4503: ("patient", reads_nothing),
    4504: ("plain", never_answers),
    4508: ("plain", never_says_hello),
    4512: ("plain", sends(frame(b"\x92\x05", declared=100)[:-2])),
    4529: ("plain", floods),
    4530: ("proxied", is_one_too_many),
}
BEFORE: dict[int, Callable[[RawClient], object]] = {
    1013: lambda client: client.greet(),
    4530: lambda client: is_one_too_many(None, client),  # type: ignore[arg-type]  # it does not look at the server
}
"""Who is there already, and in the way."""
ECHOED = frozenset({1000, 1001, 1006})
"""Those that the server does not choose, so it gives no reason."""


def test_every_code_of_the_table_is_provoked() -> None:
    assert PROVOKED.keys() == CLOSE_CODES.keys()


@pytest.mark.parametrize("code", PROVOKED, ids=lambda code: f"{code}-{CLOSE_CODES[code].name}")
def test_the_server_ends_the_connection_with(
    code: int, servers: dict[str, RunningServer], start_server: StartServer
) -> None:
    kind, provoke = PROVOKED[code]
    server = start_server() if kind == "own" else servers[kind]
    with ExitStack() as stack:
        if code in BEFORE:
            BEFORE[code](stack.enter_context(RawClient(server.port)))
        client = stack.enter_context(RawClient(server.port))
        provoke(server, client)
        closed, reason = client.closed()
    assert closed == code
    assert code in ECHOED or reason
