"""F17: game code that stands still: the log names the room, the tick and the line each time, and nobody is cut."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check
from tests.threats.test_f16_process_stalls import LATE

STALLS_MS = "300 1200"
NAMED = re.compile(r"stall: room \w+ \(nap\), tick \d+, on_tick has held the loop for .*faulty_games\.py:\d+ Nap\.play")


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    before = scene.count("stalls")
    with scene.hurting(figures):
        seen = scene.attack("naps", size, what=STALLS_MS)
    return [
        Figure("stalls", scene.count("stalls") - before, least=seen["naps"], most=seen["naps"]),
        Figure(
            "stalls of which the log names room, tick and line",
            len(NAMED.findall(scene.server.log())),
            least=seen["naps"],
        ),
        Figure("player of that room cut off", seen["over"], most=0),
        *(figure for figure in figures if figure.what not in LATE),
    ]


ROW = Row("F17", "a game that stands still for 0.3 s and 1.2 s, so often", run, full=10, ci=1)


def test_stalls(scenes: Scenes) -> None:
    check(ROW, scenes)
