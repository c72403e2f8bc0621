"""Where a thread is: the line of the game's code, not of what it called."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from pelton.server.stacks import frame_of, innermost, innermost_of_game


def told_in(module: str, tell: Callable[[FrameType | None], str]) -> str:
    """What is told of the frame of a function of that module, called from here."""
    namespace: dict[str, Any] = {"__name__": module, "sys": sys}
    code = compile("def work(tell):\n    return tell(sys._getframe())\n", f"/nowhere/{module}.py", "exec")
    exec(code, namespace)  # noqa: S102 - how else to be in a module that is not there
    told: str = namespace["work"](tell)
    return told


def test_a_place_is_file_line_and_function() -> None:
    assert told_in("race", innermost) == "/nowhere/race.py:2 work"


def test_what_pelton_and_libraries_do_for_the_game_is_the_games() -> None:
    seen: list[str] = []

    def look() -> bool:
        seen.append(told_in("pelton.server.simulate.room", innermost_of_game))
        return True

    condition = threading.Condition()
    with condition:
        condition.wait_for(look)
    assert seen[0].startswith(f"{__file__}:")


def test_what_the_library_does_for_pelton_is_found_by_who_called_pelton() -> None:
    place = told_in("pelton.streams.merge", lambda _: told_in("pelton.wire.sweep", innermost_of_game))
    assert place.startswith(f"{__file__}:")


@pytest.mark.parametrize(
    ("module", "game_module", "is_found"),
    [
        ("race", "", True),
        ("pelton.games.arena", "", True),
        ("pelton.server.beat", "", False),
        ("__main__", "", False),
        ("__main__", "__main__", True),
    ],
)
def test_which_code_is_the_games(module: str, game_module: str, is_found: bool) -> None:
    place = told_in(module, lambda frame: innermost_of_game(frame, game_module))
    assert place.startswith(f"/nowhere/{module}.py") == is_found


def test_nobodys_code_is_nowhere() -> None:
    assert innermost_of_game(None) == innermost(None) == "nowhere"


def test_the_frame_of_a_thread_is_found_by_its_number() -> None:
    frame = frame_of(threading.get_ident())
    assert frame is not None
    assert frame_of(-1) is None
