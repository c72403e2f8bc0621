"""T5: a header that anybody can write does not make one peer into many."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    seen = scene.attack("connects", size, what="forged")
    return [Figure("let in", seen["answers"].get("101", 0), most=10)]


ROW = Row(
    "T5",
    "X-Forwarded-For from somebody who is no proxy",
    run,
    full=1_000,
    ci=200,
    settings=(
        "admission.limit_loopback=yes",
        "admission.connections_per_address_max=10",
        "admission.connections_per_address_per_s=0",
    ),
    players=False,
)


def test_forged_forwarded_for(scenes: Scenes) -> None:
    check(ROW, scenes)
