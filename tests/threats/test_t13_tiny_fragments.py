"""T13: a flood of empty fragments is closed, and what is begun has to be ended in time."""

from __future__ import annotations

from collections.abc import Sequence

from tests.end_to_end.raw import frame
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

FLOOD_BYTES = 6_000_000


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures, peak_most_mb=20):
        flood = scene.attack("flood", FLOOD_BYTES, said=(frame(b"", 0x2, fin=False), frame(b"", 0x0, fin=False)))
        held = scene.attack("held_fragments", size)
    return [
        Figure("flood left open", flood["left"], most=0),
        Figure("held messages closed with 4512", held["codes"].get("4512", 0), least=size),
        Figure("the last one lasted", held["lasted_s"], most=10, unit="s", is_timing=True),
        *figures,
    ]


ROW = Row("T13", "fragments without end, and messages that are never whole", run, full=500, ci=50)


def test_tiny_fragments(scenes: Scenes) -> None:
    check(ROW, scenes)
