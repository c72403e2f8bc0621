"""What the kernel is told about player sockets. Set on the listening one; accepted ones inherit it."""

from __future__ import annotations

import socket

from pelton.server.config import Config

__all__ = ["configure"]


def configure(sock: socket.socket, config: Config) -> None:
    """Set everything that bounds what the kernel does by itself for a connection. Before `listen`."""
    # By default the kernel swallows megabytes for a client that does not read, and nobody notices for minutes.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, config.deliver.socket_send_buffer_bytes)
    # What we do not read, a flood for example, is to wait at the sender's.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, config.receive.socket_receive_buffer_bytes)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)  # our own pings are sooner
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: the kernel ends who takes nothing, also while we stand still
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, config.deliver.user_timeout_ms)
