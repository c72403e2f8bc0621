"""T33: nothing that a client says forges a line of the log, or makes one that is no JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from tests.end_to_end.raw import frame
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.line import say
from tests.threats.row import Row, Scenes, check

TEXTS = (
    "plain",
    "a\nb",
    "a\r\n2026-01-01 ERROR all is lost",
    "\x1b[2J\x1b]0;title\x07",
    "\u202egnp.exe",
    "\u2028line",
    "\x00nul",
    '"}\n{"level":"error","event":"forged"}',
    "%s%n{0}",
    "\ud7ff\ufffe",
    "x" * 4000,
)
LOGGED_S = 5
SEATED_S = 0.2
"""A seat is taken at the next tick."""
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Also what changes the direction of writing; the line break ends each line."""


def run(scene: Scene, size: int) -> Sequence[Figure]:
    said = tuple(data for text in TEXTS for data in sentences(text))
    scene.attack("blurts", size, said=said, seconds=SEATED_S)
    scene.until(lambda: "is here" in scene.server.log(), LOGGED_S)
    log = scene.server.log()
    lines = log.splitlines()
    return [
        Figure("lines of log about them", log.count("is here"), least=len(TEXTS)),
        Figure("lines that are no object of JSON", sum(not is_object(line) for line in lines), most=0),
        Figure("characters that a terminal obeys", len(OBEYED.findall(log)), most=0),
        Figure("longest line", max(map(len, lines), default=0), most=2_000, unit="characters"),
    ]


def sentences(text: str) -> Sequence[bytes]:
    """What can be said with it: a name, a game, options, an action, a text message, and a resync."""
    hello = say(1, "attacker")
    return [
        say(1, text[:64]),
        hello + say(2, 0, text[:64], {}),
        hello + say(2, 0, "crier", {"name": text[:128]}),
        hello + say(2, 0, "crier", {text[:32]: text[:128]}),
        hello + say(2, 2, text[:64], {}),
        hello + say(2, 0, "crier", {}) + say(4, 1, [text, 1]),
        hello + frame(text.encode(), 0x1),
    ]


def is_object(line: str) -> bool:
    """Whether it is one of JSON."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


ROW = Row(
    "T33",
    "terminal codes, line breaks and bidirectional marks in all that is said",
    run,
    full=50,
    ci=1,
    settings=("log.format=json", "log.level=debug"),
    players=False,
)


def test_forged_log_lines(scenes: Scenes) -> None:
    check(ROW, scenes)
