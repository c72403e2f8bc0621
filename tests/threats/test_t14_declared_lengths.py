"""T14: a length over the limit is refused from the header alone."""

from __future__ import annotations

from collections.abc import Sequence

from tests.end_to_end.raw import frame
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check
from tests.threats.spoken import spoken

SAID = tuple(frame(b"", declared=length) for length in (5_000, 2**16, 2**31, 2**63 - 1))


def run(scene: Scene, size: int) -> Sequence[Figure]:
    return spoken(scene, size, SAID, {1009, 1002})


ROW = Row("T14", "frames that say they are huge", run, full=50, ci=2)


def test_declared_lengths(scenes: Scenes) -> None:
    check(ROW, scenes)
