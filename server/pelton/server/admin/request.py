"""HTTP as far as the admin port needs it, from whole heads to whole responses: no sockets, no waiting.

Everything that is not a plain GET or HEAD, or a POST that does something, is refused with a page that says why; so is
the name of another machine, where no token keeps strangers out.

A POST is never what a page of another site had a browser send: it says that it has JSON, which a browser asks leave for
before it sends it elsewhere, and never gets; and if it names where it comes from, that is this port.
"""

from __future__ import annotations

import http
import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple

from pelton.wire import Page

__all__ = ["DO", "METHODS", "BadRequest", "Request", "parse", "response"]

METHODS = ("GET", "HEAD")
DO = "/api/do/"
"""Below it is what changes something, and has to be a POST."""
_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (/[\x21-\x7e]*) HTTP/1\.[01]")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:]*)(:[0-9]*)?")


class Request(NamedTuple):
    """What is asked for. The path is without its query."""

    method: str
    path: str
    authorization: str = ""
    """What it shows to be let in; empty if nothing."""
    query: str = ""


class BadRequest(Exception):
    """No answer but this page."""

    def __init__(self, status: int, text: str, allow: tuple[str, ...] = METHODS) -> None:
        self.page = Page.text(status, text)
        self.allow = allow
        """The methods that the path has."""
        super().__init__(text)


def parse(head: bytes, *, any_host: bool = False) -> Request:
    """Read a head, up to and with its empty line. BadRequest says what is wrong with it.

    `any_host` takes any name for ours: with a token, a page of another site that comes by DNS rebinding has none.
    """
    line, *fields = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadRequest(400, "the first line is not that of an HTTP/1.1 request for a path")
    headers: dict[str, list[str]] = {}
    for field in fields:
        pair = _FIELD.fullmatch(field)
        if pair is None:
            raise BadRequest(400, "a header is not valid")
        headers.setdefault(pair[1].lower(), []).append(pair[2])
    hosts, authorizations = headers.get("host", []), headers.get("authorization", [])
    if len(hosts) != 1:
        raise BadRequest(400, f"expected one Host header, got {len(hosts)}")
    # A page of some other site can have its name resolve to 127.0.0.1 and would be served as if it were ours;
    # its browser then still sends the name it knows (DNS rebinding).
    if not any_host and not _is_loopback(hosts[0]):
        raise BadRequest(403, "the Host header names no loopback address; ask for localhost, 127.0.0.1 or [::1]")
    path, _, query = found[2].partition("?")
    if path.startswith(DO):
        if found[1] != "POST":
            raise BadRequest(405, "this does something: POST it", ("POST",))
        _check_origin(headers, hosts[0])
    elif found[1] not in METHODS:
        raise BadRequest(405, "only GET and HEAD are answered here")
    if len(authorizations) > 1:
        raise BadRequest(400, f"expected one Authorization header, got {len(authorizations)}")
    return Request(found[1], path, "".join(authorizations), query)


def _check_origin(headers: Mapping[str, list[str]], host: str) -> None:
    """BadRequest if a page of another site may have sent it."""
    content_type = headers.get("content-type", [])
    if [kind.partition(";")[0].strip().lower() for kind in content_type] != ["application/json"]:
        raise BadRequest(415, "expected Content-Type: application/json; without, any web page could send this")
    origins = headers.get("origin", [])
    if any(origin.lower().partition("://")[2] != host.lower() for origin in origins):
        raise BadRequest(403, "the Origin header names another site than the Host header")
    if any(site.lower() not in ("same-origin", "none") for site in headers.get("sec-fetch-site", [])):
        raise BadRequest(403, "a page of another site sent this")


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


def response(page: Page, *, body: bool = True, allow: tuple[str, ...] = METHODS) -> bytes:
    """The whole response, after which the connection ends. Without the body it is the answer to HEAD.

    `allow`: the methods that the path has.
    """
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
        lines.append(f"Allow: {', '.join(allow)}")
    if page.status == http.HTTPStatus.UNAUTHORIZED:
        lines.append("WWW-Authenticate: Bearer")
    head = "\r\n".join((*lines, "", "")).encode()
    return head + page.body if body else head
