"""Connections that are refused before anything is made of them: an answer, and the end a little later.

Not at once: the request was not read, and a socket that is closed on unread bytes resets the connection, which may take
the answer from the client. Nothing more is read and nobody is asked: the system's buffer is all that one can fill.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from pelton.server.receive.deadlines import Deadlines

__all__ = ["TurnedAway"]

ANSWERED_AT_ONCE_MAX = 256
"""So many refused connections wait for their end; beyond, they are ended without an answer."""


class TurnedAway:
    """`socket` and `transport` refuse one, `look` ends those whose time is over."""

    def __init__(self, timeout_s: float, answer: bytes) -> None:
        self._answer = answer
        self._ends: Deadlines[Callable[[], None]] = Deadlines(timeout_s)

    def __len__(self) -> int:
        """How many wait for their end."""
        return len(self._ends)

    def socket(self, sock: socket.socket, now_ns: int) -> None:
        """Refuse an accepted socket."""
        if not self._has_room:
            sock.close()
            return
        try:
            sock.setblocking(False)
            sock.send(self._answer)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            sock.close()  # it is gone already
        else:
            self._ends.add(sock.close, now_ns)

    def transport(self, transport: asyncio.Transport, now_ns: int) -> None:
        """Refuse what is on a transport already."""
        if not self._has_room:
            transport.abort()
            return
        transport.pause_reading()
        transport.write(self._answer)
        try:
            transport.write_eof()
        except OSError:
            transport.abort()  # it is gone already
        else:
            self._ends.add(transport.abort, now_ns)

    def look(self, now_ns: int) -> None:
        """End those whose time is over."""
        if self._ends.due_ns <= now_ns:
            for end in self._ends.expired(now_ns):
                end()

    @property
    def _has_room(self) -> bool:
        return bool(self._answer) and len(self._ends) < ANSWERED_AT_ONCE_MAX
