"""T30: a room has as many players as seats, however many want in at once, and all seats come back."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

SEATS = 64


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures):
        seen = scene.attack("joins", size)
        scene.until(lambda: scene.stats()["players"] <= scene.players)
    seated = seen["reasons"].get("seated", 0) + 1
    return [
        Figure("seats taken", seated, least=min(SEATS, size), most=SEATS),
        Figure("told that it is full", seen["reasons"].get("room_full", 0), least=size - SEATS),
        *figures,
    ]


ROW = Row("T30", "joins of one room, far too many", run, full=10_000, ci=300, settings=("simulate.grace_s=0",))


def test_joins_of_one_room(scenes: Scenes) -> None:
    check(ROW, scenes)
