"""`pelton simulate`, as it is typed."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from pelton.cli.main import main

GAME = '''
from collections.abc import Iterable
from pelton.server import Action, Played, Room, Tick


class Nod(Action):
    """Nod."""


class Neck(Room):
    actions = Nod
    limit = {limit}

    def on_create(self) -> None:
        self.nods = 0

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        self.nods += sum(1 for _ in actions)
        if self.nods > self.limit:
            raise RuntimeError("a neck is only so strong")


def never_seven(room: Neck) -> None:
    assert room.nods < 7, "seven nods"
'''


@pytest.fixture(autouse=True)
def _as_it_was() -> Generator[None]:
    """The command quiets logging and looks for games in the current folder; a test process lives on."""
    path = list(sys.path)
    yield
    sys.path[:] = path
    logging.disable(logging.NOTSET)
    for name in ("neck", "neck_seven", "neck_strong"):
        sys.modules.pop(name, None)


def game(folder: Path, name: str, limit: int) -> str:
    file = folder / f"{name}.py"
    file.write_text(GAME.replace("{limit}", str(limit)), encoding="utf-8")
    return str(file)


def test_a_game_that_ships_is_simulated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "pelton.games.arena:Arena", "--bots", "5", "--seconds", "10", "--seed", "42"]) == 0
    out = capsys.readouterr().out
    assert "Arena, 5 bots on lan, seed 42" in out
    assert "everything was right" in out


def test_the_figures_of_two_runs_are_the_same_but_for_how_long_they_took(capsys: pytest.CaptureFixture[str]) -> None:
    summaries: list[dict[str, object]] = []
    for _ in range(2):
        command = ["simulate", "pelton.games.cards:Cards", "--bots", "4", "--seconds", "20", "--net", "train", "--json"]
        assert main(command) == 0
        summary = json.loads(capsys.readouterr().out)
        assert summary["ok"]
        summaries.append({key: value for key, value in summary.items() if key not in ("took_s", "times_as_fast")})
    assert summaries[0] == summaries[1]


def test_what_is_wrong_is_told_with_its_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", game(tmp_path, "neck", 5), "--seconds", "60"]) == 1
    told = capsys.readouterr()
    assert "a neck is only so strong" in told.err
    assert "Traceback" in told.err
    assert "wrong: room" in told.out


def test_exploring_prints_a_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["simulate", game(tmp_path, "neck_seven", 99), "--check", "neck_seven:never_seven", "--bots", "3"]
    assert main([*command, "--seconds", "60", "--explore", "3", "--seed", "5"]) == 1
    out = capsys.readouterr().out
    assert "# seed 5 fails" in out
    assert "from neck_seven import Neck, never_seven\nfrom pelton.testing import Acted, Script, Visit, simulate" in out
    assert "async def test_found_by_exploring() -> None:" in out
    assert out.count("Acted(") == 7


def test_exploring_what_is_right_finds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", game(tmp_path, "neck_strong", 10**6), "--seconds", "5", "--explore", "2"]) == 0
    assert capsys.readouterr().out == "2 seeds from 0 on: everything was right\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere:Game"], "cannot import 'nowhere'"),
        (["pelton.games.arena:Arnea"], "has no 'Arnea'"),
        (["nowhere.py"], "not a Python file"),
        (["pelton.games.arena:Arena", "--net", "trian"], 'did you mean "train"'),
        (["pelton.games.arena:Arena", "--set", "server.prot=1"], "prot"),
        (["pelton.games.arena:Arena", "--check", "json:nothing"], "--check"),
        (["pelton.games.arena:Arena", "--check", "json"], "expected module:function"),
        (["pelton.games.arena:Arena", "--behaviour", "json:dumps"], "not decorated with @bot"),
    ],
)
def test_wrong_usage_says_what_would_be_right(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--bots", "0"], ["--seconds", "-1"], ["--seconds", "nan"], ["--explore", "x"]])
def test_numbers_that_are_none_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "pelton.games.arena:Arena", *arguments])
    assert ended.value.code == 2
