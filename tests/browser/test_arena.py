"""The page of the arena in a real browser, against a real server; what each scenario does is in scenarios.mjs.

No page may write an error or a warning to its console, nor ask for anything that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from tests.browser.conftest import Scenario
from tests.clients.browser.nodejs import needs_the_build
from tests.end_to_end.conftest import RunningServer, StartServer

pytestmark = [needs_the_build, pytest.mark.browser, pytest.mark.timeout(150)]

GAME = """
from pelton.games.arena import Arena, Ship


class Line(Arena):
    \"\"\"Everybody begins in a row and looks at whoever came next, in sight of the others.\"\"\"

    def place(self, ship: Ship) -> None:
        ship.x, ship.y, ship.angle = (1024.0 + 120 * ship.id) % 4096, 1024.0, 0.0
        ship.vx = ship.vy = 0.0
"""

Plays: TypeAlias = Callable[[str], None]


@pytest.fixture(scope="module")
def server(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    game = tmp_path_factory.mktemp("row") / "row_of_ships.py"
    game.write_text(GAME, encoding="utf-8")
    running = start_server("server.page=arena", "games.arena=row_of_ships:Line", files=(game,))
    yield running
    running.stop()


@pytest.fixture
def plays(scenario: Scenario, server: RunningServer) -> Plays:
    """`plays(name)` fails with what went wrong in the browser."""
    return lambda name: scenario("scenarios.mjs", name, server.http_url)


def test_two_pages_play_together_and_see_each_other_move(plays: Plays) -> None:
    plays("together")


def test_a_page_that_is_cut_off_for_five_seconds_comes_back_with_its_score(plays: Plays) -> None:
    plays("cut")


def test_the_own_ship_does_not_wait_for_a_slow_line(plays: Plays) -> None:
    plays("slow")


def test_a_phone_has_every_control_in_view_and_fingers_fly_and_shoot(plays: Plays) -> None:
    plays("phone")


def test_the_client_in_a_browser_refuses_every_hostile_vector(plays: Plays) -> None:
    plays("hostile")
