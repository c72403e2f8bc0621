"""T41: a large world and many who watch it do not slow down those who play in another room."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures, peak_most_mb=50 + size * 0.1):
        seen = scene.attack("watchers", size, seconds=10 if size > 100 else 1)
    return [
        Figure("spectators", seen["seats"], least=size),
        Figure("they were sent", seen["received"] / 1e6, least=0.1, unit="MB"),
        *figures,
    ]


ROW = Row("T41", "spectators of a large world", run, full=1_000, ci=40)


def test_spectators(scenes: Scenes) -> None:
    check(ROW, scenes)
