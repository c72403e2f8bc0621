"""T16: whoever sends garbage is closed at the first bad frame, and the log stays short."""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import LIMITED, Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    with scene.hurting(figures, peak_most_mb=20):
        before = len(scene.server.log())
        seen = scene.attack("garbage", 4, seconds=size)
        log_mb = (len(scene.server.log()) - before) / 1e6
    return [
        Figure("sent", seen["sent"] / 1e6, least=0.5, unit="MB"),
        Figure("connections refused", scene.count("connections_refused"), least=10),
        Figure("log", log_mb, most=5, unit="MB"),
        Figure("tracebacks", scene.server.log().count("Traceback"), most=0),
        *figures,
    ]


ROW = Row("T16", "random bytes, connection after connection", run, full=60, ci=2, settings=LIMITED)


def test_garbage(scenes: Scenes) -> None:
    check(ROW, scenes)
