"""The right token gets in; who guesses is locked out for a minute, and nobody else by him."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.admin.guard import KNOWN_MAX, LOCKED_S, TRIES_IN_ALL_MAX, TRIES_MAX, Guard
from pelton.server.clock import ManualClock

TOKEN = "correct-horse-battery"
RIGHT, WRONG = f"Bearer {TOKEN}", "Bearer correct-horse-batterz"
ME, OTHER = "192.0.2.1", "192.0.2.2"


class Door:
    """A guard and its clock; `ask` is the status of the answer, 200 for who gets in."""

    def __init__(self, token: str = TOKEN) -> None:
        self.clock = ManualClock()
        self.guard = Guard(token, self.clock)

    def ask(self, authorization: str, peer: str = ME, path: str = "/stats") -> int:
        page = self.guard.refusal(peer, path, authorization)
        return page.status if page else 200


@pytest.mark.parametrize("shown", [RIGHT, f"bearer {TOKEN}", f"BEARER   {TOKEN}"])
def test_the_right_token_gets_in(shown: str) -> None:
    assert Door().ask(shown) == 200


@pytest.mark.parametrize("shown", ["", WRONG, "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "é"])
def test_anything_else_does_not(shown: str) -> None:
    assert Door().ask(shown) == 401


@given(st.text())
def test_no_text_but_the_token_gets_in(shown: str) -> None:
    assert Door().ask(f"Bearer {shown}") == (200 if shown.strip() == TOKEN else 401)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_needs_none(path: str) -> None:
    assert Door().ask("", path=path) == 200


def test_without_a_token_everybody_passes() -> None:
    assert [Door("").ask(shown) for shown in ("", WRONG)] == [200, 200]


def test_the_fifth_wrong_one_locks_out_even_the_right_one_for_a_minute() -> None:
    door = Door()
    assert [door.ask(WRONG) for _ in range(TRIES_MAX)] == [401] * TRIES_MAX
    assert [door.ask(shown) for shown in (WRONG, "", RIGHT)] == [429] * 3
    assert door.ask(RIGHT, OTHER) == 200
    door.clock.advance(LOCKED_S - 0.001)
    assert door.ask(RIGHT) == 429
    door.clock.advance(0.001)
    assert door.ask(RIGHT) == 200


def test_no_token_at_all_is_no_try() -> None:
    door = Door()
    assert {door.ask("") for _ in range(100)} == {401}
    assert door.ask(RIGHT) == 200


def test_ten_in_all_lock_out_those_who_never_had_the_right_one() -> None:
    door = Door()
    assert door.ask(RIGHT, "198.51.100.1") == 200
    for number in range(TRIES_IN_ALL_MAX):
        assert door.ask(WRONG, f"203.0.113.{number}") == 401
    assert door.ask(RIGHT, "198.51.100.2") == 429
    assert door.ask(RIGHT, "198.51.100.1") == 200
    door.clock.advance(LOCKED_S)
    assert door.ask(RIGHT, "198.51.100.2") == 200


def test_all_of_an_ipv6_household_are_one() -> None:
    door = Door()
    for number in range(TRIES_MAX):
        door.ask(WRONG, f"2001:db8::{number + 1}")
    assert door.ask(RIGHT, "2001:db8::ffff") == 429


def test_a_flood_of_guesses_is_not_written_down() -> None:
    door = Door()
    for number in range(1000):
        door.ask(RIGHT, f"10.0.{number // 250}.{number % 250}")
    for number in range(10_000):
        door.ask(WRONG, f"10.{number // 250}.0.{number % 250}")
    assert len(door.guard._known) == KNOWN_MAX
    assert len(door.guard._wrong) <= TRIES_IN_ALL_MAX + KNOWN_MAX * TRIES_MAX
