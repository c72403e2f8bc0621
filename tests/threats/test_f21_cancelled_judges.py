"""F21: what is waited for is cancelled when nobody wants it any more, at any moment, and nothing of it is left.

Only who judges tickets may wait. Streams are cancelled at every step in tests/streams, sessions are cut at every
message in tests/simulation.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    rooms = scene.stats()["rooms_open"]
    with scene.hurting(figures):
        scene.attack("quitters", size)
        scene.until(lambda: scene.strangers() == 0)
        pending = scene.count("greetings_pending")
        seated = scene.count("seated") - scene.players
        scene.until(lambda: scene.stats()["rooms_open"] <= rooms)
    return [
        Figure("connections left", scene.strangers(), most=0),
        Figure("judgments left", pending, most=0),
        Figure("seats left", seated, most=0),
        Figure("rooms left", scene.stats()["rooms_open"] - rooms, most=0),
        Figure("tracebacks", scene.server.log().count("Traceback"), most=0),
        *figures,
    ]


ROW = Row(
    "F21",
    "clients that are gone while they are judged",
    run,
    full=5_000,
    ci=200,
    settings=("auth.authenticator=faulty_games:Slow", "simulate.grace_s=0.5"),
)


def test_cancelled_judges(scenes: Scenes) -> None:
    check(ROW, scenes)
