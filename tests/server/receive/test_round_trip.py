"""The kernel's own figure of a round trip, where there is one."""

from __future__ import annotations

import socket
import sys

import pytest

from pelton.server.receive.round_trip import round_trip_us


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")
def test_a_connection_that_has_carried_something_has_a_round_trip() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()) as near:
        far, _ = listening.accept()
        with far:
            for _ in range(3):
                near.sendall(b"x")
                far.recv(1)
                far.sendall(b"y")
                near.recv(1)
            found = round_trip_us(far)
            assert found is not None
            assert 0 < found < 10_000_000


def test_nothing_has_none() -> None:
    gone = socket.socket()
    gone.close()
    assert round_trip_us(gone) is None
    assert round_trip_us(None) is None
    near, far = socket.socketpair()
    with near, far:
        assert round_trip_us(near) is None
