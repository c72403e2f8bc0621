"""Of each kind so many a second pass; how many did not is told once, and the table of kinds has an end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pelton.server.logs.limiter import Limiter, Limits

LIMITS = Limits(lines_max=2, window_ns=100, kinds_max=3)


def limiter() -> Limiter[str]:
    return Limiter(LIMITS)


def admits(found: Limiter[str], kind: str, *times_ns: int) -> list[bool]:
    return [found.admits(kind, now_ns, lambda now_ns=now_ns: f"{kind} at {now_ns}") for now_ns in times_ns]  # type: ignore[misc] # mypy does not infer a default


def test_so_many_pass_and_the_rest_is_told_when_the_window_is_over() -> None:
    found = limiter()
    assert admits(found, "a", 0, 10, 20, 30, 99) == [True, True, False, False, False]
    assert found.ended(99) == []
    assert found.ended(100) == [("a at 20", 3)]
    assert found.ended(1000) == []


def test_a_window_that_held_nothing_back_is_not_told() -> None:
    found = limiter()
    admits(found, "a", 0, 10)
    assert found.ended(100) == []


def test_a_new_window_lets_through_again() -> None:
    found = limiter()
    admits(found, "a", 0, 10, 20)
    found.ended(150)
    assert admits(found, "a", 150, 160, 170) == [True, True, False]


def test_kinds_do_not_take_each_others_lines() -> None:
    found = limiter()
    assert admits(found, "a", 0, 1, 2) == [True, True, False]
    assert admits(found, "b", 3, 4, 5) == [True, True, False]


def test_what_is_over_is_forgotten_and_nothing_is_due() -> None:
    found = limiter()
    admits(found, "a", 0)
    admits(found, "b", 50)
    assert (len(found), found.due_ns) == (2, 100)
    found.ended(100)
    assert (len(found), found.due_ns) == (1, 150)
    found.ended(150)
    assert (len(found), found.due_ns) == (0, None)


def test_kinds_beyond_the_table_share_a_window() -> None:
    found = limiter()
    passed = [admits(found, f"kind {number}", 0)[0] for number in range(100)]
    assert passed == [True] * 5 + [False] * 95
    assert len(found) == 4
    assert found.ended() == [("kind 5 at 0", 95)]


def test_at_the_end_everything_is_told() -> None:
    found = limiter()
    admits(found, "a", 0, 0, 0)
    assert found.ended() == [("a at 0", 1)]
    assert len(found) == 0


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 60))))
def test_every_event_passes_or_is_told(events: list[tuple[str, int]]) -> None:
    found = limiter()
    now_ns = passed = told = 0
    for kind, later_ns in events:
        now_ns += later_ns
        told += sum(count for _, count in found.ended(now_ns))
        passed += found.admits(kind, now_ns, lambda: "")
        assert len(found) <= LIMITS.kinds_max + 1
    told += sum(count for _, count in found.ended())
    assert passed + told == len(events)
