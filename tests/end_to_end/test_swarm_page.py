"""docs/swarm.md: every command and every bot on it is run."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pelton.swarm.options import add_arguments
from tests.end_to_end.conftest import RunningServer, StartServer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "swarm.md"
TIMEOUT_S = 40
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENDLESS = "--fill"
"""Ends only by Ctrl-C; tests/end_to_end/test_swarm_command.py plays it."""


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind == language]


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server()
    yield running
    running.stop()
    assert "Traceback" not in running.log()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the page's files, each named in its first line."""
    folder = tmp_path_factory.mktemp("page")
    for code in blocks("python"):
        name = code.splitlines()[0].removeprefix("# ")
        (folder / name).write_text(code, encoding="utf-8")
    assert {path.name for path in folder.iterdir()} == {"mybots.py", "drive.py"}
    return folder


@pytest.mark.parametrize("command", [command for command in COMMANDS if ENDLESS not in command])
def test_a_command_of_the_page_plays_and_finds_nothing_wrong(server: RunningServer, folder: Path, command: str) -> None:
    pelton, swarm, *words = shlex.split(command)
    assert (pelton, swarm) == ("pelton", "swarm")
    brief = ("--duration", "1.2", "--url", server.url)
    done = subprocess.run(
        [sys.executable, "-m", "pelton.swarm", *words, *brief],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        cwd=folder,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.rstrip().endswith("everything was right")


def test_the_program_of_the_page_prints_what_it_says(server: RunningServer, folder: Path) -> None:
    command = [sys.executable, "drive.py", server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True, cwd=folder)
    assert done.stdout in blocks("text")


def test_every_option_is_on_the_page() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = {option for option in re.findall(r"--[a-z-]+", parser.format_help()) if option != "--help"}
    told = set(re.findall(r"--[a-z-]+", PAGE.read_text(encoding="utf-8")))
    assert options - told <= {"--url", "--bots"}
