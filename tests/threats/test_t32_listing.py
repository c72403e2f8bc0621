"""T32: whoever asks for the list of rooms again and again gets it, short and made once a second."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

BYTES_MAX = 32_768


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures, peak_most_mb=10):
        seen = scene.attack("lists", size, what="/status")
    return [
        Figure("lists", seen["answers"].get("200", 0), least=size),
        Figure("lists a second", seen["a_second"]),
        Figure("largest", seen["largest"], most=BYTES_MAX, unit="bytes"),
        *figures,
    ]


ROW = Row("T32", "the list of rooms, asked for again and again", run, full=20_000, ci=300)


def test_listing(scenes: Scenes) -> None:
    check(ROW, scenes)
