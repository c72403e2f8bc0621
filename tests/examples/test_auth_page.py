"""The page about who may come in, as it stands there: its Python runs, against a server as it says."""

from __future__ import annotations

import re
import time
from random import Random
from typing import Any

import pytest

from pelton.server import Credentials, Identity, Refused
from pelton.server.app import Server
from pelton.server.simulate.errors import JoinRejected
from tests.examples.reading import ROOT, fences
from tests.server.fakes import settings
from tests.server.games import GAMES

PAGE = (ROOT / "docs" / "auth.md").read_text(encoding="utf-8")
SECRET = "the secret of this page, long enough for it"


@pytest.fixture
def names() -> dict[str, Any]:
    """What the Python of the page defines, in the order of the page."""
    found: dict[str, Any] = {}
    codes = [text for kind, text in fences(PAGE) if kind == "python"]
    assert len(codes) == 4
    for code in codes:
        exec(compile(code, "docs/auth.md", "exec", dont_inherit=True), found)  # noqa: S102 - our own page
    return found


async def test_who_has_the_ticket_of_the_page_plays(names: dict[str, Any]) -> None:
    config = settings("server.port=0", "auth.authenticator=ticket", f"auth.secret={SECRET}")
    server = Server(config, {"arena": GAMES["tally"]})
    await server.start()
    try:
        assert await names["play"](server.url, names["ticket_for"]("ada", SECRET)) == 1
    finally:
        await server.stop()


def test_the_door_of_the_page_lets_in_who_knows_the_word(names: dict[str, Any]) -> None:
    now_s = time.time()
    door = names["Door"]()
    told = door.authenticate(Credentials("open sesame", "192.0.2.7"), now_s)
    assert told == Identity("guest-1", {"from": "192.0.2.7"}, now_s + 3600)
    with pytest.raises(Refused, match="not on the list"):
        door.authenticate(Credentials("open barley"), now_s)


def test_the_hall_of_the_page_is_for_one_clan(names: dict[str, Any]) -> None:
    hall = names["ClanHall"]("room", Random(1), {"clan": "north"})
    hall.on_auth(Identity("ada", {"clan": "north"}), {})
    with pytest.raises(JoinRejected, match="not_allowed: this hall is of another clan"):
        hall.on_auth(Identity("bob"), {"clan": "north"})


def test_the_settings_of_the_page_are_settings() -> None:
    keys = set(re.findall(r"`auth\.(\w+)`", PAGE))
    config = settings().auth
    assert keys
    assert [key for key in keys if not hasattr(config, key)] == []
    (toml,) = (text for kind, text in fences(PAGE) if kind == "toml")
    for line in toml.splitlines()[1:]:
        key, _, value = line.partition(" = ")
        settings(f"auth.{key}={value.strip(chr(34))}")
