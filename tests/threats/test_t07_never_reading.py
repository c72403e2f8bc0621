"""T7: who takes a seat in a large world and reads nothing costs little and is closed."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures, peak_most_mb=150 * size / 1000 + 15), scene.attacking("deaf", size) as attacker:
        seats = attacker.seen()["seats"]
        closed_s = scene.until(lambda: scene.strangers() == 0)
        left = scene.strangers()
    return [
        Figure("seats they had", seats, least=size),
        Figure("left open", left, most=0),
        Figure("closed after", closed_s, most=10, unit="s"),
        *figures,
    ]


ROW = Row("T7", "clients with a seat that never read", run, full=1_000, ci=100)


def test_never_reading(scenes: Scenes) -> None:
    check(ROW, scenes)
