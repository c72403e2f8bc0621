"""S3: nothing is left of seats that were lost and taken again, or not."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.churn import SETTINGS, churned
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

BYTES_A_CYCLE = 20


def run(scene: Scene, size: int) -> Sequence[Figure]:
    return churned(scene, "comebacks", size, BYTES_A_CYCLE)


ROW = Row(
    "S3",
    "drops and resumes: 10 % with a wrong token first, 10 % too late",
    run,
    full=50_000,
    ci=300,
    settings=SETTINGS,
    players=False,
)


def test_churn_of_comebacks(scenes: Scenes) -> None:
    check(ROW, scenes)
