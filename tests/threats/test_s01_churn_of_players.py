"""S1: nothing is left of players who came and went, however they went."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.churn import SETTINGS, churned
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

BYTES_A_CYCLE = 20


def run(scene: Scene, size: int) -> Sequence[Figure]:
    return churned(scene, "play", size, BYTES_A_CYCLE)


ROW = Row(
    "S1",
    "connect, join, act, leave: 40 % clean, 30 % reset, 20 % silent, 10 % bad",
    run,
    full=100_000,
    ci=1_000,
    settings=SETTINGS,
    players=False,
)


def test_churn_of_players(scenes: Scenes) -> None:
    check(ROW, scenes)
