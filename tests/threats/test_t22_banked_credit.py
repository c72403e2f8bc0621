"""T22: who rests saves up no actions: no tick takes more of a player than it may, however long he was quiet."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

A_TICK = 4
"""simulate.actions_per_player_per_tick_max."""
AT_ONCE = 180


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures):
        seen = scene.attack("paced", AT_ONCE, seconds=size, what=str(A_TICK))
    return [
        Figure("sent", seen["sent"], least=AT_ONCE),
        Figure("most taken in a tick", seen["most_per_tick"], least=1, most=A_TICK),
        Figure("taken in all, of what is allowed", seen["taken"] / max(1, seen["allowed"]), most=1),
        *figures,
    ]


ROW = Row("T22", "three seconds' worth of actions at once, after a rest", run, full=60, ci=1)


def test_banked_credit(scenes: Scenes) -> None:
    check(ROW, scenes)
