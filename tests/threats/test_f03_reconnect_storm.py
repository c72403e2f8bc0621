"""F3: all are cut off at once, and all are back soon, each in his seat, with nothing lost or done twice."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures, memory_mb=30):
        seen = scene.attack("storm", size, seconds=3)
    away_s = seen["away_s"]
    return [
        Figure("players seated", seen["seated"], least=size),
        Figure("back in their seats", seen["back"], least=size),
        Figure("all back after", seen["back_s"], most=10, unit="s"),
        Figure("away, p50", 1000 * away_s[len(away_s) // 2], unit="ms"),
        Figure("away, p99", 1000 * away_s[int(len(away_s) * 0.99)], unit="ms"),
        Figure("players whose total is what they added", seen["right"], least=size, most=size),
        Figure("groups that differed", seen["differ"], most=0),
        Figure("players who failed", sum(seen["faults"].values()), most=0),
        *figures,
    ]


ROW = Row("F3", "everybody cut off at once", run, full=1_000, ci=100)


def test_reconnect_storm(scenes: Scenes) -> None:
    check(ROW, scenes)
