"""T39: everybody who joins gets an id of his own, and no room more players than it has seats."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

SEATS = 64
"""Of a room of games.Tally."""


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures):
        seen = scene.attack("crowds", size)
    return [
        Figure("seats", seen["seats"], least=size),
        Figure("different ids", seen["unique"], least=size, most=size),
        Figure("players of the fullest room", seen["fullest"], least=1, most=SEATS),
        *figures,
    ]


ROW = Row("T39", "joins, many at once", run, full=10_000, ci=200)


def test_crowds(scenes: Scenes) -> None:
    check(ROW, scenes)
