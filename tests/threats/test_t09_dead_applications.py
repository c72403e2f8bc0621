"""T9: a program that hangs behind a live connection is found out."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures):
        seen = scene.attack("dead_apps", size)
    return [
        Figure("closed with 4504", seen["codes"].get("4504", 0), least=size),
        Figure("the last one lasted", seen["lasted_s"], most=10, unit="s", is_timing=True),
        *figures,
    ]


ROW = Row("T9", "clients that answer pings and never say that anything arrived", run, full=100, ci=20)


def test_dead_applications(scenes: Scenes) -> None:
    check(ROW, scenes)
