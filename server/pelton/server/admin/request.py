"""HTTP as far as the admin port needs it, from whole heads to whole responses: no sockets, no waiting.

Everything that is not a plain GET or HEAD is refused with a page that says why; so is the name of another machine,
where no token keeps strangers out.
"""

from __future__ import annotations

import http
import ipaddress
import re
from typing import NamedTuple

from pelton.wire import Page

__all__ = ["BadRequest", "Request", "parse", "response"]

METHODS = ("GET", "HEAD")
_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (/[\x21-\x7e]*) HTTP/1\.[01]")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:]*)(:[0-9]*)?")


class Request(NamedTuple):
    """What is asked for; the query of the path is cut off."""

    method: str
    path: str
    authorization: str = ""
    """What it shows to be let in; empty if nothing."""


class BadRequest(Exception):
    """No answer but this page."""

    def __init__(self, status: int, text: str) -> None:
        self.page = Page.text(status, text)
        super().__init__(text)


def parse(head: bytes, *, any_host: bool = False) -> Request:
    """Read a head, up to and with its empty line. BadRequest says what is wrong with it.

    `any_host` takes any name for ours: with a token, a page of another site that comes by DNS rebinding has none.
    """
    line, *fields = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadRequest(400, "the first line is not that of an HTTP/1.1 request for a path")
    hosts: list[str] = []
    authorizations: list[str] = []
    for field in fields:
        pair = _FIELD.fullmatch(field)
        if pair is None:
            raise BadRequest(400, "a header is not valid")
        if pair[1].lower() == "host":
            hosts.append(pair[2])
        elif pair[1].lower() == "authorization":
            authorizations.append(pair[2])
    if len(hosts) != 1:
        raise BadRequest(400, f"expected one Host header, got {len(hosts)}")
    # A page of some other site can have its name resolve to 127.0.0.1 and would be served as if it were ours;
    # its browser then still sends the name it knows (DNS rebinding).
    if not any_host and not _is_loopback(hosts[0]):
        raise BadRequest(403, "the Host header names no loopback address; ask for localhost, 127.0.0.1 or [::1]")
    if found[1] not in METHODS:
        raise BadRequest(405, "only GET and HEAD are answered here")
    if len(authorizations) > 1:
        raise BadRequest(400, f"expected one Authorization header, got {len(authorizations)}")
    return Request(found[1], found[2].partition("?")[0], "".join(authorizations))


def _is_loopback(host: str) -> bool:
    """Whether a Host header is a name or an address of this machine's loopback, on whatever port."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name: str = found[1]
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def response(page: Page, *, body: bool = True) -> bytes:
    """The whole response, after which the connection ends. Without the body it is the answer to HEAD."""
    lines = [
        f"HTTP/1.1 {page.status} {http.HTTPStatus(page.status).phrase}",
        "Connection: close",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        f"Content-Type: {page.content_type}",
        f"Content-Length: {len(page.body)}",
        *page.headers,
    ]
    if page.status == http.HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append(f"Allow: {', '.join(METHODS)}")
    if page.status == http.HTTPStatus.UNAUTHORIZED:
        lines.append("WWW-Authenticate: Bearer")
    head = "\r\n".join((*lines, "", "")).encode()
    return head + page.body if body else head
