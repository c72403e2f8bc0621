"""T21: one player who acts far too often is slowed down and closed; the others' actions are all played."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    before = scene.count("floods_closed")
    with scene.hurting(figures, peak_most_mb=20):
        seen = scene.attack("acts", size, seconds=8)
    return [
        Figure("sent", seen["sent"], least=1_000),
        Figure("closed as a flood", scene.count("floods_closed") - before, least=1),
        Figure("closed after", seen["closed_s"], most=3, unit="s", is_timing=True),
        *figures,
    ]


ROW = Row("T21", "50,000 actions a second from one player", run, full=50_000, ci=50_000)


def test_action_flood(scenes: Scenes) -> None:
    check(ROW, scenes)
