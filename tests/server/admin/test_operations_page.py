"""docs/operations.md tells what the admin port has: every path, key and metric, and no metric more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pelton.server.admin.prometheus import exposition
from pelton.server.admin.stats import stats
from pelton.server.tick_times import BOUNDS_NS
from tests.server.admin.exposition import read
from tests.server.admin.watch import watched
from tests.server.stage import Stage

DOCS = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return DOCS.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def keys(value: object) -> Iterator[str]:
    """Of an object and all inside, but not the counters, which the page leaves to the source."""
    match value:
        case dict():
            for key, inner in value.items():
                yield str(key)
                if key != "metrics":
                    yield from keys(inner)
        case list():
            for inner in value:
                yield from keys(inner)
        case _:
            pass


def test_every_key_of_stats_is_told() -> None:
    stage = Stage()
    stage.player()
    told = set(re.findall(r"`(\w+)`", section("`/stats`")))
    assert set(keys(stats(watched(stage)))) - told == set()


def test_the_metrics_told_are_those_that_there_are() -> None:
    table = re.findall(r"^\| (`.+?) \| (counter|gauge|histogram) \|", section("`/metrics`"), re.MULTILINE)
    told = {name: kind for names, kind in table for name in re.findall(r"`(\w+)", names)}
    assert told == {name: family.kind for name, family in read(exposition(watched(Stage()))).items()}


def test_the_bounds_of_the_histogram_are_told() -> None:
    *most, last = [f"{ns / 1e6:,g}" for ns in BOUNDS_NS]
    assert f"buckets end at {', '.join(most)} and {last} ms" in DOCS
