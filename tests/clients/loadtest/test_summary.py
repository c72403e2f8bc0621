"""summary.json: versioned, whole, read again, and runs can be merged from it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from pelton.loadtest.metrics import LATENCIES, METRICS
from pelton.loadtest.result import CapacityResult, CapacityStep
from pelton.loadtest.seconds import merged, spread
from pelton.loadtest.summary import SCHEMA, BadSummary, read_summary, summary, written_summary
from tests.clients.loadtest.made import PLAN, a_plan, a_result, a_second, some_latencies
from tests.contract.tree import ROOT


def test_a_summary_says_what_was_asked_where_and_what_came_of_it(tmp_path: Path) -> None:
    found = json.loads(written_summary(a_result(a_plan(tmp_path))))
    assert found["schema"] == SCHEMA == "pelton.load/1"
    assert found["verdict"] == {"code": 0, "word": "passed", "reasons": []}
    assert found["plan"] == {"file": "plan.toml", "text": PLAN}
    assert found["environment"]["cpu"] == "A Processor"
    assert set(found["metrics"]) | set(found["missing"]) == set(METRICS)
    assert [threshold["passed"] for threshold in found["thresholds"]] == [True, True]
    assert {len(column) for column in found["seconds"].values()} == {22}
    assert set(found["stages"][0]["histograms"]) == set(LATENCIES)


def test_every_key_is_documented(tmp_path: Path) -> None:
    """What programs read is promised in docs/load.md."""
    page = (ROOT / "docs" / "load.md").read_text(encoding="utf-8")
    found = summary(a_result(a_plan(tmp_path)))
    names = [*found, *found["stages"][0], *found["seconds"]]
    plain = [name for name in names if name.partition(".")[0] not in LATENCIES]
    missing = [name for name in plain if f"`{name}`" not in page]
    assert not missing, f"docs/load.md does not say what these are: {missing}"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    result = a_result(a_plan(tmp_path))
    path = tmp_path / "summary.json"
    path.write_text(written_summary(result))
    recorded = read_summary(path)
    assert recorded.metrics == result.measured.values
    assert recorded.plan_text == PLAN
    for name in LATENCIES:
        assert recorded.histograms[name].written() == result.histograms[name].written()
        assert spread(recorded.histograms[name]) == pytest.approx(spread(result.histograms[name]))


def test_two_runs_are_merged_to_the_percentiles_of_both(tmp_path: Path) -> None:
    recorded = []
    for seed in (1, 2):
        path = tmp_path / f"{seed}.json"
        path.write_text(written_summary(a_result(a_plan(tmp_path), seed=seed)))
        recorded.append(read_summary(path))
    both = merged(run.histograms for run in recorded)
    assert both["ack"].count == 2 * recorded[0].histograms["ack"].count
    p99 = [run.histograms["ack"].percentile_s(99) or 0 for run in (*recorded,)]
    assert min(p99) <= (both["ack"].percentile_s(99) or 0) <= max(p99)


def test_a_second_without_a_server_and_without_samples_is_written(tmp_path: Path) -> None:
    quiet = replace(a_second(1.0, some_latencies(Random(1), 0.03, count=0)), server=None)
    text = written_summary(a_result(a_plan(tmp_path), seconds=[quiet]))
    seconds = json.loads(text)["seconds"]
    assert seconds["server.cpu"] == seconds["ack.p99"] == [None]
    assert seconds["ack.count"] == [0]


def test_capacity_is_written(tmp_path: Path) -> None:
    steps = (CapacityStep(50, held=True, saturated=False, reasons=()),)
    capacity = CapacityResult(50, is_least=True, sentence="at least 50", steps=steps)
    found = summary(replace(a_result(a_plan(tmp_path)), capacity=capacity))["capacity"]
    assert found["bots"] == 50
    assert found["steps"][0] == {"bots": 50, "held": True, "saturated": False, "reasons": ()}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is no JSON"),
        ("[]", 'expected "schema": "pelton.load/1", got None'),
        ('{"schema": "pelton.load/2"}', "got 'pelton.load/2'"),
        ('{"schema": "pelton.load/1"}', "is damaged: KeyError('stages')"),
        (9999 * "[", "is no JSON"),
        ('{"schema": "pelton.load/1", "stages": [], "seconds": {"a": [1], "holds": []}}', "is damaged"),
        ('{"schema": "pelton.load/1", "stages": [{"histograms": {"x": {"buckets": [[-1, 1]]}}}]}', "is damaged"),
    ],
)
def test_what_is_no_summary_is_refused_with_its_file(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(BadSummary) as caught:
        read_summary(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert problem in str(caught.value)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(BadSummary, match=r"gone\.json: cannot be read: No such file"):
        read_summary(tmp_path / "gone.json")
