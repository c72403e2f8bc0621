"""The client's side of the opening handshake: what it asks for, and which answers it takes."""

from __future__ import annotations

import pytest

from pelton.wire import ClientHandshake, HandshakeRefused, Page, Phase
from tests.wire.fakes import SUBPROTOCOL, accepted, frame, request
from tests.wire.links import KINDS, Options, linked


def client(url: str = "ws://localhost/play") -> ClientHandshake:
    return ClientHandshake(url, SUBPROTOCOL, 4096)


def test_the_request_asks_for_our_subprotocol_and_for_no_extension() -> None:
    head, separator, rest = client("ws://game.example:7777/play?room=1").request().partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert (first, separator, rest) == ("GET /play?room=1 HTTP/1.1", b"\r\n\r\n", b"")
    assert headers["Host"] == "game.example:7777"
    assert headers["Sec-WebSocket-Protocol"] == SUBPROTOCOL
    assert headers["Sec-WebSocket-Version"] == "13"
    assert "Sec-WebSocket-Extensions" not in headers


def test_no_two_requests_have_the_same_key() -> None:
    assert client().request() != client().request()


@pytest.mark.parametrize(
    ("url", "host", "port", "secure"),
    [
        ("ws://localhost/", "localhost", 80, False),
        ("wss://localhost", "localhost", 443, True),
        ("ws://127.0.0.1:7777/", "127.0.0.1", 7777, False),
        ("ws://[::1]:7777/", "::1", 7777, False),
    ],
)
def test_the_address_is_read_from_the_url(url: str, host: str, port: int, secure: bool) -> None:
    handshake = client(url)
    assert (handshake.host, handshake.port, handshake.secure) == (host, port, secure)


@pytest.mark.parametrize(
    "url", ["", "localhost:7777", "http://localhost/", "ws://", "ws:///play", "ws://localhost:port/", "ws://a:99999/"]
)
def test_what_is_no_address_of_a_websocket_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ValueError, match="expected ws://host:port/"):
        client(url)


def refusal(head: bytes, rest: bytes = b"") -> HandshakeRefused:
    handshake = client()
    handshake.request()
    with pytest.raises(HandshakeRefused) as refused:
        handshake.answer(head, rest)
    return refused.value


@pytest.mark.parametrize("status", [400, 404, 408, 426, 431, 503])
def test_a_page_is_told_by_its_status_and_first_line(status: int) -> None:
    head, separator, body = Page.text(status, "come back later\nsecond line").response().partition(b"\r\n\r\n")
    error = refusal(head + separator, body)
    assert (error.status, error.text) == (status, "come back later")
    assert str(error) == f"the server answered HTTP {status}: come back later"


def test_a_page_without_a_text_is_told_all_the_same() -> None:
    assert refusal(request("HTTP/1.1 500 Oh"), b" \r\n ").text == "no reason given"


def test_a_long_or_binary_text_is_cut_and_cleaned() -> None:
    assert refusal(request("HTTP/1.1 500 Oh"), b"x" * 1000).text == "x" * 200
    assert refusal(request("HTTP/1.1 500 Oh"), b"\xff\xfe").text == "\ufffd\ufffd"


@pytest.mark.parametrize(
    "head", [b"\r\n\r\n", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"\0" * 20 + b"\r\n\r\n"]
)
def test_what_is_no_answer_of_http_is_refused(head: bytes) -> None:
    assert refusal(head).status == 0


BROKEN = {
    "another key": ("Sec-WebSocket-Accept", "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    "no key": ("Sec-WebSocket-Accept", None),
    "another subprotocol": ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: other"),
    "an upgrade to something else": ("Upgrade", "Upgrade: h2c"),
    "no upgrade": ("Upgrade", None),
    "no connection header": ("Connection", None),
    "a header that is none": ("Connection", "nonsense"),
}


@pytest.mark.parametrize(("line", "instead"), BROKEN.values(), ids=BROKEN)
def test_a_broken_upgrade_is_refused(line: str, instead: str | None) -> None:
    handshake = client()
    lines = accepted(handshake.request()).decode().rstrip("\r\n").split("\r\n")
    head = request(*(one for one in lines if not one.startswith(line)), *([instead] if instead else []))
    with pytest.raises(HandshakeRefused, match="a broken upgrade") as refused:
        handshake.answer(head, b"")
    assert refused.value.status == 101


def test_an_extension_that_nobody_asked_for_is_refused() -> None:
    handshake = client()
    head = accepted(handshake.request())[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    with pytest.raises(HandshakeRefused):
        handshake.answer(head, b"")


def test_the_right_answer_opens() -> None:
    handshake = client()
    protocol = handshake.answer(accepted(handshake.request()), b"")
    assert protocol.subprotocol == SUBPROTOCOL


@pytest.mark.parametrize("kind", KINDS)
async def test_messages_behind_the_answer_are_delivered(kind: str) -> None:
    async with linked(kind, Options(side="client", open=False)) as link:
        await link.settle()
        await link.say(accepted(link.received) + frame(b"one", mask=None) + frame(b"two", mask=None))
        assert (link.endpoint.opened_count, link.endpoint.messages) == (1, [b"one", b"two"])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_client_that_was_refused_is_told_why_and_gone(kind: str) -> None:
    async with linked(kind, Options(side="client", open=False)) as link:
        await link.settle()
        await link.say(Page.text(503, "full").response())
        [(code, reason)] = link.endpoint.closings
        assert (code, reason) == (1006, "the server answered HTTP 503: full")
        assert (link.websocket.phase, link.websocket.gone, link.endpoint.opened_count) == (Phase.CLOSED, True, 0)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_client_is_told_why_also_if_the_page_comes_in_pieces(kind: str) -> None:
    """A proxy may send head and body apart."""
    head, separator, body = Page.text(503, "full").response().partition(b"\r\n\r\n")
    async with linked(kind, Options(side="client", open=False)) as link:
        await link.settle()
        await link.say(head + separator)
        await link.say(body)
        link.half_close()
        await link.settle()
        assert [code for code, _ in link.endpoint.closings] == [1006]
        assert "HTTP 503" in link.endpoint.closings[0][1]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_client_does_not_read_a_head_without_end(kind: str) -> None:
    async with linked(kind, Options(side="client", open=False)) as link:
        await link.settle()
        await link.say(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000)
        assert (link.websocket.phase, link.endpoint.codes) == (Phase.CLOSED, [1006])
        assert not link.received.partition(b"\r\n\r\n")[2], "a client answers no page to a server"
