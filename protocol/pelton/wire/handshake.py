"""The opening handshake of either side, from whole heads of HTTP: no sockets, no waiting.

The server answers an upgrade with 101 and everything else with one page and the end of the connection. The
rules of RFC 6455 are websockets'; what is ours is that every request gets an answer, also one that is no
WebSocket at all.
"""

from __future__ import annotations

import http
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidURI
from websockets.http11 import Request, Response
from websockets.protocol import Protocol
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

__all__ = [
    "HEAD_BYTES_MAX",
    "Asked",
    "ClientHandshake",
    "HandshakeRefused",
    "Page",
    "Refused",
    "ServerHandshake",
    "dismiss",
    "split_head",
]

# The library counts a ping between the fragments of a message as part of it; WebSocket counts exactly.
CONTROL_BYTES_MAX = 125
HEAD_BYTES_MAX = 8192
"""The longest HTTP head that is read; browsers send about 600 bytes."""


class Page(NamedTuple):
    """An answer over plain HTTP."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[str, ...] = ()
    """More lines of the head."""

    @classmethod
    def text(cls, status: int, text: str) -> Page:
        """A line of plain text."""
        return cls(status, "text/plain; charset=utf-8", text.encode() + b"\n")

    def response(self) -> bytes:
        """The whole HTTP response, after which the connection ends."""
        lines = [
            f"HTTP/1.1 {self.status} {http.HTTPStatus(self.status).phrase}",
            "Connection: close",
            "Cache-Control: no-store",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            *self.headers,
        ]
        if self.status == http.HTTPStatus.METHOD_NOT_ALLOWED:
            lines.append("Allow: GET")
        head = "\r\n".join((*lines, "", ""))
        return head.encode() + self.body


class Refused(Exception):
    """The server's answer is a page, not an upgrade."""

    def __init__(self, response: bytes) -> None:
        self.response = response
        super().__init__("handshake refused")


class HandshakeRefused(Exception):
    """The client was not let in: the HTTP status and the first line of the page."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(f"the server answered HTTP {status}: {text}" if status else text)


def split_head(buffer: bytes) -> tuple[bytes, bytes] | None:
    """Cut a head of HTTP from what follows; None if it is not whole."""
    end = buffer.find(b"\r\n\r\n")
    return None if end < 0 else (buffer[: end + 4], buffer[end + 4 :])


def dismiss(protocol: Protocol) -> None:
    """Cut what the library's object refers to itself by: it is freed with us then, and not by the collector."""
    protocol.parser.close()
    protocol.handshake_exc = protocol.parser_exc = None


class Asked(NamedTuple):
    """A request, for whoever decides about it before it is answered."""

    upgrade: bool
    """Whether a WebSocket is asked for, and not a page."""
    header: Callable[[str], Sequence[str]]
    """The values of all headers of this name."""


@dataclass(frozen=True, slots=True)
class ServerHandshake:
    """What a server needs to answer a request.

    `pages(path)` serves plain GETs; `check(asked)`, if given, comes before all else, and its page refuses the request.
    """

    subprotocol: str
    message_bytes_max: int
    pages: Callable[[str], Page | None]
    check: Callable[[Asked], Page | None] | None = None

    def answer(self, head: bytes) -> tuple[Protocol, bytes]:
        """The open protocol and the 101 that opens it. Raises Refused with the response to send instead."""
        if not head.startswith(b"GET "):
            refusal = Page.text(405, "only GET is answered here").response()
            # the answer to HEAD has no body, or the client takes it for the next answer
            raise Refused(b"".join(refusal.partition(b"\r\n\r\n")[:2]) if head.startswith(b"HEAD ") else refusal)
        size_max = self.message_bytes_max + CONTROL_BYTES_MAX
        protocol = ServerProtocol(subprotocols=[Subprotocol(self.subprotocol)], max_size=size_max)
        try:
            return protocol, self._answered(protocol, head)
        except Refused:
            dismiss(protocol)
            raise

    def _answered(self, protocol: ServerProtocol, head: bytes) -> bytes:
        protocol.receive_data(head)
        events = protocol.events_received()
        if not events or not isinstance(events[0], Request):
            # websockets answers some malformed heads by itself and ends the others without a word
            raise Refused(b"".join(protocol.data_to_send()) or Page.text(400, "not a valid HTTP request").response())
        request = events[0]
        page = self._page(request)
        if page is not None:
            raise Refused(page.response())
        response = protocol.accept(request)
        protocol.send_response(response)
        answer = b"".join(protocol.data_to_send())
        if response.status_code != 101:
            raise Refused(answer)
        return answer

    def _page(self, request: Request) -> Page | None:
        upgrade = "Upgrade" in request.headers
        refusal = self.check(Asked(upgrade, request.headers.get_all)) if self.check else None
        if refusal or upgrade:
            return refusal
        page = self.pages(request.path.partition("?")[0])
        return page or Page.text(404, "nothing here; game clients connect with a WebSocket")


class ClientHandshake:
    """The client's side: a request to send, then the server's answer to check.

    ValueError for a URL that is none of ours.
    """

    def __init__(self, url: str, subprotocol: str, message_bytes_max: int) -> None:
        try:
            uri = parse_uri(url)
        except (InvalidURI, ValueError) as error:  # ValueError: a port that is none
            raise ValueError(f"not a WebSocket address: {url!r} (expected ws://host:port/ or wss://host/)") from error
        self.host, self.port, self.secure = uri.host, uri.port, uri.secure
        size_max = message_bytes_max + CONTROL_BYTES_MAX
        self._protocol = ClientProtocol(uri, subprotocols=[Subprotocol(subprotocol)], max_size=size_max)
        self._protocol.send_request(self._protocol.connect())

    def request(self) -> bytes:
        """The bytes to open with."""
        return b"".join(self._protocol.data_to_send())

    def answer(self, head: bytes, rest: bytes) -> Protocol:
        """The open protocol. Raises HandshakeRefused; `rest` is only read as the text of a refusal."""
        status = head[9:12]
        if status != b"101":
            lines = rest.decode("utf-8", "replace").strip().splitlines()
            raise HandshakeRefused(
                int(status) if status.isdigit() else 0, lines[0][:200] if lines else "no reason given"
            )
        self._protocol.receive_data(head)
        events = self._protocol.events_received()
        if self._protocol.handshake_exc is not None or not events or not isinstance(events[0], Response):
            raise HandshakeRefused(101, f"a broken upgrade: {self._protocol.handshake_exc}")
        return self._protocol
