"""T11: one client that only pongs is slowed down at once and closed within a second."""

from __future__ import annotations

from collections.abc import Sequence

from tests.end_to_end.raw import frame
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

GOODBYE_S = 2
"""receive.close_timeout_s: for so long a goodbye waits to be taken."""


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    before = scene.count("floods_closed")
    with scene.hurting(figures, peak_most_mb=20):
        seen = scene.attack("flood", size, said=(frame(b"x" * 125, 0xA),))
        deaf = scene.attack("flood", size, said=(frame(b"x" * 125, 0xA),), what="deaf")
    return [
        Figure("left open", seen["left"] + deaf["left"], most=0),
        Figure("closed after", seen["closed_s"], most=1, unit="s", is_timing=True),
        Figure("gone after, if it does not read", deaf["closed_s"], most=1 + GOODBYE_S, unit="s", is_timing=True),
        Figure("closed as floods", scene.count("floods_closed") - before, least=2),
        *figures,
    ]


ROW = Row("T11", "one client that only pongs", run, full=100_000_000, ci=100_000_000)


def test_pong_flood(scenes: Scenes) -> None:
    check(ROW, scenes)
