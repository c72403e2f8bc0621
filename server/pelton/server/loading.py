"""Games by name: `module:Class` from the configuration to a Room class, with an error that says which entry and why."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

from pelton.protocol.schema import snake_case
from pelton.server.simulate.errors import GameError
from pelton.server.simulate.room import Room

__all__ = ["games_in_file", "load_game", "load_games"]


def load_games(entries: Mapping[str, str]) -> dict[str, type[Room]]:
    """Import every game of the section `[games]`. GameError names the entry that cannot be had."""
    if not entries:
        raise GameError("[games] is empty: a server needs a game to play")
    return {name: load_game(name, entry) for name, entry in entries.items()}


def load_game(name: str, entry: str) -> type[Room]:
    """Import `module:Class`. GameError if there is no such module or class, or it is no Room."""
    module_name, _, class_name = entry.partition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise GameError(f"[games] {name} = {entry!r}: cannot import {module_name!r}: {error}") from error
    game = getattr(module, class_name, None)
    if game is None:
        rooms = [key for key, value in vars(module).items() if isinstance(value, type) and issubclass(value, Room)]
        offer = ", ".join(key for key in rooms if key != "Room") or "no Room at all"
        raise GameError(f"[games] {name} = {entry!r}: {module_name} has no {class_name!r}; it has {offer}")
    if not (isinstance(game, type) and issubclass(game, Room)):
        raise GameError(f"[games] {name} = {entry!r}: {class_name} is not a Room")
    return game


def games_in_file(path: Path) -> dict[str, str]:
    """The entries for all Rooms written in a Python file, `class DotRace(Room)` as `dot_race`.

    GameError if there is none.

    The file's folder becomes importable, so that the game can have more files beside it.
    """
    if path.suffix != ".py" or not path.is_file():
        raise GameError(f"{path}: not a Python file")
    if not path.stem.isidentifier():
        raise GameError(f"{path}: cannot be imported under this name; use letters, digits and _")
    file = path.resolve()
    if _elsewhere(path.stem, file):
        raise GameError(f"{path}: there is a module named {path.stem!r} already; give the file another name")
    sys.path.insert(0, str(file.parent))
    try:
        module = importlib.import_module(path.stem)
    except Exception as error:
        raise GameError(f"{path}: cannot be imported: {error!r}") from error
    rooms = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Room)]
    entries = {
        snake_case(room.__name__): f"{path.stem}:{room.__name__}" for room in rooms if room.__module__ == path.stem
    }
    if not entries:
        raise GameError(f"{path}: there is no Room in it")
    return entries


def _elsewhere(name: str, file: Path) -> bool:
    """Whether importing `name` would give another module than the file's."""
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # a module that was made by hand
        return True
    return spec is not None and (spec.origin is None or Path(spec.origin).resolve() != file)
