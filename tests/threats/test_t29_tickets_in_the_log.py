"""T29: no ticket, good or bad, and no secret gets into the log."""

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
    bad = [good[:-4] + "AAAA", good + "A", good.replace("v1", "v2")]
    scene.attack("tickets", size, said=tuple(ticket.encode() for ticket in bad))
    scene.attack("logins", size, what=good)
    log = scene.server.log_with("wrong mac")
    leaked = [part for part in (SECRET, good, good.split(".")[1], good.split(".")[2], *bad) if part in log]
    return [Figure("secrets in the log", len(leaked), most=0)]


ROW = Row("T29", "tickets and the log", run, full=100, ci=5, settings=SETTINGS, players=False)


def test_tickets_in_the_log(scenes: Scenes) -> None:
    check(ROW, scenes)
