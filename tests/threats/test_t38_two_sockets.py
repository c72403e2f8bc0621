"""T38: a user on two connections at once, who comes, goes and comes back, is never in play twice: no gold is made."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pelton.server.auth.identity import Identity
from pelton.server.auth.ticket import mint_ticket
from tests.server.auth.tokens import SECRET
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check
from tests.threats.test_t06_many_logins_of_one_user import END_OF_TIME_S

USERS = 6
GOLD_EACH = 100
SETTINGS = (
    "auth.authenticator=ticket",
    f"auth.secret={SECRET}",
    "simulate.grace_s=0.5",
    "admission.creates_per_minute_max=10000",
)
COUNTED = re.compile(r"gold of (\d+) users: (\d+)")


def run(scene: Scene, size: int) -> Sequence[Figure]:
    tickets = [mint_ticket(SECRET, "pelton", Identity(f"user-{n}", expires_at=END_OF_TIME_S)) for n in range(USERS + 1)]
    seen = scene.attack("heists", size, what=" ".join(tickets[:USERS]))
    scene.until(lambda: scene.stats()["rooms_open"] == 0)
    scene.attack("audits", what=tickets[USERS])
    users, gold = map(int, COUNTED.findall(scene.server.log_with("gold of"))[-1])
    codes: dict[str, int] = seen["codes"]
    return [
        Figure("users", users, least=USERS, most=USERS),
        Figure("gold", gold, least=USERS * GOLD_EACH, most=USERS * GOLD_EACH),
        Figure("times that a user was in play twice", scene.server.log().count("in play twice"), most=0),
        Figure("connections that gave way to a newer one", codes.get("4409", 0), least=size),
        Figure("seats that were taken back", codes.get("resumed", 0), least=1),
        Figure("tracebacks", scene.server.log().count("Traceback"), most=0),
    ]


ROW = Row(
    "T38", "users on two connections at once, so many rounds", run, full=500, ci=15, settings=SETTINGS, players=False
)


def test_two_sockets(scenes: Scenes) -> None:
    check(ROW, scenes)
