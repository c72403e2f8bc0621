"""F24: a reset or a line that hangs costs no seat: back in a moment, nothing lost, nothing done twice."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    taken = scene.count("actions_taken")
    with scene.hurting(figures):
        seen = scene.attack("comebacks", size)
        taken = scene.count("actions_taken") - taken
    wait_s = seen["wait_s"]
    return [
        Figure("back in their seats", len(wait_s), least=size),
        Figure("until then, p99", 1000 * wait_s[int(len(wait_s) * 0.99)], most=250, unit="ms", is_timing=True),
        Figure("actions given to the game", taken, least=seen["acted"], most=seen["acted"]),
        Figure("half-open lines closed with 4409", seen["codes"].get("4409", 0), least=size // 2),
        *figures,
    ]


ROW = Row("F24", "seats whose connection is reset or hangs", run, full=1_000, ci=40, players=False)


def test_lost_connections(scenes: Scenes) -> None:
    check(ROW, scenes)
