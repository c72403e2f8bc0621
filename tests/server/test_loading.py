"""Games come by name from the configuration or by path from the command line; what cannot be had is named, with why."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pelton.games.arena import Arena
from pelton.server import GameError, Room
from pelton.server.loading import games_in_file, load_game, load_games

GAME = "from pelton.server import Room\n\n\nclass {name}(Room):\n    seats = 2\n"

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    """A module's text as a file; what the test imported is forgotten again."""
    path, modules = list(sys.path), set(sys.modules)

    def write(name: str, text: str) -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    yield write
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def importable(file: Path) -> None:
    sys.path.insert(0, str(file.parent))


# By name.


def test_the_games_of_the_configuration_are_loaded() -> None:
    assert load_games({"arena": "pelton.games.arena:Arena"}) == {"arena": Arena}


def test_one_room_may_be_served_under_two_names() -> None:
    entry = "pelton.games.arena:Arena"
    assert load_games({"a": entry, "b": entry}) == {"a": Arena, "b": Arena}


def test_a_server_needs_a_game() -> None:
    with pytest.raises(GameError, match=r"\[games\] is empty"):
        load_games({})


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("no.such.module:Game", "cannot import 'no.such.module': No module named 'no'"),
        ("pelton.games.nothing:Game", "cannot import 'pelton.games.nothing'"),
        ("pelton.games.arena:Arenna", "pelton.games.arena has no 'Arenna'; it has Arena"),
        ("pelton.protocol:Game", "pelton.protocol has no 'Game'; it has no Room at all"),
        ("pelton.games.arena:Ship", "Ship is not a Room"),
        ("pelton.games.arena:WORLD", "WORLD is not a Room"),
    ],
)
def test_an_entry_that_cannot_be_had_is_named_with_the_reason(entry: str, problem: str) -> None:
    with pytest.raises(GameError) as caught:
        load_games({"arena": "pelton.games.arena:Arena", "mine": entry})
    assert str(caught.value).startswith(f"[games] mine = {entry!r}: ")
    assert problem in str(caught.value)


BROKEN = {
    "a mistake in its text": "class Game(Room:\n",
    "an exception": "raise RuntimeError('broken')\n",
    "a declaration that cannot work": GAME.format(name="Game").replace("2", "0"),
    "a value that is none": "from pelton.server import Quant\n\nX = Quant(1, 0, 1)\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_module_that_cannot_be_read_is_a_game_error_that_names_its_entry(write: Write, text: str) -> None:
    importable(write("broken_game.py", text))
    with pytest.raises(GameError, match=r"\[games\] mine = 'broken_game:Game': "):
        load_game("mine", "broken_game:Game")


# By path.


def test_a_file_gives_a_game_for_every_room_in_it(write: Write) -> None:
    file = write("my_games.py", GAME.format(name="DotRace") + "\n\nclass Chess(Room):\n    pass\n")
    entries = games_in_file(file)
    assert entries == {"dot_race": "my_games:DotRace", "chess": "my_games:Chess"}
    games = load_games(entries)
    assert (games["dot_race"].__name__, games["dot_race"].seats) == ("DotRace", 2)


def test_rooms_that_a_file_imports_are_not_its_own(write: Write) -> None:
    file = write("my_variant.py", "from pelton.games.arena import Arena\n\n\nclass Duel(Arena):\n    seats = 2\n")
    assert games_in_file(file) == {"duel": "my_variant:Duel"}


def test_a_game_may_have_more_files_beside_it(write: Write) -> None:
    write("my_rules.py", "SEATS = 7\n")
    file = write("my_game.py", "from my_rules import SEATS\n" + GAME.format(name="Game").replace("2", "SEATS"))
    assert load_games(games_in_file(file))["game"].seats == 7


def test_the_same_file_may_be_given_twice(write: Write) -> None:
    file = write("my_game.py", GAME.format(name="Game"))
    assert games_in_file(file) == games_in_file(file)


def test_a_relative_path_is_one_too(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write("my_game.py", GAME.format(name="Game")).parent)
    assert games_in_file(Path("my_game.py")) == {"game": "my_game:Game"}


@pytest.mark.parametrize("name", ["nothing.py", "game.txt", "folder"])
def test_what_is_no_python_file_is_refused_by_its_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "game.txt").write_text(GAME.format(name="Game"))
    (tmp_path / "folder").mkdir()
    path = list(sys.path)
    with pytest.raises(GameError, match=rf"{name}: not a Python file"):
        games_in_file(tmp_path / name)
    assert sys.path == path


def test_a_file_without_a_room_is_refused(write: Write) -> None:
    file = write("no_game.py", "from pelton.server import Room\n")
    with pytest.raises(GameError, match="there is no Room in it"):
        games_in_file(file)


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_read_is_refused_by_its_path(write: Write, text: str) -> None:
    file = write("broken_game.py", text)
    with pytest.raises(GameError, match=r"broken_game\.py: cannot be imported: "):
        games_in_file(file)


@pytest.mark.parametrize("name", ["random.py", "json.py", "time.py", "sys.py", "pelton.py"])
def test_a_file_named_as_a_module_that_is_there_already_is_refused(write: Write, name: str) -> None:
    """Also as one that is built into Python and has no file."""
    file = write(name, GAME.format(name="Game"))
    with pytest.raises(GameError, match=rf"{name}: .*give the file another name"):
        games_in_file(file)


@pytest.mark.parametrize("name", ["my.game.py", "json.game.py"])
def test_a_file_that_cannot_be_named_as_a_module_is_refused(write: Write, name: str) -> None:
    file = write(name, GAME.format(name="Game"))
    with pytest.raises(GameError, match=name):
        games_in_file(file)


def test_the_base_of_all_rooms_is_no_game(write: Write) -> None:
    file = write("my_game.py", GAME.format(name="Game"))
    assert Room.__name__ not in str(games_in_file(file))
