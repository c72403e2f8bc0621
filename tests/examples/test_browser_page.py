"""docs/browser.md: its program for Node prints what the page says, and its page is a page that parses."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.browser.bundle import BUILT, ROOT
from tests.clients.browser.nodejs import NODE, needs_the_build
from tests.end_to_end.conftest import RunningServer

PAGE = (ROOT / "docs/browser.md").read_text(encoding="utf-8")
pytestmark = needs_the_build
TIMEOUT_S = 40


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer((), tmp_path / "server.log")
    yield running
    running.stop()


@pytest.mark.timeout(TIMEOUT_S)
def test_the_program_for_node_prints_what_the_page_says(server: RunningServer, tmp_path: Path) -> None:
    program = block("js")
    assert "ws://127.0.0.1:7777/" in program
    (tmp_path / "play.mjs").write_text(program.replace("ws://127.0.0.1:7777/", server.url), encoding="utf-8")
    shutil.copy(BUILT / "pelton.js", tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "clients/browser/node_modules")
    run = subprocess.run([NODE, "play.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == block("text")


def test_the_page_calls_only_what_there_is(tmp_path: Path) -> None:
    """The script parses, and every name of `Pelton` in it is one of the built script."""
    (script,) = re.findall(r"<script>\n(.*?)</script>", block("html"), re.DOTALL)
    (tmp_path / "page.cjs").write_text(script, encoding="utf-8")
    parsed = subprocess.run([NODE, "--check", tmp_path / "page.cjs"], capture_output=True, text=True, check=False)
    assert parsed.returncode == 0, parsed.stderr
    built = (BUILT / "pelton.iife.js").read_text(encoding="utf-8")
    members = built.rpartition("return{")[2]
    assert set(re.findall(r"Pelton\.(\w+)", script)) <= set(re.findall(r"(\w+):", members))
