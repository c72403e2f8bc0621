"""T36: a request that is none is answered with what blames its sender, on both ports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

from tests.fuzz.wire_targets import AdminRequests, Handshakes
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

SEED = 36
A_TIME = 250


def run(scene: Scene, size: int) -> Sequence[Figure]:
    figures: list[Figure] = []
    handshakes, questions = Handshakes("server"), AdminRequests()
    random = Random(SEED)
    game = tuple(b"".join(handshakes.draw(random)) for _ in range(size))
    admin = tuple(b"".join(questions.draw(random)) for _ in range(size))
    answers: Counter[str] = Counter()
    with scene.hurting(figures):
        for begun in range(0, size, A_TIME):
            answers.update(scene.attack("requests", said=game[begun : begun + A_TIME])["answers"])
            answers.update(
                scene.attack("requests", said=admin[begun : begun + A_TIME], port=scene.admin_port)["answers"]
            )
    ours = sum(count for status, count in answers.items() if status.startswith("5") and status not in {"503", "505"})
    return [
        Figure("requests", sum(answers.values()), least=2 * size),
        Figure("answers that blame the server", ours, most=0),
        Figure("tracebacks", scene.server.log().count("Traceback"), most=0),
        *figures,
    ]


ROW = Row("T36", "damaged requests to the game port and the admin port", run, full=2_000, ci=150)


def test_malformed_requests(scenes: Scenes) -> None:
    check(ROW, scenes)
