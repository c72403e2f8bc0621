"""F22: no file descriptors are left: accepting pauses, whoever plays plays on, and then others get in again."""

from __future__ import annotations

import resource
from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.process import descriptors
from tests.threats.row import Row, Scenes, check

SPARE = 16
LINES_MAX = 50
PAUSED = "cannot accept connections"


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    most = descriptors(scene.pid) + SPARE
    resource.prlimit(scene.pid, resource.RLIMIT_NOFILE, (most, most))
    with scene.hurting(figures), scene.attacking("hoards", size) as hoard:
        hoard.seen()
        scene.until(lambda: PAUSED in scene.server.log())
    log = scene.server.log()
    welcome = scene.attack("welcomes", 3)
    return [
        Figure("lines of log about it", log.count(PAUSED), least=1, most=LINES_MAX),
        Figure("tracebacks", log.count("Traceback"), most=0),
        Figure("slowest welcome afterwards", welcome["slowest_s"], most=2, unit="s", is_timing=True),
        *figures,
    ]


ROW = Row(
    "F22", "more connections than there are file descriptors", run, full=800, ci=100, settings=("log.level=info",)
)


def test_no_descriptors(scenes: Scenes) -> None:
    check(ROW, scenes)
