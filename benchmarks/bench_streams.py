"""Measures the stream core beside a hand-written loop and what else there is in Python.

Fairness, cost per item of a pipeline and of a merge, cost of idle connections, and bounds under a flood. All of it
runs in this process, one thing at a time; README.md says how to read it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, not with -m

from benchmarks.peers import ROOT
from benchmarks.streams_aiostream import aiostream
from benchmarks.streams_fairness import fairness
from benchmarks.streams_flood import flood
from benchmarks.streams_merge import idle, merge
from benchmarks.streams_pipeline import pipeline
from benchmarks.streams_report import Part, lines, verdicts
from benchmarks.streams_timing import LOOP_FACTORY

RESULTS = ROOT / "benchmarks" / "results" / "streams.json"
PIPELINE_ITEMS = 10_000
FLOOD_FRAMES = 200_000
FLOOD_ASLEEP_S = 0.5
QUICK_RUNS = 2
QUICK_FRAMES = 20_000
QUICK_ASLEEP_S = 0.1


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11, help="of everything that is timed")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="PATH")
    parser.add_argument("--check", action="store_true", help="exit 1 unless every target is met")
    parser.add_argument(
        "--quick", action="store_true", help="two runs and a short flood: whether it works, not how fast"
    )
    options = parser.parse_args(words)
    if options.runs < 1:
        parser.error("--runs needs 1 or more")
    if options.quick:
        options.runs = min(options.runs, QUICK_RUNS)
    return options


def parts(options: argparse.Namespace) -> Iterator[Part]:
    """The questions, one after the other."""
    runs = options.runs
    frames, asleep_s = (QUICK_FRAMES, QUICK_ASLEEP_S) if options.quick else (FLOOD_FRAMES, FLOOD_ASLEEP_S)
    questions: tuple[Callable[[], Part], ...] = (
        fairness,
        lambda: pipeline(runs, PIPELINE_ITEMS),
        lambda: merge(runs),
        lambda: idle(runs),
        lambda: flood(max(1, runs // 5), frames, asleep_s),
    )
    for question in questions:
        yield question()


def machine() -> dict[str, str]:
    """What the figures depend on."""
    found = {
        "processor": platform.machine(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "loop": LOOP_FACTORY.__module__.partition(".")[0],
    }
    for package in ("uvloop", "websockets", "aiostream"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def write(path: Path, options: argparse.Namespace, found: Sequence[Part]) -> None:
    """Everything as JSON, for those who compare."""
    document = {
        "machine": machine(),
        "settings": {"runs": options.runs, "quick": options.quick},
        "targets": [{**asdict(target), "verdict": target.verdict} for target in verdicts(found)],
        "parts": {part.key: {row.name: dict(row.figures) for row in part.rows} for part in found},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, write. 1: --check and not every target met."""
    options = arguments(words)
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    if aiostream is None:
        print("aiostream is not installed, so its rows are left out; `make bench-streams` installs it")
    gc.collect()
    gc.freeze()  # what was imported: or every look at the garbage of a run would look at that as well
    found: list[Part] = []
    for part in parts(options):
        print("", *lines(part), sep="\n", flush=True)
        found.append(part)
    targets = verdicts(found)
    print("", *targets, sep="\n")
    write(options.json, options, found)
    print(f"All figures: {options.json}")
    return 1 if options.check and any(target.verdict != "met" for target in targets) else 0


if __name__ == "__main__":
    sys.exit(main())
