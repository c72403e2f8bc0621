"""`summary.json`: everything about a run, for programs. docs/load.md describes each key; the version changes with them.

Read again by `pelton load compare`: histograms are written whole, so several runs can be merged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from pelton.loadtest.metrics import LATENCIES
from pelton.loadtest.result import Result
from pelton.loadtest.seconds import Histograms, StageResult, merged, spread
from pelton.loadtest.series import Column, columns
from pelton.swarm.histogram import Histogram

__all__ = ["SCHEMA", "BadSummary", "Recorded", "read_summary", "summary", "written_summary"]

SCHEMA = "pelton.load/1"


class BadSummary(Exception):
    """A file is no summary that this version reads."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What another run needs of this one to be compared or merged with it."""

    name: str
    plan_text: str
    environment: Mapping[str, str | int]
    metrics: Mapping[str, float]
    columns: Mapping[str, Column]
    histograms: Histograms


def summary(result: Result) -> dict[str, Any]:
    """The content, made of what JSON knows."""
    plan, verdict = result.plan, result.verdict
    return {
        "schema": SCHEMA,
        "verdict": {"code": int(verdict.code), "word": verdict.word, "reasons": list(verdict.reasons)},
        "started_at": result.started_at,
        "plan": {"file": plan.name, "text": plan.text},
        "url": plan.url,
        "game": plan.game,
        "seed": plan.seed,
        "environment": dict(result.environment),
        "metrics": dict(result.measured.values),
        "missing": dict(result.measured.missing),
        "thresholds": [
            {"text": outcome.threshold.text, "value": outcome.value, "passed": outcome.passed, "reason": outcome.reason}
            for outcome in result.outcomes
        ],
        "errors": [{"text": text, "bots": bots} for text, bots in result.errors.items()],
        "capacity": None if result.capacity is None else asdict(result.capacity),
        "seconds": columns(result.seconds),
        "stages": [_stage(stage) for stage in result.stages],
    }


def written_summary(result: Result) -> str:
    """The file's text: one key a line, so that it can be looked at and yet is small."""
    lines = (f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in summary(result).items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_summary(path: Path) -> Recorded:
    """What was recorded. Raises BadSummary, with the file and the reason."""
    try:
        content: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSummary(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadSummary(f"{path}: is no JSON: {error}") from error
    document = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    found = document.get("schema")
    if found != SCHEMA:
        raise BadSummary(f'{path}: is no summary of pelton load: expected "schema": "{SCHEMA}", got {found!r:.60}')
    try:
        return _recorded(str(path), document)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadSummary(f"{path}: is damaged: {error!r:.200}") from error


def _recorded(name: str, content: Mapping[str, Any]) -> Recorded:
    parts = [{key: _histogram(part) for key, part in stage["histograms"].items()} for stage in content["stages"]]
    lengths = {len(column) for column in content["seconds"].values()}
    if len(lengths) != 1 or "holds" not in content["seconds"]:
        raise ValueError("its seconds have columns of several lengths")
    return Recorded(
        name=name,
        plan_text=str(content["plan"]["text"]),
        environment=dict(content["environment"]),
        metrics={str(key): float(value) for key, value in content["metrics"].items()},
        columns=dict(content["seconds"]),
        histograms=merged(parts),
    )


def _stage(stage: StageResult) -> dict[str, Any]:
    return {
        "name": stage.name,
        "began_s": round(stage.began_s, 3),
        "held_from_s": round(stage.held_from_s, 3),
        "ended_s": round(stage.ended_s, 3),
        "latencies": {name: dict(spread(stage.histograms[name])) for name in LATENCIES},
        "histograms": {name: _written(stage.histograms[name]) for name in LATENCIES},
    }


def _written(histogram: Histogram) -> dict[str, Any]:
    return {"buckets": histogram.written(), "max_s": histogram.max_s, "sum_s": histogram.sum_s}


def _histogram(part: Mapping[str, Any]) -> Histogram:
    return Histogram.read(part["buckets"], part["max_s"], part["sum_s"])
