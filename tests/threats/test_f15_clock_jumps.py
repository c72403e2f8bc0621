"""F15: the wall clock jumps, forth and back: nothing goes by it, and nobody notices."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

HOUR_S = 3600
BETWEEN_S = 0.4
"""Some ticks; what is tested is what happens in them."""


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    ticks = scene.count("ticks")
    with scene.hurting(figures):
        for jump in range(size):
            scene.set_wall(HOUR_S if jump % 2 == 0 else -HOUR_S)
            scene.attack("welcomes", 1)
            time.sleep(BETWEEN_S)
    log = scene.server.log()
    return [
        Figure("jumps", size, least=size),
        Figure("ticks meanwhile", scene.count("ticks") - ticks, least=size),
        Figure("stalls that were none", log.count("stall"), most=0),
        Figure("closed as silent", scene.count("connections_silent"), most=0),
        *figures,
    ]


ROW = Row("F15", "a wall clock that jumps an hour forth and back, so often", run, full=20, ci=4, wall=True)


def test_clock_jumps(scenes: Scenes) -> None:
    check(ROW, scenes)
