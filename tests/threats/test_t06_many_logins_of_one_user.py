"""T6: of one user's connections the newest is left, the others are told so, and the user has one seat."""

from __future__ import annotations

from collections.abc import Sequence

from pelton.server.auth.identity import Identity
from pelton.server.auth.ticket import mint_ticket
from tests.server.auth.tokens import SECRET
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

SETTINGS = ("auth.authenticator=ticket", f"auth.secret={SECRET}")
END_OF_TIME_S = 4e9


def run(scene: Scene, size: int) -> Sequence[Figure]:
    ticket = mint_ticket(SECRET, "pelton", Identity("ada", expires_at=END_OF_TIME_S))
    seen = scene.attack("logins", size, what=ticket)
    after_s = scene.until(lambda: scene.stats()["connections"] == 0)
    return [
        Figure("connections left", seen["left"], least=1, most=1),
        Figure("closed as replaced", seen["codes"].get("4409", 0), least=size - 1),
        Figure("seats afterwards", scene.stats()["metrics"]["seated"], most=0),
        Figure("until all were gone", after_s, most=5, unit="s", is_timing=True),
    ]


ROW = Row("T6", "one user who connects again and again", run, full=200, ci=40, settings=SETTINGS, players=False)


def test_many_logins_of_one_user(scenes: Scenes) -> None:
    check(ROW, scenes)
