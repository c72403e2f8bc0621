"""T37: no message ends more than the connection that it came on."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

EXPECTED = {0, 1000, 1009, 4400, 4401, 4405}
"""0: it goes on."""


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures, peak_most_mb=20):
        seen = scene.attack("mutants", size)
    other = sum(count for code, count in seen["codes"].items() if int(code) not in EXPECTED)
    return [
        Figure("damaged messages", seen["messages"], least=3 * size),
        Figure("connections that ended in another way", other, most=0),
        Figure("tracebacks", scene.server.log().count("Traceback"), most=0),
        *figures,
    ]


ROW = Row("T37", "damaged sessions over real sockets", run, full=20_000, ci=300)


def test_mutated_messages(scenes: Scenes) -> None:
    check(ROW, scenes)
