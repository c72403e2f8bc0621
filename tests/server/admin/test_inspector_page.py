"""The inspector's page as the admin port answers it: these files, with a policy, and nothing else of the disk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pelton.server.admin.guard import Guard
from pelton.server.admin.inspector_page import CHARTS, FOLDER, INSPECTOR, inspector_pages
from pelton.server.clock import ManualClock

BODY_BYTES_MAX = 192 * 1024
OURS = sorted(path.name for path in FOLDER.iterdir() if path.suffix == ".js" and path.name not in CHARTS)


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        (INSPECTOR, "text/html; charset=utf-8"),
        (f"{INSPECTOR}/inspector.css", "text/css; charset=utf-8"),
        *((f"{INSPECTOR}/{name}", "text/javascript; charset=utf-8") for name in OURS),
        (f"{INSPECTOR}/uPlot.iife.js", "text/javascript; charset=utf-8"),
        (f"{INSPECTOR}/uPlot.min.css", "text/css; charset=utf-8"),
    ],
)
def test_each_file_has_its_type_and_a_policy(path: str, content_type: str) -> None:
    page = inspector_pages()[path]
    assert (page.status, page.content_type) == (200, content_type)
    assert 0 < len(page.body) <= BODY_BYTES_MAX
    head = page.response().partition(b"\r\n\r\n")[0].decode()
    assert "\r\nContent-Security-Policy: default-src 'none'; " in head
    assert "unsafe" not in head


def test_the_page_needs_nothing_but_what_is_served_beside_it() -> None:
    files = inspector_pages()
    text = files[INSPECTOR].body.decode()
    named = {f"/{name}" for name in re.findall(r'(?:href|src)="(inspector/[^"]*)"', text)}
    for name in OURS:
        imported = re.findall(r'from "\./([^"]*)"', files[f"{INSPECTOR}/{name}"].body.decode())
        named |= {f"{INSPECTOR}/{one}" for one in imported}
    assert named == set(files) - {INSPECTOR}, "a file that nobody loads, or one that is not there"
    assert "<style" not in text
    assert " style=" not in text
    assert not re.search(r"<script[^>]*>[^<]", text)


@pytest.mark.parametrize("name", OURS)
def test_what_a_server_says_is_never_taken_for_markup(name: str) -> None:
    text = inspector_pages()[f"{INSPECTOR}/{name}"].body.decode()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


@pytest.mark.parametrize(
    "path", ["/inspector/", "/inspector/../guard.py", "/inspector/inspector.html", "/inspector//main.js"]
)
def test_no_other_path_leads_to_a_file(path: str) -> None:
    assert path not in inspector_pages()


def test_the_page_itself_needs_no_token_and_what_it_shows_does() -> None:
    guard = Guard("a-token-that-is-long-enough", ManualClock())
    assert [guard.refusal("127.0.0.1", path, "") for path in inspector_pages()] == [None] * len(inspector_pages())
    for path in ("/inspectors", "/api/rooms", "/stats"):
        refusal = guard.refusal("127.0.0.1", path, "")
        assert refusal is not None
        assert refusal.status == 401


def test_without_what_draws_the_plot_the_rest_is_there(tmp_path: Path) -> None:
    for path in FOLDER.iterdir():
        if path.name not in CHARTS:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    assert set(inspector_pages()) - set(inspector_pages(tmp_path)) == {f"{INSPECTOR}/{name}" for name in CHARTS}
