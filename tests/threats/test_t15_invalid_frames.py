"""T15: reserved bits and codes, unmasked frames and the like; tests/conformance has them all."""

from __future__ import annotations

from collections.abc import Sequence

from tests.end_to_end.raw import frame
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check
from tests.threats.spoken import spoken

SAID = (
    bytes([0xF2, 0x80]) + bytes(4),
    frame(b"", 0x3),
    frame(b"", 0xB),
    frame(b"x", masked=False),
    frame(b"x" * 126, 0x9),
    frame(b"", 0x9, fin=False),
    frame((999).to_bytes(2, "big"), 0x8),
    frame(b"\x03", 0x8),
    frame(b"", 0x0),
)


def run(scene: Scene, size: int) -> Sequence[Figure]:
    return spoken(scene, size, SAID, {1002})


ROW = Row("T15", "frames that RFC 6455 forbids", run, full=50, ci=1)


def test_invalid_frames(scenes: Scenes) -> None:
    check(ROW, scenes)
