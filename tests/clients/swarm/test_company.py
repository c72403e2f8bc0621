"""Where bots go so that a person is never alone, and never kept out."""

from __future__ import annotations

import pytest

from pelton.swarm.company import Company, Opened, read_rooms


def room(taken: int, room_id: str = "a", game: str = "arena", seats: int = 200) -> Opened:
    return Opened(room_id, game, taken, seats)


def settled(company: Company, rooms: list[Opened], own: dict[str, int]) -> tuple[str | None, int]:
    company.look(rooms, own)
    company.look(rooms, own)
    return company.room_id, company.bots


@pytest.mark.parametrize(("people", "bots"), [(0, 0), (1, 2), (2, 1), (3, 0), (9, 0)])
def test_people_and_bots_together_are_as_many_as_asked(people: int, bots: int) -> None:
    company = Company("arena", 3)
    assert settled(company, [room(people)], {})[1] == bots
    assert settled(company, [room(people + bots)], {"a": bots})[1] == bots


def test_the_last_seat_is_left_for_a_person() -> None:
    assert settled(Company("arena", 8), [room(2, seats=4)], {}) == ("a", 1)
    assert settled(Company("arena", 8), [room(4, seats=4)], {"a": 1}) == ("a", 0)


def test_bots_stay_with_somebody_while_he_is_there_and_go_where_most_are_then() -> None:
    company = Company("arena", 3)
    assert settled(company, [room(1), room(0, "b")], {}) == ("a", 2)
    assert settled(company, [room(3), room(5, "b"), room(7, "c")], {"a": 2}) == ("a", 2)
    assert settled(company, [room(2), room(1, "b"), room(2, "c")], {"a": 2}) == ("c", 1)
    assert settled(company, [room(2)], {"a": 2}) == (None, 0)


def test_other_games_are_none_of_its_business() -> None:
    assert settled(Company("arena", 3), [room(1, game="cards")], {}) == (None, 0)


def test_what_was_seen_only_once_is_not_believed() -> None:
    company = Company("arena", 3)
    settled(company, [room(1)], {})
    company.look([room(2)], {"a": 0})  # our own bot, that has not told us yet
    assert company.bots == 2
    company.look([room(2)], {"a": 1})
    assert company.bots == 2


def test_a_page_of_something_else_has_no_rooms() -> None:
    assert list(read_rooms("<html><table><tr><td>1 of 2</table>")) == []
    row = "<tr><td><code>r-1</code><td>arena<td>3 of 200<td>1,234<td>20 Hz"
    assert list(read_rooms(f"<table>{row}{row}</table>")) == [Opened("r-1", "arena", 3, 200)] * 2
