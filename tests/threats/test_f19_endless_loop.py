"""F19: game code that never comes back: the process says where, and ends itself for its supervisor."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.line import say
from tests.threats.row import Row, Scenes, check

KILL_AFTER_S = 2
MARGIN_S = 2
EXIT_CODE = 70
STALLED = re.compile(r"CRITICAL pelton.server.watchdog: stall: room \w+ \(endless\), tick \d+, on_tick has held")
LINE = re.compile(r'faulty_games\.py", line \d+, in on_tick\n')


def run(scene: Scene, size: int) -> Sequence[Figure]:
    begun_s = time.monotonic()
    seen = scene.attack("says", size, said=(say(2, 0, "endless", {}),))
    exit_code = scene.server.ended()
    took_s = time.monotonic() - begun_s
    log = scene.server.log()
    return [
        Figure("exit code", exit_code, least=EXIT_CODE, most=EXIT_CODE),
        Figure("until the end", took_s, most=KILL_AFTER_S + MARGIN_S, unit="s", is_timing=True),
        Figure("room and tick in the log", len(STALLED.findall(log)), least=1),
        Figure("line of the game in the log", len(LINE.findall(log)), least=1),
        Figure("connections that ended with the process", sum(seen["codes"].values()), least=size, most=size),
    ]


ROW = Row(
    "F19",
    "a game that never comes back",
    run,
    full=1,
    ci=1,
    settings=(f"watchdog.kill_after_s={KILL_AFTER_S}",),
    players=False,
)


def test_endless_loop(scenes: Scenes) -> None:
    check(ROW, scenes)
