"""The sentences: what took the time is named, what did not is left out, and a thread that did not run is not blamed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.recorder.explain import NotRecorded, explain, ms, slowest
from pelton.server.recorder.row import IS_FAULT, IS_STEP, TickRow
from tests.server.recorder.rows import event, record, row


def said(one: TickRow) -> str:
    return explain(record(one), one.tick).sentence


def test_a_slow_action_is_named_with_its_player() -> None:
    slow = row(
        8812, game_ms=64, encode_ms=4.1, merge_ms=0.1, callback="on_action:Fire", callback_player=17,
        callback_calls=3, callback_ms=63.9,
    )  # fmt: skip
    assert said(slow) == (
        "tick 8812 took 68.2 ms of its 50.0 ms: 64.0 ms in game, on_action:Fire of player 17 (3 calls); 4.1 ms encode"
    )


def test_a_callback_that_is_only_a_part_of_the_game_is_told_with_its_own_time() -> None:
    assert said(row(1, game_ms=60, callback="on_tick", callback_calls=1, callback_ms=40)) == (
        "tick 1 took 60.0 ms of its 50.0 ms: 60.0 ms in game, on_tick, 40.0 ms"
    )


def test_a_collection_is_told_of() -> None:
    text = said(row(1, game_ms=20, gc_ms=5, gc_generation=2))
    assert text.endswith("; a garbage collection of 5.0 ms (old objects) fell into it")


def test_who_was_kept_from_running_is_not_blamed() -> None:
    text = said(row(1, game_ms=60, callback="on_tick", callback_calls=1, callback_ms=60, cpu_ms=2, switches=3))
    assert text == (
        "tick 1 took 60.0 ms of its 50.0 ms: the process was not running for 58.0 ms of it (CPU time 2.0 ms): "
        "the core was taken away 3 times, for others; 60.0 ms in game, on_tick"
    )


def test_who_sleeps_is_told_apart_from_who_is_kept() -> None:
    assert "it waited 1 time, as code does that sleeps" in said(row(1, game_ms=60, cpu_ms=2, waits=1))
    assert "taken away" not in said(row(1, game_ms=60, cpu_ms=2, waits=1))


def test_a_tick_that_began_late_says_what_came_first() -> None:
    text = said(row(1, game_ms=1, lag_ms=5, late_ms=30, poll_ms=1, budget_ms=50))
    assert text.endswith(
        "it began 30.0 ms late (5.0 ms the loop was held up, 24.0 ms for other rooms and earlier ticks)"
    )


def test_what_else_happened_in_it_is_told() -> None:
    found = explain(
        record(
            row(7, game_ms=300),
            events=(
                event("stall", 7, detail="game.py:12 on_tick"),
                event("join", 8),
                event("fault", 7, detail="X"),
            ),
        ),
        7,
    )
    assert "the watchdog saw it at game.py:12 on_tick" in found.parts
    assert "it ended the room: X" in found.parts
    assert [one.kind for one in found.events] == ["stall", "fault"]


def test_flags_are_told() -> None:
    assert said(row(1, flags=IS_STEP)).startswith("tick 1, run by hand, took 0.00 ms")
    assert "was not finished, as the game's code raised" in said(row(1, flags=IS_FAULT, game_ms=1))


@pytest.mark.parametrize(("tick", "why"), [(4, "too long ago"), (8, "still to come")])
def test_a_tick_that_is_not_there_says_which_are(tick: int, why: str) -> None:
    with pytest.raises(NotRecorded, match=rf"tick {tick} of room k4tq7wma .*{why}.*: it has the ticks 5 to 7"):
        explain(record(row(5), row(6), row(7)), tick)


def test_a_room_without_ticks_says_so() -> None:
    with pytest.raises(NotRecorded, match="no tick in its record yet"):
        explain(record(), 1)


def test_the_slowest_come_first() -> None:
    rows = (row(1, game_ms=3), row(2, game_ms=9), row(3, game_ms=9), row(4, game_ms=1))
    assert [one.tick for one in slowest(record(*rows), 3)] == [2, 3, 1]


@given(st.lists(st.integers(0, 10**11), min_size=14, max_size=14), st.integers(0, 5), st.integers(0, 5))
def test_whatever_is_in_a_row_there_is_a_sentence(spent: list[int], switches: int, waits: int) -> None:
    names = [name for name in TickRow._fields if name.endswith("_ns") and name != "begun_ns"]
    made = row(3, switches=switches, waits=waits)._replace(**dict(zip(names, spent, strict=True)))  # type: ignore[arg-type] # none is the callback
    found = explain(record(made), 3)
    assert found.sentence.startswith(f"tick 3 took {ms(made.took_ns)} of its {ms(made.budget_ns)}")
    assert all(part in found.sentence for part in found.parts)
