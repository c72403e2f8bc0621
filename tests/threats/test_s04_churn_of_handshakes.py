"""S4: nothing is left of handshakes that failed."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.churn import SETTINGS, churned
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

BYTES_A_CYCLE = 5


def run(scene: Scene, size: int) -> Sequence[Figure]:
    return churned(scene, "handshakes", size, BYTES_A_CYCLE)


ROW = Row("S4", "handshakes and hellos that fail", run, full=100_000, ci=400, settings=SETTINGS, players=False)


def test_churn_of_handshakes(scenes: Scenes) -> None:
    check(ROW, scenes)
