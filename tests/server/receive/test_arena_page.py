"""The page of the arena as the game port answers it: these files, with a policy, and nothing else of the disk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pelton.server.clock import ManualClock
from pelton.server.metrics import Metrics
from pelton.server.receive.arena_page import BUILT, arena_pages
from pelton.server.receive.pages import pages
from tests.clients.browser.nodejs import needs_the_build
from tests.server.fakes import new_lobby
from tests.server.games import Tally

BODY_BYTES_MAX = 64 * 1024


@needs_the_build
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/arena.css", "text/css; charset=utf-8"),
        ("/arena.js", "text/javascript; charset=utf-8"),
        ("/pelton.js", "text/javascript; charset=utf-8"),
    ],
)
def test_each_file_has_its_type_and_a_policy(path: str, content_type: str) -> None:
    page = arena_pages()[path]
    assert (page.status, page.content_type) == (200, content_type)
    assert 0 < len(page.body) <= BODY_BYTES_MAX
    head = page.response().partition(b"\r\n\r\n")[0].decode()
    assert "\r\nContent-Security-Policy: default-src 'none'; " in head
    assert "unsafe" not in head
    assert "\r\nX-Content-Type-Options: nosniff" in head


@needs_the_build
def test_the_page_needs_nothing_but_what_is_served_beside_it() -> None:
    files = arena_pages()
    text = files["/"].body.decode()
    named = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert {f"/{name}" for name in named if not name.startswith("data:")} == set(files) - {"/", "/pelton.js"}
    assert re.findall(r'from"([^"]*)"', files["/arena.js"].body.decode()) == ["./pelton.js"]
    assert "<style" not in text
    assert " style=" not in text
    assert not re.search(r"<script[^>]*>[^<]", text)


@pytest.mark.parametrize(
    "path", ["/pelton.d.ts", "/arena.html", "/../config.toml", "/./arena.js", "//arena.js", "/%2e%2e/config.toml", ""]
)
def test_no_other_path_leads_to_a_file(path: str) -> None:
    assert pages(new_lobby({"tally": Tally}), Metrics(), ManualClock(), arena_pages())(path) is None


@needs_the_build
def test_the_figures_are_still_there_beside_the_game() -> None:
    plain = pages(new_lobby({"tally": Tally}), Metrics(), ManualClock())
    beside = pages(new_lobby({"tally": Tally}), Metrics(), ManualClock(), arena_pages())
    front, figures, game = plain("/"), beside("/status"), beside("/")
    assert front is not None
    assert figures is not None
    assert game is not None
    assert figures.body == front.body != game.body
    assert game.body == (BUILT / "arena.html").read_bytes()


def test_a_page_that_was_not_built_says_how(tmp_path: Path) -> None:
    page = arena_pages(tmp_path)["/"]
    assert page.status == 503
    assert b"make browser" in page.body
