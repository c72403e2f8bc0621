"""The opening handshake: every request gets exactly one answer, and only the right one opens a WebSocket."""

from __future__ import annotations

import http
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.wire import Page, Phase, ServerHandshake
from pelton.wire.handshake import HEAD_BYTES_MAX, Refused, split_head
from tests.wire.fakes import KEY, SUBPROTOCOL, UPGRADE, request
from tests.wire.links import KINDS, Options, linked

PAGES = {"/healthz": Page.text(200, "ok"), "/readyz": Page.text(503, "not yet"), "/": Page(200, "text/html", b"<p>")}


def server(pages: Callable[[str], Page | None] = PAGES.get) -> ServerHandshake:
    return ServerHandshake(SUBPROTOCOL, 4096, pages)


def refusal(head: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a request that opens nothing."""
    with pytest.raises(Refused) as refused:
        server().answer(head)
    return parsed(refused.value.response)


def parsed(response: bytes) -> tuple[int, dict[str, str], bytes]:
    head, separator, body = response.partition(b"\r\n\r\n")
    assert separator
    first, *lines = head.decode().split("\r\n")
    version, status, phrase = first.split(" ", 2)
    assert (version, phrase) == ("HTTP/1.1", http.HTTPStatus(int(status)).phrase)
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    assert len(headers) == len(lines), "no header twice"
    assert headers.get("connection", "close").lower() == "close"
    assert int(headers["content-length"]) == len(body)
    return int(status), headers, body


def changed(**lines: str | None) -> bytes:
    """The right request with some headers replaced (`Sec_WebSocket_Key=...`) or, for None, left out."""
    names = {name.replace("_", "-").lower(): value for name, value in lines.items()}
    kept = [line for line in UPGRADE if line.partition(":")[0].lower() not in names]
    added = [f"{name.replace('_', '-')}: {value}" for name, value in lines.items() if value is not None]
    return request(*kept, *added)


def test_the_right_request_is_answered_with_101() -> None:
    protocol, answer = server().answer(request(*UPGRADE))
    head, _, rest = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    assert (lines[0], rest) == ("HTTP/1.1 101 Switching Protocols", b"")
    assert headers["sec-websocket-accept"] == "s3pplmbitxaq9kygzzhzrbk+xoo=", "as in section 1.3 of RFC 6455"
    assert (headers["sec-websocket-protocol"], headers["upgrade"]) == (SUBPROTOCOL, "websocket")
    assert protocol.subprotocol == SUBPROTOCOL


VARIANTS = {
    "other case": request(
        *(line.upper() if ":" in line and "Key" not in line else line for line in UPGRADE[:-1]), UPGRADE[-1]
    ),
    "several offers": changed(Sec_WebSocket_Protocol=f"other, {SUBPROTOCOL}"),
    "offers on two lines": request(*UPGRADE[:-1], "Sec-WebSocket-Protocol: other", UPGRADE[-1]),
    "connection with more": changed(Connection="keep-alive, Upgrade"),
    "connection on two lines": request(*UPGRADE, "Connection: keep-alive"),
    "an extension": changed(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"),
    "an origin": changed(Origin="http://elsewhere.example"),
    "a query": request("GET /play?token=1 HTTP/1.1", *UPGRADE[1:]),
    "a page's path": request("GET /healthz HTTP/1.1", *UPGRADE[1:]),
    "no host": changed(Host=None),
    "unknown headers twice": request(*UPGRADE, "X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 5.6.7.8"),
}


@pytest.mark.parametrize("head", VARIANTS.values(), ids=VARIANTS)
def test_what_browsers_and_proxies_vary_does_not_matter(head: bytes) -> None:
    protocol, answer = server().answer(head)
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert protocol.subprotocol == SUBPROTOCOL
    assert b"Sec-WebSocket-Extensions" not in answer, "nothing is compressed"


BAD_REQUESTS = {
    "wrong subprotocol": changed(Sec_WebSocket_Protocol="other"),
    "no subprotocol": changed(Sec_WebSocket_Protocol=None),
    "subprotocol in another case": changed(Sec_WebSocket_Protocol=SUBPROTOCOL.upper()),
    "empty subprotocol": changed(Sec_WebSocket_Protocol=""),
    "no key": changed(Sec_WebSocket_Key=None),
    "short key": changed(Sec_WebSocket_Key="AAAA"),
    "a key that is no base64": changed(Sec_WebSocket_Key="!" * 24),
    "two keys": request(*UPGRADE, f"Sec-WebSocket-Key: {KEY}"),
    "no version": changed(Sec_WebSocket_Version=None),
    "version 8": changed(Sec_WebSocket_Version="8"),
    "two versions": request(*UPGRADE, "Sec-WebSocket-Version: 13"),
    "two origins": request(*UPGRADE, "Origin: http://a", "Origin: http://b"),
    "a body": request(*UPGRADE, "Content-Length: 5"),
    "a chunked body": request(*UPGRADE, "Transfer-Encoding: chunked"),
    "no header": request(*UPGRADE[:2], "nonsense"),
    "a header without a name": request(*UPGRADE, ": x"),
    "a folded header": request(*UPGRADE, "X-Long: a", " b"),
    "a null byte": request(*UPGRADE, "X-Null: \0"),
    "no path": request("GET HTTP/1.1", *UPGRADE[1:]),
    "no protocol": request("GET /", *UPGRADE[1:]),
    "HTTP/2": request("GET / HTTP/2.0", *UPGRADE[1:]),
    "a path that is not ASCII": request("GET /ä HTTP/1.1", *UPGRADE[1:]),
    "a line that ends with LF alone": request(*UPGRADE, "X: a\nY: b"),
}


@pytest.mark.parametrize("head", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_a_wrong_request_is_answered_with_400(head: bytes) -> None:
    status, _, body = refusal(head)
    assert (status, bool(body)) == (400, True)


def test_the_answer_says_what_is_wrong_with_the_subprotocol() -> None:
    assert b"subprotocol" in refusal(BAD_REQUESTS["no subprotocol"])[2]


@pytest.mark.parametrize("upgrade", ["h2c", "websocket, h2c", "WebSockets"])
def test_an_upgrade_to_something_else_is_answered_with_426(upgrade: str) -> None:
    status, headers, _ = refusal(changed(Upgrade=upgrade))
    assert (status, headers["upgrade"]) == (426, "websocket")


@pytest.mark.parametrize(
    "head",
    [changed(Connection=None), changed(Connection="close"), request(*UPGRADE, "Upgrade: websocket")],
    ids=["no connection header", "connection: close", "two upgrades"],
)
def test_an_upgrade_that_is_not_quite_one_is_answered_with_426(head: bytes) -> None:
    status, headers, _ = refusal(head)
    assert (status, headers["upgrade"]) == (426, "websocket")


def test_http_1_0_cannot_be_upgraded() -> None:
    assert refusal(request("GET / HTTP/1.0", *UPGRADE[1:]))[0] == 505


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "DELETE", "CONNECT", "get", "GETX", ""])
def test_other_methods_are_answered_with_405_and_what_is_allowed(method: str) -> None:
    status, headers, _ = refusal(request(f"{method} / HTTP/1.1", "Host: localhost", "Content-Length: 5"))
    assert (status, headers["allow"]) == (405, "GET")


def test_head_is_answered_without_a_body() -> None:
    """A client of HTTP takes the body of an answer to HEAD for the next answer."""
    with pytest.raises(Refused) as refused:
        server().answer(request("HEAD / HTTP/1.1", "Host: localhost"))
    head, _, body = refused.value.response.partition(b"\r\n\r\n")
    assert (head.split(b" ")[1], body) == (b"405", b"")


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/healthz?x=1", 200), ("/readyz", 503), ("/", 200)])
def test_a_plain_get_is_answered_with_the_page_of_its_path(path: str, status: int) -> None:
    page = PAGES[path.partition("?")[0]]
    answer, headers, body = refusal(request(f"GET {path} HTTP/1.1", "Host: localhost"))
    assert (answer, body, headers["content-type"]) == (status, page.body, page.content_type)
    assert headers["cache-control"] == "no-store"
    assert "allow" not in headers


@pytest.mark.parametrize("path", ["/nowhere", "/healthz/", "//", "*", "/%00", "http://localhost/healthz"])
def test_a_plain_get_of_anything_else_is_answered_with_404(path: str) -> None:
    assert refusal(request(f"GET {path} HTTP/1.1", "Host: localhost"))[0] == 404


def test_too_many_headers_are_answered_with_431() -> None:
    assert refusal(request(*UPGRADE, *(f"X-{number}: x" for number in range(129))))[0] == 431


@given(st.binary(max_size=300))
def test_any_head_gets_a_whole_answer(noise: bytes) -> None:
    for head in (noise + b"\r\n\r\n", b"GET " + noise + b"\r\n\r\n", request(*UPGRADE)[:-2] + noise + b"\r\n\r\n"):
        whole = split_head(head)
        assert whole is not None
        try:
            _, answer = server().answer(whole[0])
        except Refused as refused:
            answer = refused.response if not head.startswith(b"HEAD ") else refused.response + b"-" * 26
            assert parsed(answer)[0] in range(400, 600)
        else:
            assert answer.startswith(b"HTTP/1.1 101 ")


def test_a_head_is_cut_from_what_follows() -> None:
    assert split_head(b"GET / HTTP/1.1\r\n\r") is None
    assert split_head(b"GET / HTTP/1.1\r\n\r\n\x82\r\n\r\n") == (b"GET / HTTP/1.1\r\n\r\n", b"\x82\r\n\r\n")


# On the wire: the answer, then the end.


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("head", "status"),
    [(BAD_REQUESTS["wrong subprotocol"], 400), (request("POST / HTTP/1.1"), 405), (b"\r\n\r\n", 405)],
)
async def test_an_answer_over_http_is_whole_and_the_last(kind: str, head: bytes, status: int) -> None:
    async with linked(kind, Options(open=False)) as link:
        await link.say(head + b"the body of the request")
        assert (parsed(link.received)[0], link.ended) == (status, True)
        assert (link.endpoint.codes, link.endpoint.opened_count) == ([1006], 0)
        assert not link.websocket.gone, "what the peer still sends is read, or the answer could be lost to a reset"
        await link.say(b"more" * 1000)
        link.half_close()
        await link.settle()
        assert (link.websocket.gone, link.endpoint.codes) == (True, [1006])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_head_may_come_byte_by_byte(kind: str) -> None:
    async with linked(kind, Options(open=False)) as link:
        for byte in request(*UPGRADE):
            assert link.websocket.phase is Phase.HANDSHAKE
            await link.say(bytes((byte,)))
        assert (link.websocket.phase, link.received[:12]) == (Phase.OPEN, b"HTTP/1.1 101")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("noise", [b"\x16\x03\x01" + b"\0" * 9000, b"GET / HTTP/1.1\r\nX: " + b"x" * 9000])
async def test_a_head_that_does_not_end_is_answered_with_431(kind: str, noise: bytes) -> None:
    async with linked(kind, Options(open=False)) as link:
        await link.say(noise[: HEAD_BYTES_MAX // 2])
        assert link.received == b""
        await link.say(noise[HEAD_BYTES_MAX // 2 :])
        assert (parsed(link.received)[0], link.ended, link.endpoint.codes) == (431, True, [1006])


@pytest.mark.parametrize("kind", KINDS)
async def test_half_a_head_that_took_too_long_is_answered_with_408(kind: str) -> None:
    async with linked(kind, Options(open=False)) as link:
        await link.say(request(*UPGRADE)[:-5])
        link.websocket.refuse(Page.text(408, "too slow"))
        await link.settle()
        assert (parsed(link.received)[::2], link.ended) == ((408, b"too slow\n"), True)
        await link.say(request(*UPGRADE)[-5:])
        assert (link.endpoint.codes, link.endpoint.opened_count) == ([1006], 0)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_peer_that_leaves_in_the_middle_of_its_head_is_lost(kind: str) -> None:
    async with linked(kind, Options(open=False)) as link:
        await link.say(request(*UPGRADE)[:-5])
        link.half_close()
        await link.settle()
        assert (link.received, link.endpoint.codes, link.websocket.gone) == (b"", [1006], True)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_open_websocket_cannot_be_refused_any_more(kind: str) -> None:
    async with linked(kind) as link:
        link.websocket.refuse(Page.text(408, "too slow"))
        await link.settle()
        assert (link.received, link.websocket.phase, link.endpoint.codes) == (b"", Phase.OPEN, [])
