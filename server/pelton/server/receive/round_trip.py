"""How long a connection's round trip takes, as the kernel has measured it on the data that went anyway."""

from __future__ import annotations

import socket
import struct
from typing import Protocol

__all__ = ["Sock", "round_trip_us"]

_RTT = struct.Struct("=68xI")
"""Where Linux has it in its `struct tcp_info`, in microseconds."""


class Sock(Protocol):
    """A socket, as far as it is asked."""

    def getsockopt(self, level: int, option: int, length: int, /) -> bytes:
        """As `socket.socket` does."""
        ...


def round_trip_us(sock: Sock | None) -> int | None:
    """Smoothed, in microseconds; None where there is no socket, it is gone, or the system does not tell."""
    option: int | None = getattr(socket, "TCP_INFO", None)
    if sock is None or option is None:
        return None
    try:
        found = sock.getsockopt(socket.IPPROTO_TCP, option, _RTT.size)
    except OSError:
        return None
    return _RTT.unpack(found)[0] or None if len(found) == _RTT.size else None
