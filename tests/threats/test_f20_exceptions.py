"""F20: whatever a game raises, and in whichever callback, ends that room and no other."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.attack_games import PLACES
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

SETTINGS = ("simulate.room_faults_per_minute_max=10000", "simulate.room_empty_ttl_s=0.5")
TOLD = ("room_error", "you_left", "cut off")
"""What a player may hear of it: that the room failed; that he has left; nothing more, for who is not there."""
QUIET = ("on_create", "on_dispose")
"""There is no room yet, or none any more, that could fail."""


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    rooms = scene.stats()["rooms_open"]
    with scene.hurting(figures):
        seen = scene.attack("mines", size)
        scene.until(lambda: scene.stats()["rooms_open"] <= rooms)
    told: dict[str, int] = seen["told"]
    heard = {name: sum(count for what, count in told.items() if what.startswith(name)) for name in PLACES}
    wrong = sum(count for what, count in told.items() if not what.endswith(TOLD))
    rooms_failed = seen["mines"] * (len(PLACES) - len(QUIET)) // len(PLACES)
    return [
        Figure("callbacks that raised", sum(count > 0 for count in heard.values()), least=len(PLACES)),
        Figure("rooms that failed", scene.count("room_faults"), least=rooms_failed, most=rooms_failed),
        Figure("players who were told something else", wrong, most=0),
        Figure("rooms left", scene.stats()["rooms_open"] - rooms, most=0),
        *figures,
    ]


ROW = Row("F20", "games that raise, each error in each callback, so often", run, full=20, ci=1, settings=SETTINGS)


def test_exceptions(scenes: Scenes) -> None:
    check(ROW, scenes)
