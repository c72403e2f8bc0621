"""What the game port says over plain HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pelton.server.clock import ManualClock
from pelton.server.metrics import Metrics
from pelton.server.receive.pages import ROOMS_SHOWN_MAX, pages
from pelton.server.simulate.lobby import Lobby
from pelton.wire import Page
from tests.server.fakes import a_new_room, any_room, new_lobby, new_seat
from tests.server.games import Tally

HOSTILE = "<script>alert('x')</script>&\""


@pytest.fixture
def lobby() -> Lobby:
    return new_lobby({"tally": Tally, HOSTILE: Tally})


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def page(lobby: Lobby, metrics: Metrics, clock: ManualClock) -> Callable[[str], Page | None]:
    return pages(lobby, metrics, clock)


def text(page: Page | None) -> str:
    assert page is not None
    return page.body.decode()


def test_the_server_is_alive_also_while_it_stops(page: Callable[[str], Page | None], lobby: Lobby) -> None:
    for closing in (False, True):
        lobby.closing = closing
        answer = page("/healthz")
        assert answer is not None
        assert (answer.status, text(answer)) == (200, "ok\n")


def test_the_server_takes_players_until_it_stops(page: Callable[[str], Page | None], lobby: Lobby) -> None:
    ready = page("/readyz")
    lobby.closing = True
    stopping = page("/readyz")
    assert ready is not None
    assert stopping is not None
    assert [(answer.status, text(answer)) for answer in (ready, stopping)] == [(200, "ready\n"), (503, "stopping\n")]


@pytest.mark.parametrize("path", ["", "/healthz/", "/favicon.ico", "/../etc/passwd", "//"])
def test_any_other_path_has_no_page(page: Callable[[str], Page | None], path: str) -> None:
    assert page(path) is None


def test_the_front_page_says_what_goes_on(page: Callable[[str], Page | None], lobby: Lobby, metrics: Metrics) -> None:
    opened = lobby.enter(any_room("tally"), new_seat(), 0)
    for _ in range(1234):
        opened.ticker.step()
    metrics.frames_sent = 9_876_543
    front = page("/")
    assert front is not None
    assert (front.status, front.content_type) == (200, "text/html; charset=utf-8")
    shown = text(front)
    for part in (opened.room_id, "tally", "1 of 4", "1,234", "20 Hz", "9,876,543"):
        assert part in shown


def test_the_front_page_of_an_empty_server_says_so(page: Callable[[str], Page | None]) -> None:
    assert "none open" in text(page("/"))


def test_the_front_page_escapes_the_name_of_a_game(page: Callable[[str], Page | None], lobby: Lobby) -> None:
    lobby.enter(any_room(HOSTILE), new_seat(), 0)
    shown = text(page("/"))
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;&quot;" in shown


def test_the_front_page_is_made_once_a_second_however_often_it_is_asked_for(
    page: Callable[[str], Page | None], metrics: Metrics, clock: ManualClock
) -> None:
    first = page("/")
    metrics.frames_sent = 4_321
    clock.advance(0.999)
    assert page("/") is page("/status") is first
    clock.advance(0.001)
    assert "4,321" in text(page("/"))


def test_the_front_page_of_a_large_server_shows_some_of_its_rooms(metrics: Metrics, clock: ManualClock) -> None:
    lobby = new_lobby({"tally": Tally}, "simulate.rooms_max=200")
    for _ in range(ROOMS_SHOWN_MAX + 7):
        lobby.enter(a_new_room("tally"), new_seat(), 0)
    shown = text(pages(lobby, metrics, clock)("/"))
    assert shown.count("<td>tally") == ROOMS_SHOWN_MAX
    assert "and 7 more" in shown
