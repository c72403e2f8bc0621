"""F18: a room that always takes 1.3 times what it has ticks half as often, and is then ended."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check
from tests.threats.test_f16_process_stalls import LATE

SLOWER = "it ticks half as often from now on, as it alone makes the others late"


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures):
        seen = scene.attack("burns", size)
    return [
        Figure("rooms ended for taking too long", seen["reasons"].get("room_overrun", 0), least=size, most=size),
        Figure("rooms that were slowed down first", scene.server.log().count(SLOWER), least=size),
        Figure("rooms ended in the metrics", scene.count("rooms_overrun"), least=size, most=size),
        *(figure for figure in figures if figure.what not in LATE),
    ]


ROW = Row(
    "F18", "a room that always takes 1.3 times its budget", run, full=1, ci=1, settings=("overload.room_timeout_s=3",)
)


def test_overruns(scenes: Scenes) -> None:
    check(ROW, scenes)
