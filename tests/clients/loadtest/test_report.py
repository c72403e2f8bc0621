"""report.html: everything on one page, nothing from elsewhere, and no text that becomes markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pelton.loadtest.percentiles import curves
from pelton.loadtest.report import Charts, find_charts, written_report
from pelton.loadtest.result import CapacityResult, CapacityStep, Result
from pelton.loadtest.session import write_results
from pelton.swarm.histogram import Histogram
from tests.clients.loadtest.made import PLAN, a_plan, a_result, some_latencies, with_thresholds

FAKE = Charts("/* (MIT Licensed) */ var uPlot = 1;", ".uplot {}")


class Page(HTMLParser):
    """Elements with attributes, and the texts inside, by element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.elements[-1][0] if self.elements else "", data))

    @property
    def data(self) -> dict[str, Any]:
        """What the charts are drawn from: the first script."""
        found: dict[str, Any] = json.loads(next(text for tag, text in self.texts if tag == "script"))
        return found


def page(result: Result, charts: Charts = FAKE) -> Page:
    return Page(written_report(result, charts))


def test_the_page_asks_nobody_for_anything(tmp_path: Path) -> None:
    charts = find_charts()
    assert charts is not None, "`make install` fetches them"
    text = written_report(a_result(a_plan(tmp_path)), charts)
    read = Page(text)
    assert not [attrs for _, attrs in read.elements if {"src", "href", "srcset", "action"} & set(attrs)]
    assert "@import" not in text
    assert not re.search(r"url\(|fetch\(|XMLHttpRequest|import\(|WebSocket\(", text)
    policy = next(attrs["content"] for _, attrs in read.elements if attrs.get("http-equiv"))
    assert str(policy).startswith("default-src 'none'; ")


def test_without_the_library_there_is_no_page_and_everything_else(tmp_path: Path) -> None:
    assert find_charts(tmp_path) is None
    written = write_results(a_result(a_plan(tmp_path)), tmp_path, None)
    assert written == [str(tmp_path / "summary.json"), str(tmp_path / "junit.xml")]
    assert all(Path(name).stat().st_size for name in written)


def test_the_licence_of_the_chart_library_stays_in_the_page(tmp_path: Path) -> None:
    charts = find_charts()
    assert charts is not None
    text = written_report(a_result(a_plan(tmp_path)), charts)
    assert "Copyright (c) 2021, Leon Sorokin" in text
    assert "(MIT Licensed)" in text


def test_the_page_tells_verdict_thresholds_errors_environment_and_plan(tmp_path: Path) -> None:
    plan = with_thresholds(a_plan(tmp_path), "ack.p99 < 1ms", "errors == 0")
    texts = "\n".join(text for _, text in page(a_result(plan, errors={"cannot connect": 3})).texts)
    for expected in ("failed", "ack.p99 < 1ms", "missed", "held", "cannot connect", "A Processor", PLAN.strip()):
        assert expected in texts


def test_capacity_is_told_step_by_step(tmp_path: Path) -> None:
    steps = (CapacityStep(50, held=True, saturated=False, reasons=()), CapacityStep(100, False, False, ("slow",)))
    capacity = CapacityResult(50, is_least=False, sentence="50 players hold", steps=steps)
    texts = [text for _, text in page(replace(a_result(a_plan(tmp_path)), capacity=capacity)).texts]
    assert {"50 players hold", "50", "100", "slow"} <= set(texts)


def test_no_text_becomes_markup(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\"'"
    plan = replace(a_plan(tmp_path), name=evil, text=f"# {evil}", url=evil, game=evil)
    result = a_result(plan, errors={evil: 1})
    stages = [replace(stage, name=evil) for stage in result.stages]
    nasty = replace(result, stages=stages, environment={"cpu": evil})
    harmless, read = page(a_result(a_plan(tmp_path), errors={"x": 1})), page(nasty)
    assert [tag for tag, _ in read.elements].count("script") == 3
    assert {tag for tag, _ in read.elements} == {tag for tag, _ in harmless.elements}
    assert read.data["stages"][0]["name"] == evil
    assert (evil in {text.strip() for _, text in read.texts}) or evil in "".join(text for _, text in read.texts)


def test_a_library_cannot_end_its_own_element(tmp_path: Path) -> None:
    charts = Charts('var a = "</script><b>";', "")
    assert "b" not in [tag for tag, _ in page(replace(a_result(a_plan(tmp_path)), errors={}), charts).elements][-1:]


def test_the_charts_get_every_second_and_the_limits(tmp_path: Path) -> None:
    plan = with_thresholds(a_plan(tmp_path), "ack.p99 < 80ms", "ack.p50 > 1us", "errors == 0")
    data = page(a_result(plan)).data
    assert len(data["seconds"]["ack.p99"]) == 22
    assert data["limits"] == [{"metric": "ack.p99", "limit": 0.08, "text": "ack.p99 < 80ms"}]
    assert set(data["curves"]["latencies"]) == {"ack", "seen", "age", "send_late"}


def test_a_run_without_a_second_has_a_page(tmp_path: Path) -> None:
    result = replace(a_result(a_plan(tmp_path), connected=0), seconds=(), stages=())
    assert page(result).data["seconds"]["at_s"] == []


@given(st.lists(st.floats(0, 60), min_size=1, max_size=300))
def test_a_curve_is_the_percentiles(samples: list[float]) -> None:
    histogram = Histogram()
    for sample in samples:
        histogram.add(sample)
    xs, found = curves({"ack": histogram, "seen": Histogram()})
    assert set(found) == {"ack"}
    for x, latency_s in zip(xs, found["ack"], strict=True):
        if latency_s is None:
            assert x > len(samples)
        else:
            assert latency_s == histogram.percentile_s(max(100 * (1 - 1 / x), 1e-6))


def test_a_curve_ends_where_one_sample_decides() -> None:
    histograms = some_latencies(Random(1), 0.03, count=1000)
    xs, found = curves({"ack": histograms["ack"]})
    assert xs[-1] >= 1000
    assert found["ack"][-1] is None or xs[-1] == 1000
