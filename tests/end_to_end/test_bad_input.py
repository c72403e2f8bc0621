"""Whatever a peer sends ends in a close code or a refusal: no traceback for him, nothing at all for anybody else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.conftest import RunningServer, StartServer
from tests.end_to_end.raw import RawClient, frame, pack

HELLO_TIMEOUT_S = 0.5


@pytest.fixture(scope="module", params=["swept", "asyncio"])
def server(request: pytest.FixtureRequest, start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server(
        f"server.transport={request.param}", f"receive.hello_timeout_s={HELLO_TIMEOUT_S}", "deliver.ack_lag_max_s=60"
    )
    yield running
    running.stop()
    assert "Traceback" not in running.log()


@pytest.fixture
def neighbour(server: RunningServer) -> Iterator[RawClient]:
    """Somebody who plays on while the test misbehaves, and whose frames must not stop."""
    with RawClient(server.port) as client:
        client.join()
        before = client.hear()[3]
        yield client
        client.say(4, 1, ["steer", 0.5, 1.0])
        while (heard := client.hear())[1] < 1:
            assert heard[0] == 20
        assert heard[3] > before


def packed(*value: Any) -> bytes:
    return pack(list(value))


BEFORE_HELLO: dict[str, tuple[bytes, int]] = {
    "text frame": (frame(b"hello", 0x1), 1003),
    "text frame that is not UTF-8": (frame(b"\xff\xfe", 0x1), 1003),
    "garbage": (frame(b"\xc1\xde\xad\xbe\xef"), 4400),
    "empty message": (frame(b""), 4400),
    "truncated message": (frame(packed(1, "raw")[:-1]), 4400),
    "trailing bytes": (frame(packed(1, "raw") + b"\x00"), 4400),
    "unknown type": (frame(packed(99)), 4400),
    "missing tag": (frame(packed()), 4400),
    "not an array": (frame(pack({"type": 1})), 4400),
    "a list header of 10^6 elements": (frame(b"\xdd\x00\x0f\x42\x40"), 4400),
    "a string header of 4 GiB": (frame(b"\x92\x01\xdb\xff\xff\xff\xff"), 4400),
    "nesting as deep as a message allows": (frame(b"\x93\x04\x01" + b"\x91" * 4000 + b"\x00"), 4400),
    "invalid UTF-8": (frame(b"\x92\x01\xa2\xff\xff"), 4400),
    "unknown field": (frame(packed(1, "raw", 1)), 4400),
    "name too long": (frame(packed(1, "x" * 65)), 4400),
    "action before hello": (frame(packed(4, 1, ["steer", 0, 0])), 4405),
    "join before hello": (frame(packed(2, 0, "arena", {})), 4405),
    "oversized message": (frame(b"\x00" * 4097), 1009),
    "oversized by its header alone": (frame(b"", declared=2**31), 1009),
    "unmasked frame": (frame(packed(1, "raw"), masked=False), 1002),
    "reserved bit": (bytes([0xC2, 0x80, 0, 0, 0, 0]), 1002),
    "unknown opcode": (frame(b"", 0x3), 1002),
    "fragmented ping": (frame(b"", 0x9, fin=False), 1002),
    "continuation of nothing": (frame(b"", 0x0), 1002),
    "more than 64 fragments": (frame(b"", fin=False) + frame(b"", 0x0, fin=False) * 64, 1009),
    "nesting 10,000 deep": (frame(b"\x93\x04\x01" + b"\x91" * 10_000 + b"\x00"), 1009),
}


@pytest.mark.parametrize(("data", "code"), BEFORE_HELLO.values(), ids=BEFORE_HELLO.keys())
@pytest.mark.usefixtures("neighbour")
def test_a_bad_first_message_is_closed_with_its_code(server: RunningServer, data: bytes, code: int) -> None:
    with RawClient(server.port) as client:
        client.upgrade()
        client.send(data)
        got, reason = client.closed()
        assert got == code
        assert "Traceback" not in reason


def test_a_frame_cut_off_by_the_end_of_the_connection_hurts_nobody(server: RunningServer, neighbour: RawClient) -> None:
    with RawClient(server.port) as client:
        client.join()
        client.send(frame(packed(4, 1, ["steer", 0.1, 0.1]))[:-3])
    assert neighbour.hear()[0] == 20


WHILE_SEATED: dict[str, tuple[bytes, int]] = {
    "join twice": (packed(2, 0, "arena", {}), 4405),
    "hello twice": (packed(1, "raw"), 4405),
    "a number that does not rise": (packed(4, 5, ["shoot"]), 4400),
    "a number of 2^53": (packed(4, 2**53, ["shoot"]), 4400),
    "an action cut short": (packed(4, 6, ["steer", 0.5, 0.5])[:-3], 4400),
    "an action nested too deeply": (b"\x93\x04\x06" + b"\x91" * 4000 + b"\x00", 4400),
}


@pytest.mark.parametrize(("payload", "code"), WHILE_SEATED.values(), ids=WHILE_SEATED.keys())
@pytest.mark.usefixtures("neighbour")
def test_a_bad_message_of_a_seated_player_is_closed_with_its_code(
    server: RunningServer, payload: bytes, code: int
) -> None:
    with RawClient(server.port) as client:
        client.join()
        client.say(4, 5, ["shoot"])
        client.send(frame(payload))
        assert client.closed()[0] == code


INVALID_ACTIONS: dict[str, list[Any]] = {
    "not a number": ["steer", math.nan, 0.5],
    "infinite": ["steer", math.inf, 0.5],
    "out of bounds": ["steer", 1.5, 0.5],
    "of another type": ["steer", "left", 0.5],
    "a bool for a number": ["steer", True, 0.5],
    "unknown action": ["teleport", 1, 2],
    "a field too many": ["steer", 0.5, 0.5, 0.5],
    "a field too few": ["steer", 0.5],
    "no name": [],
    "a name too long": ["rename", "x" * 17],
}


@pytest.mark.parametrize("action", INVALID_ACTIONS.values(), ids=INVALID_ACTIONS.keys())
@pytest.mark.usefixtures("neighbour")
def test_an_invalid_action_is_refused_and_the_player_plays_on(server: RunningServer, action: list[Any]) -> None:
    with RawClient(server.port) as client:
        client.join()
        client.say(4, 1, action)
        client.say(4, 2, ["steer", 0.5, 0.5])
        refused: list[Any] = []
        ack = 0
        while ack < 2:
            _, ack, refusals, *_ = client.hear()
            refused += refusals
        assert refused == [[1, "invalid"]]


def test_more_refused_actions_than_allowed_close_the_connection(server: RunningServer, neighbour: RawClient) -> None:
    with RawClient(server.port) as client:
        client.join()
        client.send(b"".join(frame(packed(4, seq, ["x"])) for seq in range(1, 4001)))
        assert client.closed()[0] == 4529
    assert neighbour.hear()[0] == 20


def test_an_action_before_join_is_closed(server: RunningServer) -> None:
    with RawClient(server.port) as client:
        client.greet()
        client.say(4, 1, ["steer", 0, 0])
        assert client.closed()[0] == 4405


def test_an_action_that_was_under_way_when_the_seat_was_given_back_is_ignored(server: RunningServer) -> None:
    with RawClient(server.port) as client:
        client.join()
        client.say(3)
        client.say(4, 1, ["steer", 0, 0])
        client.say(5, 7)
        while (heard := client.hear())[0] != 21:
            assert heard[0] in (19, 20)


def test_another_subprotocol_is_answered_over_http(server: RunningServer) -> None:
    with RawClient(server.port) as client:
        assert client.upgrade(b"graphql-ws").startswith(b"HTTP/1.1 400 ")
        assert b"pelton.v1" in client.rest()


def test_a_post_is_answered_over_http(server: RunningServer) -> None:
    with RawClient(server.port) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na=1")
        head = client.head()
        assert head.startswith(b"HTTP/1.1 405 ")
        assert b"Allow: GET" in head


def test_bytes_that_are_no_http_are_answered_and_ended(server: RunningServer) -> None:
    with RawClient(server.port) as client:
        client.send(bytes(range(256)) + b"\r\n\r\n")
        assert client.head().startswith(b"HTTP/1.1 40")


def test_an_endless_request_head_is_ended(server: RunningServer) -> None:
    with RawClient(server.port) as client:
        client.send(b"GET / HTTP/1.1\r\n" + b"X-Header: y\r\n" * 1000)
        assert client.head().startswith(b"HTTP/1.1 431 ")


def test_half_a_handshake_is_ended_after_the_configured_time(server: RunningServer, neighbour: RawClient) -> None:
    with RawClient(server.port) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: loc")
        assert client.head().startswith(b"HTTP/1.1 408 ")
        assert client.rest()
    assert neighbour.hear()[0] == 20


def test_a_connection_that_does_not_introduce_itself_is_closed_after_the_configured_time(server: RunningServer) -> None:
    with RawClient(server.port) as client:
        client.upgrade()
        assert client.closed()[0] == 4508
