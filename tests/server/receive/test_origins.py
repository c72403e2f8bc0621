"""A page may connect if it comes from the host that it connects to, or is named; what only looks like it may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.receive.origins import Origins

HOST = "play.example"


def allows(allowed: str, origin: str, host: str = HOST, *, secure: bool = False) -> bool:
    return Origins(allowed, secure=secure).allow([origin], [host])


@pytest.mark.parametrize("allowed", ["same-host", "https://other.example", ""])
def test_without_an_origin_it_is_no_browser(allowed: str) -> None:
    assert Origins(allowed, secure=False).allow([], [HOST])


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://play.example", HOST),
        ("http://play.example", HOST),
        ("http://play.example:7777", "play.example:7777"),
        ("http://127.0.0.1:7777", "127.0.0.1:7777"),
        ("http://[::1]:7777", "[::1]:7777"),
        ("https://play.example", "PLAY.example"),
    ],
)
def test_a_page_of_the_same_host_may_connect(origin: str, host: str) -> None:
    assert allows("same-host", origin, host)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://play.example.evil.example",
        "https://evil-play.example",
        "https://evil.example/play.example",
        "https://play.example@evil.example",
        "https://play.example:8443",
        "https://Play.example",
        "HTTPS://play.example",
        "ftp://play.example",
        "file://",
        "null",
        "play.example",
        "",
        "https://play.example/",
        "https://play.example ",
        "https://play.example, https://play.example",
    ],
)
@pytest.mark.parametrize("allowed", ["same-host", "https://play.example", "same-host, https://play.example"])
def test_what_only_looks_like_it_may_not(allowed: str, origin: str) -> None:
    assert not allows(allowed, origin)


def test_a_page_that_is_named_may_connect_with_its_very_scheme_and_port() -> None:
    allowed = "https://a.example, http://localhost:5173,tauri://localhost"
    for origin in ("https://a.example", "http://localhost:5173", "tauri://localhost"):
        assert allows(allowed, origin)
    for origin in ("http://a.example", "https://localhost:5173", "http://localhost", "https://play.example"):
        assert not allows(allowed, origin)


def test_a_default_port_may_be_written_out() -> None:
    assert allows("https://a.example:443, http://b.example:80", "https://a.example")
    assert allows("https://a.example:443, http://b.example:80", "http://b.example")
    assert not allows("https://a.example:80", "https://a.example")


def test_a_server_with_tls_lets_in_no_page_that_came_without() -> None:
    assert allows("same-host", "https://play.example", secure=True)
    assert not allows("same-host", "http://play.example", secure=True)


def test_two_origins_or_two_hosts_are_none() -> None:
    same = Origins("same-host", secure=False)
    assert not same.allow(["https://play.example"] * 2, [HOST])
    assert not same.allow(["https://play.example"], [HOST, HOST])
    assert not same.allow(["https://play.example"], [])


@given(st.text())
def test_a_star_lets_in_all_and_no_other_word_does(origin: str) -> None:
    assert allows("*", origin)
    assert not allows("", origin)
