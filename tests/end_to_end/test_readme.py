"""The README's code, as it stands there: the game is served, the client plays on it, the bots join in."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import RunningServer, StartServer, clean_environment

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TIMEOUT_S = 30


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(README) if kind == language]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that the README shows, under the name in its first line."""
    folder = tmp_path_factory.mktemp("readme")
    for text in blocks("python"):
        name = text.splitlines()[0].removeprefix("# ")
        assert name.endswith(".py"), f"a Python block without a file name in its first line: {name!r}"
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def server(folder: Path, start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server(files=(folder / "race.py",))
    yield running
    running.stop()


def test_every_block_is_of_a_language_that_is_checked_here() -> None:
    assert {kind for kind, _ in BLOCK.findall(README)} == {"python", "sh"}


def test_the_client_plays_the_game_to_its_end(folder: Path, server: RunningServer) -> None:
    play = (folder / "play.py").read_text(encoding="utf-8")
    (folder / "play_here.py").write_text(play.replace("ws://127.0.0.1:7777/", server.url), encoding="utf-8")
    assert "ws://127.0.0.1:7777/" in play
    done = subprocess.run(
        [sys.executable, "play_here.py"],
        cwd=folder,
        env=clean_environment(),
        timeout=TIMEOUT_S,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_bots_play_the_game(folder: Path, server: RunningServer) -> None:
    arguments = ["-n", "3", "--duration", "1", "--game", "race", "--behaviour", "bots:sprinter", "--url", server.url]
    done = subprocess.run(
        [sys.executable, "-m", "pelton.swarm", *arguments],
        cwd=folder,
        env=clean_environment(),
        timeout=TIMEOUT_S,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("target", [line.split()[1] for text in blocks("sh") for line in text.splitlines()])
def test_the_commands_are_in_the_makefile(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE)


def test_every_path_it_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
