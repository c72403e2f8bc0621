"""The numbers of /stats: those of the server, complete, and bounded however many rooms there are."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from pelton.protocol import Act
from pelton.server.admin.stats import ROOMS_SHOWN_MAX, stats
from pelton.server.metrics import Metrics
from tests.server.admin.watch import watched
from tests.server.games import GAMES, Add, Tally
from tests.server.stage import Stage


def numbers(stage: Stage) -> Any:
    """As whoever asks gets them."""
    return json.loads(json.dumps(stats(watched(stage))))


def test_a_server_nobody_is_on_has_no_durations_yet() -> None:
    none = {"p50": None, "p90": None, "p99": None, "max": None, "count": 0}
    assert numbers(Stage()) == {
        "version": "1.2.3",
        "uptime_s": 0.0,
        "cpu_ns": 1_500_000_000,
        "rss_bytes": 4096,
        "loop": "uvloop",
        "transport": "swept",
        "connections": 0,
        "players": 0,
        "actions_waiting": 0,
        "metrics": {field.name: 0 for field in fields(Metrics)},
        "tick": {
            "count": 0,
            "overruns": 0,
            "late": 0,
            "skipped": 0,
            "budget_us": None,
            "duration_us": none,
            "duration_recent_us": none,
        },
        "loop_lag_us": {"p99": None, "max": None},
        "overload": {
            "step": 0,
            "name": "normal",
            "since_s": 0.0,
            "p95_share": 0.0,
            "dilation": 1.0,
            "busy": "",
            "is_stalling": False,
        },
        "rooms_open": 0,
        "rooms": [],
    }


def test_a_room_is_told_with_its_own_ticks() -> None:
    stage = Stage()
    stage.player("tally")
    stage.player("tally")
    stage.metrics.ticks_late = 3
    for ms in range(1, 101):
        stage.rooms[0].times.durations.add(ms * 1_000_000)
        stage.beat.times.add("tally", ms * 1_000_000)
    stage.rooms[0].times.overran(0)
    found = numbers(stage)
    assert found["rooms"] == [
        {
            "room_id": stage.rooms[0].room_id,
            "game": "tally",
            "players": 2,
            "seats": 4,
            "tick": 2,
            "tick_hz": 20,
            "ticks": 102,
            "actions_waiting": 0,
            "overruns": 1,
            "budget_us": 50_000,
            "duration_us": {"p50": 49_152, "p99": 100_000, "max": 100_000},
        }
    ]
    assert (found["players"], found["rooms_open"], found["uptime_s"]) == (2, 1, 0.1)
    assert found["tick"]["late"] == found["metrics"]["ticks_late"] == 3
    assert found["tick"]["duration_us"]["count"] == 102


def test_actions_that_no_tick_has_taken_are_told_by_room_and_for_all() -> None:
    stage = Stage()
    first, second = stage.player("tally"), stage.player("fast")
    first.say(*(Act(seq, Add(1)) for seq in range(1, 4)))
    second.say(Act(1, Add(1)))
    found = numbers(stage)
    assert [room["actions_waiting"] for room in found["rooms"]] == [3, 1]
    assert found["actions_waiting"] == 4
    stage.tick()
    assert numbers(stage)["actions_waiting"] == 0


def test_recent_durations_are_exact() -> None:
    stage = Stage()
    for us in range(1, 1001):
        stage.beat.times.add("tally", us * 1000 - 1)
    assert numbers(stage)["tick"]["duration_recent_us"] == {
        "p50": 500,
        "p90": 900,
        "p99": 990,
        "max": 1000,
        "count": 1000,
    }


def test_the_budget_of_all_is_that_of_the_fastest_room() -> None:
    stage = Stage()
    stage.player("tally")
    stage.player("fast")
    found = numbers(stage)
    assert [room["budget_us"] for room in found["rooms"]] == [50_000, 25_000]
    assert found["tick"]["budget_us"] == 25_000


def test_what_is_done_about_overload_is_told() -> None:
    stage = Stage()
    state = stage.lobby.overload
    state.step, state.name, state.since_ns, state.p95_share, state.busy = 4, "admission_closed", 10**9, 0.9, "overload"
    stage.clock.advance(3)
    stage.beat.times.lag.add(5_000_000)
    found = numbers(stage)
    assert (found["overload"]["step"], found["overload"]["name"]) == (4, "admission_closed")
    assert (found["overload"]["since_s"], found["overload"]["p95_share"]) == (2.0, 0.9)
    assert (found["overload"]["busy"], found["loop_lag_us"]["max"]) == ("overload", 5000)


def test_of_many_rooms_some_are_told_and_the_number_of_all() -> None:
    class Alone(Tally):
        seats = 1

    stage = Stage("simulate.rooms_max=1000", "deliver.ack_lag_max_s=1000", games={**GAMES, "alone": Alone})
    for _ in range(ROOMS_SHOWN_MAX + 1):
        stage.player("alone")
    found = numbers(stage)
    assert (found["rooms_open"], len(found["rooms"])) == (201, 200)
