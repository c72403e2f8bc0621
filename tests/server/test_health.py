"""What a balancer and a supervisor ask for, on whichever port."""

from __future__ import annotations

import pytest

from pelton.server.health import health_page
from pelton.wire import Page
from tests.server.fakes import new_lobby
from tests.server.games import GAMES


def test_a_server_that_stops_is_alive_but_takes_nobody() -> None:
    lobby = new_lobby(GAMES)
    assert health_page("/healthz", lobby) == Page.text(200, "ok")
    assert health_page("/readyz", lobby) == Page.text(200, "ready")
    lobby.closing = True
    assert health_page("/healthz", lobby) == Page.text(200, "ok")
    assert health_page("/readyz", lobby) == Page.text(503, "stopping")


@pytest.mark.parametrize("why", ["overload", "memory"])
def test_a_server_with_too_much_to_do_takes_nobody_for_now(why: str) -> None:
    lobby = new_lobby(GAMES)
    lobby.overload.busy = why
    assert health_page("/readyz", lobby) == Page.text(503, "overloaded")
    assert health_page("/healthz", lobby) == Page.text(200, "ok")
    lobby.overload.busy = ""
    assert health_page("/readyz", lobby) == Page.text(200, "ready")


def test_a_server_that_stalls_all_the_time_is_not_healthy() -> None:
    lobby = new_lobby(GAMES)
    lobby.overload.is_stalling = True
    assert health_page("/healthz", lobby) == Page.text(503, "stalling")
    assert health_page("/readyz", lobby) == Page.text(200, "ready")


def test_any_other_path_is_none_of_these() -> None:
    assert [health_page(path, new_lobby(GAMES)) for path in ("/", "", "/healthz/", "/READYZ")] == [None] * 4
