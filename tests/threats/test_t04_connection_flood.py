"""T4: one address gets its share of places and no more, and the log stays short."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

PLACES = 60


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures):
        before = len(scene.server.log().splitlines())
        seen = scene.attack("connects", size)
        lines = len(scene.server.log().splitlines()) - before
    return [
        Figure("let in", seen["answers"].get("101", 0), most=PLACES - scene.players),
        Figure("lines of log", lines, most=70),
        *figures,
    ]


ROW = Row(
    "T4",
    "connections from one address as fast as it goes",
    run,
    full=100_000,
    ci=1_000,
    settings=(
        "admission.limit_loopback=yes",
        f"admission.connections_per_address_max={PLACES}",
        "admission.connections_per_address_per_s=0.01",
        f"admission.connections_per_address_burst={PLACES}",
    ),
)


def test_connection_flood(scenes: Scenes) -> None:
    check(ROW, scenes)
