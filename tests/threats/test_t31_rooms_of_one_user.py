"""T31: one user makes a few rooms, and no more for a while; nothing is left of them."""

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
    seen = scene.attack("creates", size, what=ticket)
    after_s = scene.until(lambda: scene.stats()["rooms_open"] == 0)
    return [
        Figure("rooms made", seen["reasons"].get("made", 0), least=1, most=10),
        Figure("told that it is enough", seen["reasons"].get("too_many_rooms_of_yours", 0), least=size - 10),
        Figure("until all were gone", after_s, most=60, unit="s"),
    ]


ROW = Row("T31", "rooms of one user, far too many", run, full=10_000, ci=100, settings=SETTINGS, players=False)


def test_rooms_of_one_user(scenes: Scenes) -> None:
    check(ROW, scenes)
