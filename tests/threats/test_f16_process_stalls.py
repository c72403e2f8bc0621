"""F16: after a stall of the whole process the server first reads, then judges: nobody who is there is cut."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

LATE = {"ticks they missed in a row", "their p99"}
"""Of course they were."""


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures):
        before = scene.count("connections_silent")
        os.kill(scene.pid, signal.SIGSTOP)
        time.sleep(size)  # the length of the stall is what is tested
        os.kill(scene.pid, signal.SIGCONT)
        silent = scene.count("connections_silent") - before
    return [
        Figure("closed as silent", silent, most=0),
        *(figure for figure in figures if figure.what not in LATE),
    ]


ROW = Row("F16", "a process that stands still, so many seconds", run, full=10, ci=4)


def test_process_stalls(scenes: Scenes) -> None:
    check(ROW, scenes)
