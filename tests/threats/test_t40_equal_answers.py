"""T40: whatever is wrong with a ticket, the answer is the same; the log tells them apart."""

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
    good = mint_ticket(SECRET, "pelton", Identity("ada", expires_at=END_OF_TIME_S))
    wrong = [
        b"",
        b"v1",
        good[:-4].encode() + b"AAAA",
        mint_ticket(SECRET, "pelton", Identity("ada", expires_at=1.0)).encode(),
        mint_ticket(SECRET, "another", Identity("bob", expires_at=END_OF_TIME_S)).encode(),
        mint_ticket("another secret, as long as it has to be", "pelton", Identity("ada", expires_at=4e9)).encode(),
    ]
    seen = scene.attack("tickets", size, said=tuple(wrong))
    return [
        Figure("closed as unauthorized", seen["codes"].get("4401", 0), least=len(wrong) * size),
        Figure("different goodbyes", len(seen["reasons"]), least=1, most=1),
    ]


ROW = Row("T40", "what is told about a wrong ticket", run, full=100, ci=2, settings=SETTINGS, players=False)


def test_equal_answers(scenes: Scenes) -> None:
    check(ROW, scenes)
