"""The page about bad networks, as it stands there: its Python runs, and its tables say what the code says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from pelton.netsim import PRESETS, Conditions
from tests.end_to_end.conftest import RunningServer, StartServer, start_server
from tests.examples.reading import ROOT, fences

__all__ = ["start_server"]

PAGE = (ROOT / "docs" / "network.md").read_text(encoding="utf-8")


@pytest.fixture
def server(start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server()
    yield running
    running.stop()


async def test_the_python_of_the_page_runs_in_the_order_of_the_page(server: RunningServer) -> None:
    codes = [text for kind, text in fences(PAGE) if kind == "python"]
    assert len(codes) == 3
    names: dict[str, Any] = {}
    for code in codes:
        exec(compile(code, "docs/network.md", "exec"), names)  # noqa: S102 - our own page
    assert await names["play"](server.url) >= 0.030


def test_the_page_tells_of_every_field() -> None:
    table = PAGE.partition("## What is modelled")[2].partition("## Presets")[0]
    told = {name for row in re.findall(r"^\|([^|]*)\|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert told == {field.name for field in fields(Conditions)}


def test_the_page_tells_the_figures_of_every_preset() -> None:
    rows = {
        cells[0].strip("`"): cells[1:]
        for line in re.findall(r"^\| (`.*) \|$", PAGE.partition("## Presets")[2].partition("Where")[0], re.MULTILINE)
        if (cells := [cell.strip() for cell in line.split("|")])
    }
    assert list(rows) == list(PRESETS)
    for name, (delay, rates, loss, freezes, ends) in rows.items():
        preset = PRESETS[name]
        assert delay == f"{preset.latency_ms:g} + {preset.jitter_ms:g} ms"
        assert kbit_s(rates) == [preset.up_kbit_s, preset.down_kbit_s]
        assert loss == (f"{100 * preset.loss:g} %" if preset.loss else "")
        frozen = re.fullmatch(r"([\d.]+) (ms|s) every (\d+) s", freezes)
        lasts_ms = float(frozen[1]) * (1000 if frozen[2] == "s" else 1) if frozen else 0
        assert (lasts_ms, float(frozen[3]) if frozen else 0) == (preset.freeze_ms, preset.freeze_every_s)
        said = {kind: float(every) for kind, every in re.findall(r"(reset|half-open) every (\d+) s", ends)}
        assert said.get("reset", 0) == preset.reset_every_s
        assert said.get("half-open", 0) == preset.half_open_every_s


def kbit_s(rates: str) -> list[float]:
    """Both rates of a cell; one stands for both."""
    unit = {"kbit/s": 1, "Mbit/s": 1000, "Gbit/s": 1_000_000}[rates.rpartition(" ")[2]]
    numbers = [float(number.replace(",", "")) * unit for number in re.findall(r"[\d,]*\d", rates)]
    return numbers * 2 if len(numbers) == 1 else numbers
