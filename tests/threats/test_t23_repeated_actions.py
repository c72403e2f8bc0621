"""T23: an action is played once, whoever says it again, also on another connection."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    taken = scene.count("actions_taken")
    seen = scene.attack("replays", size)
    taken = scene.count("actions_taken") - taken
    return [
        Figure("said again, and closed with 4400", seen["codes"].get("4400", 0), least=3, most=3),
        Figure("the server has the most", max(seen["received"]), least=size, most=size),
        Figure("the server has the least", min(seen["received"]), least=size, most=size),
        Figure("given to the game", taken, least=3 * size, most=3 * size),
    ]


ROW = Row("T23", "actions said again after a resume", run, full=1_000, ci=12, players=False)


def test_repeated_actions(scenes: Scenes) -> None:
    check(ROW, scenes)
