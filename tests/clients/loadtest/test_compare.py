"""Two runs side by side: changes in percent, and whether they are more than noise."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from pelton.loadtest.compare import Change, changes, differences, failed
from pelton.loadtest.expressions import read_change
from pelton.loadtest.result import Result
from pelton.loadtest.summary import Recorded, read_summary, written_summary
from tests.clients.loadtest.made import PLAN, a_plan, a_result


def recorded(folder: Path, result: Result, name: str = "summary.json") -> Recorded:
    path = folder / name
    path.write_text(written_summary(result))
    return read_summary(path)


def found(folder: Path, before: Result, after: Result) -> dict[str, Change]:
    runs = recorded(folder, before, "a.json"), recorded(folder, after, "b.json")
    return {change.metric: change for change in changes(*runs)}


def test_a_run_is_no_different_from_itself(tmp_path: Path) -> None:
    result = a_result(a_plan(tmp_path))
    for change in found(tmp_path, result, result).values():
        assert (change.change, change.beyond_noise) == (0.0, False), change


def test_two_runs_of_the_same_differ_by_noise(tmp_path: Path) -> None:
    plan = a_plan(tmp_path)
    same = found(tmp_path, a_result(plan, seed=1), a_result(plan, seed=2))
    assert same["ack.p50"].change != 0
    assert same["ack.p50"].beyond_noise is False
    assert same["ack.p50"].seconds == (20, 20)


def test_a_slower_run_is_more_than_noise(tmp_path: Path) -> None:
    plan = a_plan(tmp_path)
    slower = found(tmp_path, a_result(plan, seed=1), a_result(plan, seed=2, middle_s=0.045))
    for metric in ("ack.p50", "ack.p99", "seen.p90"):
        assert slower[metric].change == pytest.approx(0.5, abs=0.1)
        assert slower[metric].beyond_noise is True


def test_the_same_files_always_give_the_same_answer(tmp_path: Path) -> None:
    plan = a_plan(tmp_path)
    runs = recorded(tmp_path, a_result(plan), "a"), recorded(tmp_path, a_result(plan, middle_s=0.031), "b")
    assert changes(*runs) == changes(*runs)


def test_a_few_seconds_say_nothing_about_noise(tmp_path: Path) -> None:
    plan = a_plan(tmp_path)
    short = found(tmp_path, a_result(plan), a_result(plan, hold_s=4))
    assert short["ack.p50"].seconds == (20, 4)
    assert short["ack.p50"].beyond_noise is None


def test_what_was_zero_has_grown_beyond_all_percents(tmp_path: Path) -> None:
    plan = a_plan(tmp_path)
    good = a_result(plan)
    second = good.seconds[-1]
    failing = replace(second, counts=replace(second.counts, failed=3))
    change = found(tmp_path, good, a_result(plan, seconds=[*good.seconds[:-1], failing]))["errors"]
    assert (change.before, change.after, change.change) == (0, 3, math.inf)


def test_a_condition_fails_beyond_the_noise_only(tmp_path: Path) -> None:
    plan = a_plan(tmp_path)
    base = a_result(plan, seed=1)
    slower = list(found(tmp_path, base, a_result(plan, seed=2, middle_s=0.045)).values())
    same = list(found(tmp_path, base, a_result(plan, seed=2)).values())
    grown, shrunk = read_change("ack.p99 > +10%"), read_change("ack.p99 < -10%")
    assert [fell.condition for fell in failed([grown, shrunk], slower)] == [grown]
    assert failed([grown, read_change("ack.p50 > -100%")], same) == []


def test_a_condition_on_what_nobody_measured_fails() -> None:
    (fell,) = failed([read_change("server.cpu > +10%")], [])
    assert fell.change.change is None


def test_other_plans_and_environments_are_named(tmp_path: Path) -> None:
    one = a_result(a_plan(tmp_path))
    other_plan = a_plan(tmp_path, PLAN.replace("bots = 100", "bots = 200"), "b.toml")
    other = replace(a_result(other_plan), environment={**one.environment, "cpus": 8, "system": "Linux"})
    named = differences(recorded(tmp_path, one, "a"), recorded(tmp_path, other, "b"))
    assert named == [
        "plan stage[1].bots: 100 before, 200 after",
        "environment cpus: 2 before, 8 after",
        "environment system: nothing before, 'Linux' after",
    ]
    assert differences(recorded(tmp_path, one, "a"), recorded(tmp_path, one, "b")) == []
