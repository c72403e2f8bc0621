"""The inspector in a real browser, looking into a real server; what each scenario does is in inspector.mjs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Scenario
from tests.clients.browser.nodejs import needs_the_build
from tests.end_to_end.conftest import RunningServer, StartServer

pytestmark = [needs_the_build, pytest.mark.browser, pytest.mark.timeout(150)]

PROGRAM = "inspector.mjs"
TOKEN = "a-token-of-the-tests"
GAME = """
import time

from pelton.games.arena import Arena


class Hitch(Arena):
    \"\"\"Takes too long, now and then.\"\"\"

    def on_tick(self, tick, actions):
        super().on_tick(tick, actions)
        if tick.number % 40 == 30:
            self.find_a_path()

    def find_a_path(self):
        until = time.perf_counter() + 0.07
        while time.perf_counter() < until:
            pass
"""


@pytest.fixture(scope="module")
def server(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    game = tmp_path_factory.mktemp("hitch") / "game_that_hitches.py"
    game.write_text(GAME, encoding="utf-8")
    running = start_server("server.page=arena", "games.arena=game_that_hitches:Hitch", files=(game,))
    yield running
    running.stop()


def inspector(server: RunningServer) -> str:
    return f"{server.admin_url}inspector"


def test_a_slow_tick_is_seen_and_its_phase_and_function_are_named(scenario: Scenario, server: RunningServer) -> None:
    scenario(PROGRAM, "slow", server.http_url, inspector(server))


def test_a_room_is_paused_stepped_and_resumed(scenario: Scenario, server: RunningServer) -> None:
    scenario(PROGRAM, "paused", server.http_url, inspector(server))


def test_players_and_what_one_of_them_sees_are_shown_and_one_is_kicked(
    scenario: Scenario, server: RunningServer
) -> None:
    scenario(PROGRAM, "players", server.http_url, inspector(server))


def test_a_phone_shows_every_tab_without_scrolling_sideways(scenario: Scenario, server: RunningServer) -> None:
    scenario(PROGRAM, "narrow", server.http_url, inspector(server))


def test_nobody_looks_in_without_the_token(scenario: Scenario, start_server: StartServer) -> None:
    server = start_server(environ={"PELTON_ADMIN__TOKEN": TOKEN})
    scenario(PROGRAM, "locked", server.http_url, inspector(server), TOKEN)
    assert TOKEN not in server.log()
    server.stop()
