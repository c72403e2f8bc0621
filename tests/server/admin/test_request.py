"""Which heads are requests, which are refused and how; and what a response is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.admin.request import BadRequest, Request, parse, response
from pelton.wire import Page


def head(line: str = "GET /stats HTTP/1.1", *fields: str) -> bytes:
    return "\r\n".join((line, *(fields or ("Host: localhost",)), "", "")).encode("latin-1")


def status(sent: bytes) -> int:
    with pytest.raises(BadRequest) as caught:
        parse(sent)
    return caught.value.page.status


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("GET / HTTP/1.1", Request("GET", "/")),
        ("HEAD /stats HTTP/1.0", Request("HEAD", "/stats")),
        ("GET /stats?pretty=1?&x HTTP/1.1", Request("GET", "/stats", query="pretty=1?&x")),
        ("GET /%2e%2e//x#y HTTP/1.1", Request("GET", "/%2e%2e//x#y")),
    ],
)
def test_a_request_is_a_method_and_a_path(line: str, request_: Request) -> None:
    assert parse(head(line)) == request_


@pytest.mark.parametrize(
    "line",
    [
        "",
        "GET",
        "GET /",
        "GET / HTTP/2.0",
        "GET / HTTP/1.1 ",
        "GET  / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET stats HTTP/1.1",
        "GET http://localhost/ HTTP/1.1",
        "GET /\n HTTP/1.1",
        "GET /\xe4 HTTP/1.1",
        "G(T / HTTP/1.1",
        "\x16\x03\x01 / HTTP/1.1",
    ],
)
def test_a_first_line_that_is_none_is_refused(line: str) -> None:
    assert status(head(line)) == 400


@pytest.mark.parametrize(
    "field", ["nothing", ": x", "a b: c", "Host : localhost", " folded: x", "X: a\x00b", "X: a\rb", "X: a\nHost: b"]
)
def test_a_header_that_is_none_is_refused(field: str) -> None:
    assert status(head("GET / HTTP/1.1", "Host: localhost", field)) == 400


def test_there_is_one_host_header() -> None:
    assert status(head("GET / HTTP/1.1", "Accept: */*")) == 400
    assert status(head("GET / HTTP/1.1", "Host: localhost", "HOST: localhost")) == 400


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:7778", "127.0.0.1", "127.0.0.1:80", "127.8.9.10:", "[::1]", "[::1]:7778"]
)
def test_names_and_addresses_of_the_loopback_are_served(host: str) -> None:
    assert parse(head("GET / HTTP/1.1", f"Host:{host} ")).path == "/"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.com",
        "localhost.example.com",
        "evil-localhost",
        "localhost@example.com",
        "localhost:80:80",
        "localhost:x",
        "127.0.0.1.example.com",
        "127.0.0.1, example.com",
        "0.0.0.0:7778",
        "10.0.0.1",
        "2130706433",
        "[::]",
        "[::1",
        "::1",
        "[::1]x",
        "\xff",
    ],
)
def test_any_other_host_is_refused_against_dns_rebinding(host: str) -> None:
    assert status(head("GET / HTTP/1.1", f"Host: {host}")) == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get", "GETT"])
def test_any_other_method_is_refused_with_those_that_are_not(method: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(head(f"{method} / HTTP/1.1"))
    assert b"HTTP/1.1 405 Method Not Allowed\r\n" in response(caught.value.page)
    assert b"\r\nAllow: GET, HEAD\r\n" in response(caught.value.page)


def test_a_foreign_site_does_not_even_learn_the_methods() -> None:
    assert status(head("POST / HTTP/1.1", "Host: example.com")) == 403


@given(st.binary(max_size=200))
def test_whatever_is_sent_there_is_a_request_or_a_refusal(sent: bytes) -> None:
    try:
        found: str | int = parse(sent + b"\r\n\r\n").path
    except BadRequest as bad:
        found = bad.page.status
    assert found in (400, 403, 405) or str(found).startswith("/")


def test_a_response_has_a_length_and_ends_the_connection() -> None:
    page = Page(200, "application/json", b'{"a": 1}')
    head_, _, body = response(page).partition(b"\r\n\r\n")
    assert body == page.body
    assert head_.split(b"\r\n") == [
        b"HTTP/1.1 200 OK",
        b"Connection: close",
        b"Cache-Control: no-store",
        b"X-Content-Type-Options: nosniff",
        b"Content-Type: application/json",
        b"Content-Length: 8",
    ]


def test_the_answer_to_head_says_the_length_of_what_it_leaves_out() -> None:
    page = Page.text(404, "nothing")
    assert response(page, body=False) == response(page).removesuffix(page.body)


JSON = "Content-Type: application/json"
HOST = "Host: localhost:7778"


def test_what_does_something_is_a_post() -> None:
    assert parse(head("POST /api/do/pause?room=a HTTP/1.1", HOST, JSON)) == Request(
        "POST", "/api/do/pause", query="room=a"
    )
    for method in ("GET", "HEAD", "PUT"):
        with pytest.raises(BadRequest) as caught:
            parse(head(f"{method} /api/do/pause HTTP/1.1", HOST, JSON))
        assert caught.value.page.status == 405
        assert b"\r\nAllow: POST\r\n" in response(caught.value.page, allow=caught.value.allow)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((HOST,), 415),
        ((HOST, "Content-Type: text/plain"), 415),
        ((HOST, "Content-Type: text/plain; x=application/json"), 415),
        ((HOST, JSON, JSON), 415),
        ((HOST, JSON, "Origin: http://evil.example"), 403),
        ((HOST, JSON, "Origin: null"), 403),
        ((HOST, JSON, "Origin: http://localhost:80"), 403),
        ((HOST, JSON, "Sec-Fetch-Site: cross-site"), 403),
        ((HOST, JSON, "Sec-Fetch-Site: same-site"), 403),
        (("Host: evil.example", JSON), 403),
    ],
)
def test_a_page_of_another_site_cannot_do_anything(fields: tuple[str, ...], expected: int) -> None:
    assert status(head("POST /api/do/pause HTTP/1.1", *fields)) == expected


@pytest.mark.parametrize(
    "field", ["Origin: http://localhost:7778", "Origin: HTTP://LocalHost:7778", "Sec-Fetch-Site: same-origin"]
)
def test_a_page_of_this_port_can(field: str) -> None:
    assert parse(head("POST /api/do/pause HTTP/1.1", HOST, JSON, field)).method == "POST"
