"""The admin port's socket: a few short HTTP connections at a time, one request each, bounded in bytes and in time.

    connected ─▶ head ─▶ answered ─▶ gone
        │         │         └ reads on and drops it, until the client hangs up: who closes on unread bytes
        │         │           resets the connection, and the client may lose the answer
        │         └ too long: 431, not in time: 408
        └ one too many: 503

Runs as protocols of the event loop, not on the beat: no task, one timer a connection.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from pelton.server.admin.guard import Guard
from pelton.server.admin.request import METHODS, BadRequest, Request, parse, response
from pelton.server.clock import MonotonicClock
from pelton.wire import Page

__all__ = ["AdminListener", "Limits"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection, and all of them, may take."""

    head_bytes_max: int = 8192
    time_s: float = 5.0
    """From connecting to hanging up."""
    connections_max: int = 32
    refused_max: int = 32
    """So many more still hear that there is no room; beyond, they are dropped."""
    dropped_bytes_max: int = 65_536
    """What a client may go on sending after its answer."""


class AdminListener:
    """Answers with `pages(path)`, None for a path that has none. `start`, then `stop`.

    `api`, if given, is asked before with the whole request and the address that it came from.
    """

    def __init__(
        self,
        pages: Callable[[str], Page | None],
        limits: Limits | None = None,
        guard: Guard | None = None,
        api: Callable[[Request, str], Page | None] | None = None,
    ) -> None:
        self.api = api
        self.pages = pages
        self.guard = guard or Guard("", MonotonicClock())
        self.limits = limits or Limits()
        self.visits: set[_Visit] = set()
        """Those connected."""
        self._server: asyncio.Server | None = None
        self._empty: asyncio.Event

    async def start(self, sock: socket.socket) -> None:
        """Accept on a socket that listens."""
        self._empty = asyncio.Event()
        self._server = await asyncio.get_running_loop().create_server(lambda: _Visit(self), sock=sock)

    async def stop(self) -> None:
        """Accept nobody more and end who is here. Nothing happens if it was not started."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for visit in list(self.visits):
            visit.abort()
        if self.visits:
            await self._empty.wait()

    @property
    def stopped(self) -> bool:
        return self._server is None

    def page(self, request: Request, peer: str) -> Page:
        """The page asked for; a fault of ours is one that says so."""
        path = request.path
        try:
            found = self.api(request, peer) if self.api is not None else None
            return found or self.pages(path) or Page.text(404, "nothing here; / lists what there is")
        except Exception:  # the edge: a page that fails ends neither the connection's peers nor the server
            log.exception("the admin page %s failed", path, extra={"path": path})
            return Page.text(500, "this page failed; the server's log knows why")

    def forget(self, visit: _Visit) -> None:
        """One that is gone."""
        self.visits.discard(visit)
        if not self.visits:
            self._empty.set()


class _Visit(asyncio.Protocol):
    """One connection."""

    def __init__(self, listener: AdminListener) -> None:
        self._listener = listener
        self._limits = listener.limits
        self._head = b""
        self._answered = False
        self._dropped_bytes = 0
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._peer: str = (transport.get_extra_info("peername") or ["unknown"])[0]
        self._timer = asyncio.get_running_loop().call_later(self._limits.time_s, self._overdue)
        visits = self._listener.visits
        visits.add(self)
        if self._listener.stopped or len(visits) > self._limits.connections_max + self._limits.refused_max:
            self.abort()
        elif len(visits) > self._limits.connections_max:
            self._answer(Page.text(503, f"{self._limits.connections_max} others are connected; try again"))

    def data_received(self, data: bytes) -> None:
        if self._answered:
            self._dropped_bytes += len(data)
            if self._dropped_bytes > self._limits.dropped_bytes_max:
                self.abort()
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if (len(self._head) if end < 0 else end + 4) > self._limits.head_bytes_max:
            self._answer(Page.text(431, f"the request's head is longer than {self._limits.head_bytes_max} bytes"))
        elif end >= 0:
            self._serve(self._head[: end + 4])

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self._listener.forget(self)

    def abort(self) -> None:
        """End it without a word."""
        self._transport.abort()

    def _serve(self, head: bytes) -> None:
        body = not head.startswith(b"HEAD ")
        guard = self._listener.guard
        try:
            request = parse(head, any_host=guard.demands_token)
            refusal = guard.refusal(self._peer, request.path, request.authorization)
            page = refusal or self._listener.page(request, self._peer)
        except BadRequest as bad:
            self._answer(bad.page, body=body, allow=bad.allow)
        else:
            self._answer(page, body=body)

    def _answer(self, page: Page, *, body: bool = True, allow: tuple[str, ...] = METHODS) -> None:
        self._answered = True
        self._head = b""
        if self._transport.is_closing():
            return
        self._transport.write(response(page, body=body, allow=allow))
        self._transport.write_eof()

    def _overdue(self) -> None:
        if self._answered:
            self.abort()
        else:
            self._answer(Page.text(408, f"the request was not whole after {self._limits.time_s:g} s"))
            self._transport.close()
