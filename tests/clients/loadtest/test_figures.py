"""From seconds to one value a metric: holds count for what is measured, the whole run for what must never happen."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from pelton.loadtest.figures import busiest_s, figures
from pelton.loadtest.metrics import METRICS
from pelton.loadtest.seconds import Counts, Second, ServerSecond, histograms
from tests.clients.loadtest.made import a_second, some_latencies

PART = some_latencies(Random(1), 0.03)


def seconds(count: int, *, holds: bool = True) -> list[Second]:
    return [a_second(n + 1.0, PART, holds=holds) for n in range(count)]


def test_every_metric_has_a_value_or_a_reason() -> None:
    for measured in (
        figures(PART, seconds(3)),
        figures(histograms(), []),
        figures(histograms(), seconds(2, holds=False)),
    ):
        assert set(measured.values) | set(measured.missing) == set(METRICS)
        assert not set(measured.values) & set(measured.missing)


def test_nothing_measured_says_why() -> None:
    missing = figures(histograms(), []).missing
    assert missing["ack.p99"] == "no action was answered in a hold"
    assert missing["seen.p50"] == "nobody saw what another did"
    assert missing["server.cpu"].startswith("the plan names no admin port")
    assert figures(histograms(), [], "admin port: refused").missing["tick.overrun"] == "admin port: refused"


def test_no_late_frame_is_no_stall_and_not_unknown() -> None:
    assert figures(PART, seconds(3)).values["stall.p99"] == 0.0
    assert "stall.p99" in figures(histograms(), []).missing


def test_only_holds_count_for_rates_and_the_whole_run_for_errors() -> None:
    ramp = replace(seconds(1, holds=False)[0], counts=Counts(failed=2, refused=5, mismatches=1, bytes_in=10**9))
    values = figures(PART, [ramp, *seconds(4)]).values
    assert (values["errors"], values["refused"], values["mismatches"]) == (2, 5, 1)
    assert values["bytes.in"] == pytest.approx(4000)  # 400,000 a second for 100 bots
    assert values["bytes.out"] == pytest.approx(1000)


def test_the_server_is_averaged_over_time_and_memory_is_the_most() -> None:
    one, two = seconds(2)
    one = replace(one, length_s=3.0, server=ServerSecond(cpu=0.2, rss_bytes=100, ticks=60, overruns=3))
    two = replace(two, length_s=1.0, server=ServerSecond(cpu=0.6, rss_bytes=80, ticks=20, overruns=1))
    values = figures(PART, [one, two, replace(two, server=None)]).values
    assert values["server.cpu"] == pytest.approx(0.3)
    assert values["server.rss"] == 100
    assert values["tick.overrun"] == pytest.approx(0.05)


def test_the_generator_is_as_busy_as_its_busiest_three_seconds() -> None:
    busy = [replace(second, generator_cpu=cpu) for second, cpu in zip(seconds(7), (0, 1, 0, 1, 1, 0.7, 0), strict=True)]
    assert busiest_s(busy) == pytest.approx(0.9)
    assert busiest_s(busy[:2]) == pytest.approx(0.5), "a short hold is judged as a whole"
    assert busiest_s([]) is None
