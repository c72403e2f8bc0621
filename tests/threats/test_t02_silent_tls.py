"""T2: a TCP connection to a TLS server on which nothing is said is gone in time."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures, peak_most_mb=120):
        seen = scene.attack("silent", size)
    return [
        Figure("left open", seen["left"], most=0),
        Figure("the last one lasted", seen["lasted_s"], most=12, unit="s"),
        *figures,
    ]


ROW = Row("T2", "connections to a TLS server that never say anything", run, full=5_000, ci=500, players=False, tls=True)


def test_silent_tls(scenes: Scenes) -> None:
    check(ROW, scenes)
