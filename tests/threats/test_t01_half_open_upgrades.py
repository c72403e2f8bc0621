"""T1: a request that never ends holds a place for a while, and there are only so many places."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures, peak_most_mb=120):
        seen = scene.attack("half_open", size)
    return [
        Figure("left open", seen["left"], most=0),
        Figure("the last one lasted", seen["lasted_s"], most=12, unit="s"),
        *figures,
    ]


ROW = Row("T1", "upgrades that are begun and never ended", run, full=10_000, ci=1_000)


def test_half_open_upgrades(scenes: Scenes) -> None:
    check(ROW, scenes)
