"""T24: of two that come with one token, one gets the seat, and every time exactly one."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures):
        seen = scene.attack("races", size)
    return [
        Figure("races with one winner", seen["won"].get("1", 0), least=size, most=size),
        *figures,
    ]


ROW = Row("T24", "two resumes with one token at once", run, full=1_000, ci=40)


def test_token_races(scenes: Scenes) -> None:
    check(ROW, scenes)
