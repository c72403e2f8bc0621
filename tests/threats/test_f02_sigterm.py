"""F2: SIGTERM under load: not ready at once, everybody told, nothing acknowledged is lost, exit with 0 in time."""

from __future__ import annotations

import os
import signal
import time
import urllib.error
from collections.abc import Sequence
from urllib.request import urlopen

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

DRAIN_S = 3
SETTINGS = (f"server.drain_timeout_s={DRAIN_S}", "server.shutdown_timeout_s=5")
MARGIN_S = 2
TIMEOUT_S = 10


def ready(scene: Scene) -> int:
    """The status of its readiness."""
    try:
        with urlopen(f"{scene.server.http_url}readyz", timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own server
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def run(scene: Scene, size: int) -> Sequence[Figure]:
    with scene.attacking("drained", size) as players:
        players.seen()
        before, begun_s = ready(scene), time.monotonic()
        os.kill(scene.pid, signal.SIGTERM)
        unready_s = scene.until(lambda: ready(scene) == 503)
        seen = players.seen()
        exit_code = scene.server.ended()
        took_s = time.monotonic() - begun_s
    return [
        Figure("ready before", before, least=200, most=200),
        Figure("until it said that it is not", 1000 * unready_s, most=100, unit="ms", is_timing=True),
        Figure("players told when to come back", seen["told"], least=size),
        Figure("different times for that", seen["waits"], least=size // 2),
        Figure("players whose room said goodbye", seen["ends"].get("shutting_down", 0), least=size),
        Figure("players whose total is not what was acknowledged", seen["differ"], most=0),
        Figure("exit code", exit_code, least=0, most=0),
        Figure("until the end", took_s, most=DRAIN_S + MARGIN_S, unit="s", is_timing=True),
        Figure("tracebacks", scene.server.log().count("Traceback"), most=0),
    ]


ROW = Row("F2", "SIGTERM while so many play", run, full=500, ci=24, settings=SETTINGS, players=False)


def test_sigterm(scenes: Scenes) -> None:
    check(ROW, scenes)
