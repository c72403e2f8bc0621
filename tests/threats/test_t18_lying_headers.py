"""T18: headers of MessagePack that promise what does not follow are refused."""

from __future__ import annotations

from collections.abc import Sequence

from tests.end_to_end.raw import frame
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check
from tests.threats.spoken import spoken

SAID = tuple(
    frame(b"\x92\x05" + bytes([first]) + tail)
    for first in (*range(0xC1, 0xCA), *range(0xD4, 0xE0))
    for tail in (b"", b"\xff\xff", b"\xff" * 5)
)


def run(scene: Scene, size: int) -> Sequence[Figure]:
    return spoken(scene, size, SAID, {4400})


ROW = Row("T18", "MessagePack headers that promise what does not follow", run, full=10, ci=1)


def test_lying_headers(scenes: Scenes) -> None:
    check(ROW, scenes)
