"""T27: JSON Web Tokens that are not what they have to be, each of its kind, let nobody in."""

from __future__ import annotations

from collections.abc import Sequence

from tests.server.auth.tokens import AUDIENCE, ISSUER, KEY_ID, SECRET, WRONG
from tests.threats.figure import Figure
from tests.threats.harness import Scene
from tests.threats.row import Row, Scenes, check

SETTINGS = (
    "auth.authenticator=jwt",
    f"auth.secret={SECRET}",
    f"auth.audience={AUDIENCE}",
    f"auth.jwt_issuer={ISSUER}",
    f"auth.jwt_key_ids={KEY_ID}",
)
BY_THE_CLOCK = ("expired", "nbf", "yet", "exp ", "long ago")
"""Those that are wrong by the clock of the unit tests only; they stay there."""
TICKET_MAX = 2048


def run(scene: Scene, size: int) -> Sequence[Figure]:
    wrong = [make() for name, make in WRONG.items() if not any(word in name for word in BY_THE_CLOCK)]
    said = tuple(token.encode() for token in wrong if len(token) <= TICKET_MAX)
    seen = scene.attack("tickets", size, said=said)
    return [
        Figure("tokens", len(said), least=30),
        Figure("closed as unauthorized", seen["codes"].get("4401", 0), least=len(said) * size),
        Figure("different goodbyes", len(seen["reasons"]), least=1, most=1),
        Figure("rooms made", scene.stats()["rooms_open"], most=0),
    ]


ROW = Row("T27", "forged JSON Web Tokens", run, full=20, ci=1, settings=SETTINGS, players=False)


def test_forged_tokens(scenes: Scenes) -> None:
    check(ROW, scenes)
