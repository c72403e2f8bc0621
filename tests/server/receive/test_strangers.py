"""Of too many who have not said hello, the one that has waited longest goes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pelton.server.receive.strangers import Strangers


def test_the_eldest_goes_and_not_the_new_one() -> None:
    strangers: Strangers[str] = Strangers(2)
    assert [strangers.add(name) for name in "abcd"] == [None, None, "a", "b"]


def test_who_said_hello_makes_room() -> None:
    strangers: Strangers[str] = Strangers(2)
    strangers.add("a")
    strangers.add("b")
    strangers.discard("a")
    strangers.discard("somebody else")
    assert [strangers.add(name) for name in "cd"] == [None, "b"]


def test_zero_is_no_limit() -> None:
    strangers: Strangers[int] = Strangers(0)
    assert [strangers.add(number) for number in range(5000)] == [None] * 5000


@given(st.integers(1, 10), st.lists(st.tuples(st.booleans(), st.integers(0, 30))))
def test_there_are_never_more_than_the_number(most: int, story: list[tuple[bool, int]]) -> None:
    strangers: Strangers[int] = Strangers(most)
    for comes, who in story:
        if comes:
            strangers.add(who)
        else:
            strangers.discard(who)
        assert len(strangers) <= most
