"""Deadlines come in their order, each once, and not a nanosecond early."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pelton.server.receive.deadlines import LOOK_MIN, Deadlines


def test_what_was_added_expires_after_the_time_and_not_before() -> None:
    deadlines: Deadlines[str] = Deadlines(1.5)
    deadlines.add("a", 100)
    assert list(deadlines.expired(100 + 1_499_999_999)) == []
    assert list(deadlines.expired(100 + 1_500_000_000)) == ["a"]
    assert list(deadlines.expired(10**18)) == []


def test_those_that_wait_can_be_counted_and_seen() -> None:
    deadlines: Deadlines[str] = Deadlines(1)
    deadlines.add("a", 0)
    deadlines.add("b", 5)
    assert (len(deadlines), list(deadlines)) == (2, ["a", "b"])
    assert list(deadlines.expired(1_000_000_000)) == ["a"]
    assert (len(deadlines), list(deadlines)) == (1, ["b"])


def test_what_is_added_while_others_expire_waits_its_time() -> None:
    deadlines: Deadlines[str] = Deadlines(1)
    deadlines.add("a", 0)
    for name in deadlines.expired(2_000_000_000):
        deadlines.add(name + name, 2_000_000_000)
    assert list(deadlines) == ["aa"]


def test_what_is_not_asked_for_stays() -> None:
    deadlines: Deadlines[int] = Deadlines(1)
    for number in range(3):
        deadlines.add(number, 0)
    assert next(deadlines.expired(10**10)) == 0
    assert list(deadlines.expired(10**10)) == [1, 2]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3 * 10**9)), max_size=50), st.floats(0.1, 5))
def test_everything_expires_once_in_order_and_never_early(steps: list[tuple[bool, int]], timeout_s: float) -> None:
    deadlines: Deadlines[int] = Deadlines(timeout_s)
    timeout_ns = round(timeout_s * 10**9)
    added: list[int] = []
    seen: list[int] = []
    now_ns = 0
    for add, step_ns in steps:
        now_ns += step_ns
        if add:
            deadlines.add(len(added), now_ns)
            added.append(now_ns)
        seen += deadlines.expired(now_ns)
        assert seen == [number for number, at_ns in enumerate(added) if at_ns + timeout_ns <= now_ns]


def test_who_is_over_is_forgotten_before_his_time_once_there_are_many() -> None:
    over: set[int] = set()
    deadlines: Deadlines[int] = Deadlines(1, over.__contains__)
    most = 0
    for number in range(100_000):
        deadlines.add(number, number)
        if number % 1000:
            over.add(number)
        most = max(most, len(deadlines))
    assert most <= 2 * (100 + LOOK_MIN)
    assert [number for number in deadlines if number not in over] == list(range(0, 100_000, 1000))
    assert [number for number in deadlines.expired(10**10) if number not in over] == list(range(0, 100_000, 1000))


def test_who_is_over_when_he_comes_is_still_named() -> None:
    """Whoever adds somebody may count on it."""
    deadlines: Deadlines[int] = Deadlines(1, lambda _: True)
    for number in range(LOOK_MIN + 1):
        deadlines.add(number, 0)
    assert list(deadlines) == [LOOK_MIN]
