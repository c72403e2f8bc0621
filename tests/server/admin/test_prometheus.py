"""What Prometheus gets: valid by a strict reader, complete, and with no label that grows."""

from __future__ import annotations

from dataclasses import fields

import pytest

from pelton.server.admin.prometheus import HELP, exposition
from pelton.server.metrics import Metrics, Refusal
from pelton.server.tick_times import BOUNDS_NS
from tests.server.admin.exposition import Family, read
from tests.server.admin.watch import watched
from tests.server.games import GAMES, Tally
from tests.server.stage import Stage


def families(stage: Stage) -> dict[str, Family]:
    return read(exposition(watched(stage)))


def values(family: Family) -> dict[str, float]:
    """By game."""
    return {dict(labels).get("game", ""): value for (_, labels), value in family.samples.items()}


def played() -> Stage:
    stage = Stage()
    for game in ("tally", "tally", "fast"):
        stage.player(game)
    return stage


@pytest.mark.parametrize("stage", [Stage(), played()], ids=["nobody", "players"])
def test_it_can_be_read(stage: Stage) -> None:
    found = families(stage)
    assert {"pelton_ticks_total", "pelton_tick_duration_seconds", "process_cpu_seconds_total"} <= set(found)


def test_every_counter_is_told_once() -> None:
    by_label = {
        "greetings_pending",
        "seated",
        "ticks_overrun",
        "connections_refused",
        *(f"refused_{reason.value}" for reason in Refusal),
    }
    assert set(HELP) | {"connections"} | by_label == {field.name for field in fields(Metrics)}
    stage = Stage()
    for number, name in enumerate(HELP, 1):
        setattr(stage.metrics, name, number)
    found = families(stage)
    for number, name in enumerate(HELP, 1):
        family = found[f"pelton_{name.removesuffix('_total')}_total"]
        assert (family.kind, values(family)) == ("counter", {"": number})


def test_the_process_has_the_names_that_dashboards_know() -> None:
    found = families(Stage())
    assert values(found["process_cpu_seconds_total"]) == {"": 1.5}
    assert values(found["process_resident_memory_bytes"]) == {"": 4096}


def test_rooms_players_and_ticks_are_told_by_game() -> None:
    stage = played()
    stage.beat.times.game("fast").overruns = 2
    found = families(stage)
    assert values(found["pelton_rooms"]) == {"fast": 1, "tally": 1}
    assert values(found["pelton_players"]) == {"fast": 1, "tally": 2}
    assert values(found["pelton_ticks_overrun_total"]) == {"fast": 2, "tally": 0}


def test_a_game_whose_rooms_are_gone_has_none_and_keeps_its_counts() -> None:
    stage = played()
    for opened in stage.rooms:
        stage.lobby.close(opened, "room_closed")
    found = families(stage)
    assert values(found["pelton_rooms"]) == values(found["pelton_players"]) == {"fast": 0, "tally": 0}
    samples = found["pelton_tick_duration_seconds"].samples
    assert samples["pelton_tick_duration_seconds_count", (("game", "tally"),)] == 3


def test_durations_are_counted_from_bound_to_bound() -> None:
    stage = Stage()
    for duration_ns in (BOUNDS_NS[0], BOUNDS_NS[0] + 1, BOUNDS_NS[-1] + 1):
        stage.beat.times.add("race", duration_ns)
    name, samples = "pelton_tick_duration_seconds", families(stage)["pelton_tick_duration_seconds"].samples
    within = [value for (sample, _), value in samples.items() if sample == f"{name}_bucket"]
    assert within == [1] + [2] * (len(BOUNDS_NS) - 1) + [3]
    assert samples[f"{name}_bucket", (("game", "race"), ("le", "0.0005"))] == 1
    assert samples[f"{name}_sum", (("game", "race"),)] == 1.001000002


def test_refused_connections_are_told_by_reason_and_sum_up_to_all() -> None:
    stage = Stage()
    for times, reason in enumerate(Refusal, 1):
        for _ in range(times):
            stage.metrics.refuse(reason)
    samples = families(stage)["pelton_connections_refused_total"].samples
    found = {dict(labels)["reason"]: value for (_, labels), value in samples.items()}
    assert found == {reason.value: times for times, reason in enumerate(Refusal, 1)}
    assert sum(found.values()) == stage.metrics.connections_refused


def test_no_label_but_the_game_the_reason_and_the_bound() -> None:
    found = [labels for family in families(played()).values() for _, labels in family.samples]
    assert {name for labels in found for name, _ in labels} == {"game", "le", "reason"}
    assert {value for labels in found for name, value in labels if name == "game"} == {"tally", "fast"}


def test_a_name_cannot_break_out_of_its_label() -> None:
    hostile = 'a"} 1\n\\'
    stage = Stage(games={**GAMES, hostile: Tally})
    stage.player(hostile)
    assert values(families(stage)["pelton_rooms"]) == {r"a\"} 1\n\\": 1}
