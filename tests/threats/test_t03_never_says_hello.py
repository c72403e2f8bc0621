"""T3: who has upgraded and says nothing costs little, is closed in time, and nothing is made for him."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    rooms = scene.stats()["rooms_open"]
    with scene.hurting(figures, peak_most_mb=100):
        seen = scene.attack("never_hello", size)
        rooms_more = scene.stats()["rooms_open"] - rooms
    return [
        Figure("rooms made for them", rooms_more, most=0),
        Figure("left open", seen["left"], most=0),
        Figure("the last one lasted", seen["lasted_s"], most=12, unit="s"),
        *figures,
    ]


ROW = Row("T3", "WebSockets that never say hello", run, full=5_000, ci=300)


def test_never_says_hello(scenes: Scenes) -> None:
    check(ROW, scenes)
