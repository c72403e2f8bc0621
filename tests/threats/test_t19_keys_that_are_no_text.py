"""T19: options are few, and their names are short texts."""

from __future__ import annotations

from collections.abc import Sequence

from tests.end_to_end.raw import frame
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check
from tests.threats.spoken import spoken

SAID = tuple(
    frame(b"\x94\x02\x00\xa5arena" + options)
    for options in (
        b"\x81\x01\x01",
        b"\x81\xc0\x01",
        b"\x81\x90\x01",
        b"\xde\x00\x40" + b"".join(b"\xa2" + bytes([97 + i % 26, 97 + i // 26]) + b"\x01" for i in range(64)),
    )
)


def run(scene: Scene, size: int) -> Sequence[Figure]:
    return spoken(scene, size, SAID, {4400})


ROW = Row("T19", "maps whose keys are no text, and many keys", run, full=50, ci=2)


def test_keys_that_are_no_text(scenes: Scenes) -> None:
    check(ROW, scenes)
