"""T26: who knows a room and a player cannot take the seat."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import LIMITED, Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures):
        seen = scene.attack("guesses", 8, seconds=size)
    return [
        Figure("tries", seen["tries"], least=10 * size),
        Figure("hits", seen["hits"], most=0),
        Figure("the victim's connections lost", seen["victim_cut"], most=0),
        *figures,
    ]


ROW = Row("T26", "guessed tokens for the seat of somebody who plays", run, full=20, ci=1, settings=LIMITED)


def test_guessed_tokens(scenes: Scenes) -> None:
    check(ROW, scenes)
