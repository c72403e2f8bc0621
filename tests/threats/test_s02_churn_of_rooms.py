"""S2: nothing is left of rooms that were made and ended, or failed."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.churn import SETTINGS, churned
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

BYTES_A_CYCLE = 100


def run(scene: Scene, size: int) -> Sequence[Figure]:
    return churned(scene, "rooms", size, BYTES_A_CYCLE)


ROW = Row(
    "S2", "rooms made and left, one in a hundred fails", run, full=100_000, ci=300, settings=SETTINGS, players=False
)


def test_churn_of_rooms(scenes: Scenes) -> None:
    check(ROW, scenes)
