"""The example clients play the arena on a real server: with pygame, in Node, and in Godot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.browser.nodejs import NODE, needs_the_build
from tests.end_to_end.conftest import RunningServer, StartServer, clean_environment

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PYGAME = ROOT / ".venv/examples"
DEMANDED = os.environ.get("PELTON_EXAMPLES_TESTS") == "1"
GODOT = shutil.which("godot3-server")
TIMEOUT_S = 90
SECONDS = 3
FRAMES = 60
# The program as it is, but for a window that nobody sees and that somebody closes.
CLOSED_SOON = f"""
import runpy, sys
import pygame
del sys.argv[0]
flip, drawn = pygame.display.flip, []
def count():
    drawn.append(len(set(pygame.image.tobytes(pygame.display.get_surface(), "RGB"))))
    if len(drawn) == {FRAMES}:
        pygame.event.post(pygame.event.Event(pygame.QUIT))
    flip()
pygame.display.flip = count
runpy.run_path(sys.argv[0], run_name="__main__")
print("colours", max(drawn))
"""

needs_pygame = pytest.mark.skipif(
    not (PYGAME.is_dir() or DEMANDED), reason="pygame-ce is not there: `make test-examples`"
)
needs_godot = pytest.mark.skipif(
    GODOT is None and os.environ.get("PELTON_GODOT_TESTS") != "1",
    reason="no godot3-server here (on Debian: apt-get install godot3-server)",
)


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server()
    yield running
    running.stop()


def actions_taken(server: RunningServer) -> int:
    with urllib.request.urlopen(f"{server.admin_url}stats", timeout=10) as answer:  # noqa: S310 - our own server
        taken: int = json.load(answer)["metrics"]["actions_taken"]
    return taken


def last_line(words: list[str | Path], **environment: str) -> Any:
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        env=clean_environment() | environment,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_the_pygame_client_has_sixty_lines() -> None:
    lines = (EXAMPLES / "pygame/arena.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 120


@needs_pygame
def test_the_pygame_client_flies_and_draws(server: RunningServer, tmp_path: Path) -> None:
    program = tmp_path / "closed_soon.py"
    program.write_text(CLOSED_SOON, encoding="utf-8")
    before = actions_taken(server)
    words: list[str | Path] = [sys.executable, program, EXAMPLES / "pygame/arena.py", server.url]
    said = last_line(words, PYTHONPATH=str(PYGAME), SDL_VIDEODRIVER="dummy", SDL_AUDIODRIVER="dummy")
    assert actions_taken(server) > before
    assert int(said.removeprefix("colours ")) > 2, "nothing was drawn"


@needs_the_build
def test_the_node_bot_flies_and_shoots(server: RunningServer) -> None:
    told = json.loads(last_line([NODE, EXAMPLES / "node/bot.mjs", server.url, "--seconds", str(SECONDS)]))
    assert told["frames"] > 10 * SECONDS
    assert told["taken"] > 10 * SECONDS
    assert told["refused"] == 0
    assert told["way"] > 50


def godot(script: str, *words: str) -> Any:
    command: list[str | Path] = ["godot3-server", "--path", EXAMPLES / "godot", "-s", script, *words]
    return json.loads(last_line(command))


@needs_godot
def test_the_godot_client_flies_and_its_replica_is_the_servers(server: RunningServer) -> None:
    told = godot("arena.gd", f"--url={server.url}", f"--seconds={SECONDS}")
    assert told["frames"] > 10 * SECONDS
    assert told["acked"] > 10 * SECONDS
    assert told["way"] > 50
    assert told["digests"] > 0
    assert (told["differing"], told["refused"]) == (0, {})


@needs_godot
def test_the_godot_client_says_why_it_cannot_connect() -> None:
    words = ["godot3-server", "--path", str(EXAMPLES / "godot"), "-s", "arena.gd", "--url=ws://127.0.0.1:9/"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 1
    assert "pelton: " in done.stderr


@needs_godot
def test_godot_reads_and_writes_the_golden_vectors() -> None:
    told = godot("vectors.gd", f"--vectors={ROOT / 'protocol/vectors'}")
    assert told["checked"] > 2000
    assert told["wrong"] == 0
