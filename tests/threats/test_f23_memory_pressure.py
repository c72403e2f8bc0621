"""F23: with 300 MB to spare the process lives through the attacks that want memory most."""

from __future__ import annotations

import re
import resource
from collections.abc import Sequence
from pathlib import Path

from tests.end_to_end.raw import frame
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.process import MB
from tests.threats.row import Row, Scenes, check

SPARE_MB = 300
NESTED = b"\x91" * 4000
"""4,000 arrays, one in the other."""


def mapped_bytes(pid: int) -> int:
    """Of its address space."""
    found = re.search(r"VmSize:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    most = mapped_bytes(scene.pid) + SPARE_MB * MB
    resource.prlimit(scene.pid, resource.RLIMIT_AS, (most, most))
    with scene.hurting(figures, memory_mb=20):
        with scene.attacking("deaf", size) as deaf:
            deaf.seen()
            scene.until(lambda: scene.strangers() == 0)
        held = scene.attack("held_fragments", size)
        nested = scene.attack("says", size, said=(frame(NESTED),))
    return [
        Figure("held messages that were ended", sum(held["codes"].values()), least=size),
        Figure("nested messages that were ended", sum(nested["codes"].values()), least=size),
        Figure("errors for want of memory", scene.server.log().count("MemoryError"), most=0),
        *figures,
    ]


ROW = Row(
    "F23",
    "never reading, fragments and nesting, with 300 MB to spare",
    run,
    full=500,
    ci=40,
    settings=("log.level=info",),
)


def test_memory_pressure(scenes: Scenes) -> None:
    check(ROW, scenes)
