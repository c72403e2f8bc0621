"""The command: what it prints and writes, which targets it calls met, and when it exits with 1."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import bench_streams, streams_fairness, streams_loops, streams_merge, streams_pipeline
from benchmarks.streams_report import Part, Row, Target, lines
from benchmarks.streams_timing import alternated, ratio
from tests.contract.tree import ROOT

MET, MISSED, UNMEASURED = Target("a", 2, 2.0), Target("b", 2, 2.01), Target("c", 2, None)


def _part(*targets: Target) -> Part:
    rows = [Row("one", ["1", "22"], {"ns": [1.5]}), Row("another", ["333", "4"], {})]
    return Part("key", "Title", ["a note"], ["x", "y"], rows, list(targets))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (MET, "a, at most 2.00x: met (2.00x)"),
        (MISSED, "b, at most 2.00x: missed (2.01x)"),
        (UNMEASURED, "c, at most 2.00x: not measured"),
    ],
)
def test_a_target_says_what_it_is_and_what_was_measured(target: Target, said: str) -> None:
    assert str(target) == said


def test_a_table_has_its_title_its_notes_and_columns_that_stand_below_each_other() -> None:
    assert list(lines(_part())) == [
        "Title",
        "  a note",
        "",
        "             x   y",
        "  one        1  22",
        "  another  333   4",
    ]


def test_rows_take_turns_forward_and_then_backward() -> None:
    order: list[str] = []

    def measure(row: str) -> int:
        order.append(row)
        return len(order)

    found = alternated("abc", 3, measure, {"b": 2}.get)
    assert "".join(order) == "abccbaac"
    assert found == [[1, 6, 7], [2, 5], [3, 4, 8]]


def test_a_ratio_is_the_median_of_those_within_the_runs() -> None:
    assert ratio([2, 30, 4], [1, 10, 4]) == 2


@pytest.mark.parametrize(
    ("words", "targets", "code"),
    [
        ([], [MISSED], 0),
        (["--check"], [MET], 0),
        (["--check"], [MET, MISSED], 1),
        (["--check"], [UNMEASURED], 1),
    ],
)
def test_check_exits_with_1_unless_every_target_is_met(
    words: list[str], targets: list[Target], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replace_parts(monkeypatch, _part(*targets))
    assert bench_streams.main([*words, "--json", str(tmp_path / "x.json")]) == code


def test_everything_is_written_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _replace_parts(monkeypatch, _part(MET))
    path = tmp_path / "results" / "streams.json"
    bench_streams.main(["--json", str(path), "--runs", "3"])
    written = json.loads(path.read_text())
    assert written["settings"] == {"runs": 3, "quick": False}
    assert written["targets"] == [
        {"name": "a", "most": 2, "measured": 2.0, "pattern": "{:.2f}x", "verdict": "met"},
    ]
    assert written["parts"] == {"key": {"one": {"ns": [1.5]}, "another": {}}}
    assert "python" in written["machine"]


@pytest.mark.parametrize("there", [True, False])
def test_it_says_so_if_aiostream_is_missing(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace_parts(monkeypatch, _part(MET))
    monkeypatch.setattr(bench_streams, "aiostream", object() if there else None)
    bench_streams.main(["--json", str(tmp_path / "x.json")])
    assert ("aiostream is not installed, so its rows are left out" in capsys.readouterr().out) is not there


def test_without_aiostream_only_its_rows_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (streams_fairness, streams_merge, streams_pipeline):
        monkeypatch.setattr(module, "aiostream", None)
    monkeypatch.setattr(streams_merge, "LOADS", (streams_merge.TARGET,))
    monkeypatch.setattr(streams_loops.DequeLoop, "items_max", 1)
    rows = {
        part.key: [row.name for row in part.rows]
        for part in (streams_fairness.fairness(), streams_pipeline.pipeline(1, 20), streams_merge.merge(1))
    }
    assert not [name for names in rows.values() for name in names if "aiostream" in name]
    assert [len(names) for names in rows.values()] == [4, 5, 11]


def test_the_merge_is_fair_and_the_shared_queue_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams_fairness, "aiostream", None)
    part = streams_fairness.fairness()
    assert [row.figures["counts"] for row in part.rows] == [*[[1000, 1000, 1000]] * 3, [3000, 0, 0]]
    assert [row.figures["differ_by"] for row in part.rows] == [0, 0, 0, 3000]
    assert [target.verdict for target in part.targets] == ["met"]


def test_idle_sources_are_measured_against_the_fewest(monkeypatch: pytest.MonkeyPatch) -> None:
    took = {100: iter([4.0, 8.0]), 1_000: iter([5.0]), 5_000: iter([9.0])}
    monkeypatch.setattr(streams_merge, "_sweep_us", lambda _, load: next(took[load.sources]))
    monkeypatch.setattr(streams_merge, "IDLE_RIVALS", (streams_loops.MergeAlone,))
    part = streams_merge.idle(1)
    assert [target.measured for target in part.targets] == [9.0 / 6.0]


def test_a_quick_run_says_how_many_runs_it_makes() -> None:
    assert bench_streams.arguments(["--quick"]).runs == bench_streams.QUICK_RUNS
    assert bench_streams.arguments(["--quick", "--runs", "1"]).runs == 1


def test_no_runs_at_all_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench_streams.arguments(["--runs", "0"])
    assert "--runs needs 1 or more" in capsys.readouterr().err


def test_what_it_compares_with_is_pinned_and_no_dependency() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (pin,) = table["dependency-groups"]["rivals"]
    name, _, version = pin.partition("==")
    assert (name, version.replace(".", "").isdigit()) == ("aiostream", True)
    others = [*table["project"]["dependencies"], *table["dependency-groups"]["dev"]]
    assert not [line for line in others if name in line]
    assert name not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def _replace_parts(monkeypatch: pytest.MonkeyPatch, *found: Part) -> None:
    def parts(_: argparse.Namespace) -> Iterator[Part]:
        yield from found

    monkeypatch.setattr(bench_streams, "parts", parts)
