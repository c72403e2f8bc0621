"""The table of cases against the echo, and against a game server, which answers messages with a code of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.autobahn import echo_server
from tests.conformance.cases import GAME_MESSAGE_MAX, GROUPS, NO_CODE, Answer, Case
from tests.end_to_end.conftest import RunningServer, StartServer
from tests.end_to_end.raw import RawClient
from tests.wire.fakes import CLOSE, PING, PONG, frame

END = b"was that all?"
"""In a ping after a case that leaves the connection open: whatever it does comes before the pong."""
groups = pytest.mark.parametrize("group", list(GROUPS))


@pytest.fixture(scope="module", params=["swept", "asyncio"])
def echo_port(request: pytest.FixtureRequest) -> Iterator[int]:
    with echo_server(request.param) as url:
        yield int(url.rstrip("/").rpartition(":")[2])


@pytest.fixture(scope="module", params=["swept", "asyncio"])
def server(request: pytest.FixtureRequest, start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server(f"server.transport={request.param}")
    yield running
    running.stop()
    assert "Traceback" not in running.log()


def play(port: int, subprotocol: bytes, case: Case, code: int | None) -> tuple[tuple[Answer, ...], int | None]:
    """Send the case's frames: what came back, and the code of the goodbye."""
    answers: list[Answer] = []
    with RawClient(port) as client:
        assert client.upgrade(subprotocol).startswith(b"HTTP/1.1 101 ")
        data = b"".join(case.frames) + (frame(END, PING) if code is None else b"")
        for start in range(0, len(data), case.piece or len(data)):
            try:
                client.send(data[start : start + (case.piece or len(data))])
            except (BrokenPipeError, ConnectionResetError):
                break  # the server has heard enough; what it said is still there to be read
        while True:
            try:
                opcode, payload = client.next_frame()
            except EOFError:
                return tuple(answers), 1006
            if opcode == CLOSE:
                return tuple(answers), int.from_bytes(payload[:2], "big") if payload else NO_CODE
            if (opcode, payload) == (PONG, END):
                return tuple(answers), None
            answers.append((opcode, payload))


@groups
def test_the_echo_answers_as_the_standard_asks(echo_port: int, group: str) -> None:
    wrong = {}
    for case in GROUPS[group]():
        answers, code = play(echo_port, b"echo", case, case.code)
        if (answers, code) != (case.answers, case.code):
            wrong[case.name] = f"{code}, not {case.code}; {str(answers)[:100]}, not {str(case.answers)[:100]}"
    assert not wrong


@groups
def test_a_game_server_ends_the_same_cases_with_its_codes(server: RunningServer, group: str) -> None:
    wrong = {}
    for case in GROUPS[group]():
        answers, code = play(server.port, b"pelton.v1", case, case.game_code)
        pongs = case.answers if case.game_code is None else case.answers[: len(answers)]
        if code != case.game_code or answers != pongs or any(opcode != PONG for opcode, _ in answers):
            wrong[case.name] = f"{code}, not {case.game_code}; {str(answers)[:100]}"
    assert not wrong


@pytest.mark.parametrize("size", [GAME_MESSAGE_MAX + 1, 1 << 16, 1 << 31, (1 << 63) - 1])
@pytest.mark.parametrize("reserved", range(8))
def test_a_length_beyond_the_limit_is_refused_by_its_header_alone(
    server: RunningServer, size: int, reserved: int
) -> None:
    with RawClient(server.port) as client:
        client.upgrade()
        client.send(frame(b"", declared=size, reserved=reserved))
        assert client.closed()[0] == 1009


@pytest.mark.parametrize(
    "offer", ["permessage-deflate", "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame", "x, y; z=1"]
)
def test_no_extension_is_ever_agreed_to(server: RunningServer, offer: str) -> None:
    with RawClient(server.port) as client:
        client.send(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Protocol: pelton.v1\r\nSec-WebSocket-Extensions: %s\r\n\r\n" % offer.encode()
        )
        head = client.head()
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"extensions" not in head.lower()
        client.send(frame(b"\x00", reserved=4))  # what a client sends that believes in compression
        assert client.closed()[0] == 1002


def test_cases_have_names_of_their_own() -> None:
    names = [case.name for make in GROUPS.values() for case in make()]
    assert len(names) > 300
    assert len(set(names)) == len(names)
