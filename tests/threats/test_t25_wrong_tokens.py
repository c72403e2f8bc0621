"""T25: a wrong token changes nothing: the true player comes back, and nothing is left over."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    seats = scene.stats()["players"]
    with scene.hurting(figures):
        seen = scene.attack("wrong_tokens", size)
        seats_left = scene.stats()["players"] - seats
    wrong = size * seen["seats"]
    return [
        Figure("wrong tokens refused with 4401", seen["codes"].get("4401", 0), least=wrong, most=wrong),
        Figure("true players back", seen["back"], least=seen["seats"]),
        Figure("seats left over", seats_left, most=0),
        *figures,
    ]


ROW = Row("T25", "wrong tokens before the right one, on each of ten seats", run, full=100, ci=10)


def test_wrong_tokens(scenes: Scenes) -> None:
    check(ROW, scenes)
