"""What `pelton why` shows: phases where they belong, the budget's line, and nothing that moves the cursor."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType

from pelton.cli.why.picture import refusal_told, rooms_told, slowest_told, tick_told
from pelton.server.recorder.explain import explain
from pelton.server.recorder.refused import refusal
from tests.server.recorder.rows import MS, event, record, row


def shown(picture: RenderableType, columns: int = 100) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=columns, force_terminal=False, color_system=None).print(picture)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def line_of(lines: list[str], word: str) -> str:
    (found,) = [line for line in lines if line.startswith(word)]
    return found


def test_phases_follow_each_other_and_pass_the_line_of_the_budget() -> None:
    slow = row(8812, merge_ms=10, game_ms=40, flush_ms=25, lag_ms=5, callback="on_tick", callback_ms=40)
    lines = shown(tick_told(record(slow), explain(record(slow), 8812)))
    assert "tick 8812 took 75.0 ms of its 50.0 ms, 25.0 ms too long" in lines
    merge, game, flush = (line_of(lines, phase) for phase in ("merge", "game", "flush"))
    assert len(merge.rstrip("│ ")) in (game.index("█"), game.index("█") - 1)
    assert "│" in merge
    assert flush.index("█") >= len(game.rstrip("│ ")) - 1
    (axis,) = [line for line in lines if "└ 50.0 ms" in line]
    assert axis.index("└") == merge.index("│")
    assert "  • 40.0 ms in game, on_tick" in lines


def test_a_quick_tick_stays_before_the_line() -> None:
    quick = row(1, game_ms=2, encode_ms=1)
    lines = shown(tick_told(record(quick), explain(record(quick), 1)))
    assert "│" in line_of(lines, "game")
    assert "too long" not in "\n".join(lines)


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_lines_fit_the_terminal(columns: int) -> None:
    rows = tuple(
        row(tick, game_ms=tick * 13, gc_ms=3, callback="on_action:Fire", callback_ms=tick) for tick in (1, 2, 9)
    )
    found = record(*rows, events=(event("refusal", 9, player=17, seq=3, name="Fire", detail="x" * 150),))
    for picture in (slowest_told(found, 10), tick_told(found, explain(found, 9))):
        assert max(map(len, shown(picture, columns))) <= columns


def test_the_slowest_are_listed_longest_first_with_their_reason() -> None:
    found = record(row(5, game_ms=3), row(6, game_ms=80, callback="on_join", callback_player=4), row(7, encode_ms=9))
    lines = [line for line in shown(slowest_told(found, 3), 160) if line[:6].strip().isdigit()]
    assert [int(line.split()[0]) for line in lines] == [6, 7, 5]
    assert "80.0 ms in game, on_join of player 4" in lines[0]


def test_a_room_without_ticks_has_none() -> None:
    assert "no tick yet" in shown(slowest_told(record(), 10))


def test_a_refusal_is_told_with_the_others_of_the_player() -> None:
    events = tuple(
        event("refusal", 7, number, player=3, seq=number, reason="late", detail="it waited") for number in (1, 2)
    )
    found = record(events=events)
    text = "\n".join(shown(refusal_told(found, refusal(found, 3, 2), list(events)), 300))
    assert "action 2 of player 3 was refused at tick 7, late" in text
    assert "action 1 late it waited" in text


def test_what_a_server_says_cannot_move_the_cursor() -> None:
    rooms = [{"room_id": "\x1b[2Jx", "game": "g\n", "tick": 1, "seats": 2, "players": 1}]
    found = record(row(1), events=(event("refusal", 1, player=1, seq=1, detail="\x1b]0;bad\x07"),))
    text = "\n".join([*shown(rooms_told(rooms, "url")), *shown(tick_told(found, explain(found, 1)))])
    assert all(character.isprintable() or character == "\n" for character in text)


def test_rooms_are_listed_and_those_that_are_gone() -> None:
    rooms: list[dict[str, object]] = [
        {
            "room_id": "k4tq7wma",
            "game": "arena",
            "tick": 8812,
            "seats": 16,
            "players": 12,
            "overruns": 3,
            "paused": True,
            "budget_ns": 50 * MS,
            "duration_us": {"max": 71_300},
        },
        {"room_id": "5t6agwsz", "game": "arena", "tick": 12},
    ]
    lines = shown(rooms_told(rooms, "http://127.0.0.1:7778"))
    assert line_of(lines, " k4tq7wma").split() == ["k4tq7wma", "arena", "12/16", "8812", "71.3", "50.0", "3", "paused"]
    assert line_of(lines, " 5t6agwsz").split() == ["5t6agwsz", "arena", "-", "12", "-", "-", "-", "gone"]
    assert "no rooms" in shown(rooms_told([], "url"))
