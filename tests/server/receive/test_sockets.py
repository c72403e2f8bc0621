"""What the kernel was told about player sockets, asked of accepted ones: by hand, and as the event loops accept."""

from __future__ import annotations

import asyncio
import socket
import sys

import pytest

from pelton.server.receive.listener import listen
from tests.server.fakes import settings
from tests.server.peer import Peer

CONFIG = settings(
    "deliver.socket_send_buffer_bytes=8192",
    "receive.socket_receive_buffer_bytes=4096",
    "deliver.user_timeout_ms=1234",
)

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such option, and double nothing")


class Told(asyncio.Protocol):
    """Tells the options of its transport's socket."""

    def __init__(self, told: asyncio.Future[dict[str, int]]) -> None:
        self._told = told

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._told.set_result(options(transport.get_extra_info("socket")))
        transport.close()


def options(sock: socket.socket) -> dict[str, int]:
    """Linux reports twice the buffers that were asked for, as it counts its own bookkeeping."""
    return {
        "SO_SNDBUF": sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) // 2,
        "SO_RCVBUF": sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2,
        "TCP_NODELAY": min(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), 1),
        "SO_KEEPALIVE": sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        "TCP_USER_TIMEOUT": sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
    }


ASKED = {"SO_SNDBUF": 8192, "SO_RCVBUF": 4096, "TCP_NODELAY": 1, "SO_KEEPALIVE": 0, "TCP_USER_TIMEOUT": 1234}


@on_linux
def test_what_is_accepted_by_hand_inherits_everything() -> None:
    with listen("127.0.0.1", 0, CONFIG) as sock, Peer(sock.getsockname()[1]):
        sock.setblocking(True)
        accepted, _ = sock.accept()
        with accepted:
            assert options(accepted) == ASKED


@on_linux
async def test_what_the_event_loop_accepts_inherits_everything() -> None:
    loop = asyncio.get_running_loop()
    told: asyncio.Future[dict[str, int]] = loop.create_future()
    sock = listen("127.0.0.1", 0, CONFIG)
    server = await loop.create_server(lambda: Told(told), sock=sock)
    with Peer(sock.getsockname()[1]):
        assert await told == ASKED
    server.close()
    await server.wait_closed()
