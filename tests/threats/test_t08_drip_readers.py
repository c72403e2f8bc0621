"""T8: a client that reads too slowly gets what it can take or is closed; nothing piles up for it."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures, peak_most_mb=60):
        seen = scene.attack("drips", size, seconds=max(3, size // 15))
    wrong = sum(count for code, count in seen["codes"].items() if code not in {"4503", "4504", "1006"})
    return [
        Figure("seats they had", seen["seats"], least=size),
        Figure("left open", seen["left"], most=0),
        Figure("ended in another way", wrong, most=0),
        *figures,
    ]


ROW = Row("T8", "clients that read a kilobyte a second", run, full=200, ci=30)


def test_drip_readers(scenes: Scenes) -> None:
    check(ROW, scenes)
