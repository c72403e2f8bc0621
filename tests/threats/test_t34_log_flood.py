"""T34: a fault that somebody repeats as fast as he can is logged a few times, and then counted."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.end_to_end.raw import frame
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

LINES_PER_S = 40
"""Ten of each kind of event, of which a fault makes at most two."""


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures):
        before, begun_s = len(scene.server.log().splitlines()), time.monotonic()
        seen = scene.attack("says", size, said=(frame(b"\xc1"), frame(b"x", masked=False)))
        seconds = time.monotonic() - begun_s
        lines = len(scene.server.log().splitlines()) - before
    return [
        Figure("faults", sum(seen["codes"].values()), least=2 * size),
        Figure("lines of log a second", lines / seconds, most=LINES_PER_S),
        *figures,
    ]


ROW = Row("T34", "the same two faults, again and again", run, full=20_000, ci=300)


def test_log_flood(scenes: Scenes) -> None:
    check(ROW, scenes)
