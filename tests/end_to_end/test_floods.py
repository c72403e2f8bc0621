"""Floods against a real server: who floods is slowed down and closed, nobody else notices, and no memory grows."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.end_to_end.conftest import RunningServer, StartServer
from tests.end_to_end.raw import RawClient, frame, pack

PATIENCE_S = 30
MEMORY_MAX = 20_000_000
CONT, BINARY, PING, PONG = 0x0, 0x2, 0x9, 0xA


@pytest.fixture(scope="module", params=["swept", "asyncio"])
def server(request: pytest.FixtureRequest, start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server(f"server.transport={request.param}", "admin.port=0", "receive.message_timeout_s=2")
    yield running
    running.stop()
    assert "Traceback" not in running.log()


def stats(server: RunningServer) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.admin_url}stats", timeout=PATIENCE_S) as response:  # noqa: S310 - our own
        found: dict[str, Any] = json.load(response)
    return found


def count(server: RunningServer, name: str) -> int:
    metrics: dict[str, int] = stats(server)["metrics"]
    return metrics[name]


class Neighbour(threading.Thread):
    """Plays on, ten times a second, and counts what came of it."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._client = RawClient(port)
        self._client.join()
        self._stopped, self._played = threading.Event(), threading.Event()
        self.sent = self.acked = 0
        self.refused: list[Any] = []
        self.start()

    def run(self) -> None:
        while not self._stopped.wait(0.1):
            self.sent += 1
            self._client.say(4, self.sent, ["steer", 0.5, 0.5])
            self._hear(self.acked)
            self._played.set()

    def _hear(self, beyond: int) -> None:
        while self.acked <= beyond:
            message = self._client.hear()
            if message[0] == 20:
                self.acked = message[1]
                self.refused += message[2]

    def check(self) -> None:
        """Every action was played, to the last."""
        assert self._played.wait(PATIENCE_S)
        self._stopped.set()
        self.join(PATIENCE_S)
        if self.acked < self.sent:
            self._hear(self.sent - 1)
        self._client.sock.close()
        assert (self.acked, self.refused) == (self.sent, [])


@contextmanager
def unhurt(server: RunningServer, neighbours: int = 2) -> Generator[None]:
    """All neighbours play on meanwhile, and the server's memory stays what it was."""
    players = [Neighbour(server.port) for _ in range(neighbours)]
    before = stats(server)["rss_bytes"]
    yield
    assert stats(server)["rss_bytes"] - before < MEMORY_MAX
    for player in players:
        player.check()


def send_until_closed(client: RawClient, data: bytes, *, reads: bool) -> int:
    """Send the same again and again. Answers the code with which the server ended it; 1006 for a reset."""
    deadline_s = time.monotonic() + PATIENCE_S
    client.sock.settimeout(0.05)
    received = b""
    while time.monotonic() < deadline_s:
        try:
            client.sock.send(data)
        except TimeoutError:
            pass
        except OSError:
            break
        if reads:
            try:
                received += client.sock.recv(65536)
            except TimeoutError:
                pass
            except OSError:
                break
            if b"\x88" in received and (code := goodbye(received)):
                return code
            received = received[-1000:]
    else:
        pytest.fail(f"not closed within {PATIENCE_S} s")
    return 1006


def goodbye(received: bytes) -> int:
    """The code of the close frame at the end, 0 if there is none. The reason tells it from other bytes."""
    at = received.rfind(b"rate_limited:")
    return int.from_bytes(received[at - 2 : at], "big") if at >= 2 else 0


def eventually(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, "it never came to be"
        time.sleep(0.05)


@pytest.mark.parametrize("opcode", [PING, PONG], ids=["pings", "pongs"])
def test_a_flood_of_control_frames_is_closed_and_nobody_is_hurt(server: RunningServer, opcode: int) -> None:
    floods = count(server, "floods_closed")
    with unhurt(server), RawClient(server.port) as client:
        client.join()
        assert send_until_closed(client, frame(b"x" * 125, opcode) * 500, reads=True) == 4529
    assert count(server, "floods_closed") == floods + 1


def test_who_pings_and_never_reads_is_closed_too(server: RunningServer) -> None:
    ended = sum(stats(server)["metrics"][name] for name in ("floods_closed", "connections_silent"))
    with unhurt(server), RawClient(server.port) as client:
        client.join()
        assert send_until_closed(client, frame(b"x" * 125, PING) * 500, reads=False) == 1006
    assert sum(stats(server)["metrics"][name] for name in ("floods_closed", "connections_silent")) == ended + 1


def test_a_flood_of_actions_is_closed_and_the_neighbours_actions_are_all_played(server: RunningServer) -> None:
    with unhurt(server), RawClient(server.port) as client:
        client.join()
        seq = iter(range(1, 10**9))
        deadline_s = time.monotonic() + PATIENCE_S
        client.sock.settimeout(0.2)
        code = 0
        flood = b"".join(frame(pack([4, next(seq), ["steer", 0.1, 0.1]])) for _ in range(200_000))
        while not code and time.monotonic() < deadline_s:
            try:
                flood = flood[client.sock.send(flood) :]
            except TimeoutError:
                pass  # it is not read: that is the point
            except OSError:
                break
            code = heard_goodbye(client)
        assert code == 4529


def heard_goodbye(client: RawClient) -> int:
    client.sock.settimeout(0.02)
    try:
        return goodbye(client.sock.recv(1 << 20))
    except (TimeoutError, OSError):
        return 0


def test_a_burst_of_the_smallest_frames_is_taken_in_slices(server: RunningServer) -> None:
    """200,000 pongs of no bytes, 1.2 MB: far more than a burst, so that it waits in the kernel and ends in 4529."""
    cut = count(server, "slices_cut")
    with unhurt(server), RawClient(server.port) as client:
        client.join()
        assert send_until_closed(client, frame(b"", PONG) * 200_000, reads=True) == 4529
    assert count(server, "slices_cut") > cut


def test_a_flood_of_empty_fragments_is_closed(server: RunningServer) -> None:
    with unhurt(server), RawClient(server.port) as client:
        client.greet()
        client.send(frame(b"", BINARY, fin=False) + frame(b"", CONT, fin=False) * 10_000)
        assert client.closed()[0] == 1009


def test_messages_that_are_begun_and_not_ended_are_closed(server: RunningServer) -> None:
    unfinished = count(server, "messages_unfinished")
    with unhurt(server), ExitStack() as stack:
        clients = [stack.enter_context(RawClient(server.port)) for _ in range(64)]
        for client in clients:
            client.greet()
            client.send(frame(b"", BINARY, fin=False) + frame(b"", CONT, fin=False) * 62)
        eventually(lambda: count(server, "messages_unfinished") == unfinished + 64)
        assert {client.closed()[0] for client in clients} == {4512}
    eventually(lambda: stats(server)["connections"] == 0)
