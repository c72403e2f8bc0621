"""T17: nesting and huge counts are refused before anything is made of them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.end_to_end.raw import frame
from tests.protocol.bombs import BOMBS
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check
from tests.threats.spoken import spoken

SAID = tuple(frame(bomb(4096)) for bomb in BOMBS.values())


def run(scene: Scene, size: int) -> Sequence[Figure]:
    return spoken(scene, size, SAID, {4400, 1009})


ROW = Row("T17", "messages that are small on the wire and large in memory", run, full=30, ci=1)


def test_nested_messages(scenes: Scenes) -> None:
    check(ROW, scenes)
