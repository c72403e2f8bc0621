"""Measures what it costs to keep clients' state right, beside packing all that each of them sees.

Rooms in which everything moves, a crowd on a grid, many rows that hardly change, and clients that stall and come back:
first the encoding alone, in this process, then whole servers as processes. README.md says how to read it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, not with -m

from benchmarks.peers import ROOT
from benchmarks.state_encode import encode
from benchmarks.state_live import LIVES, Window, live
from benchmarks.state_stall import Pace, stall
from benchmarks.state_still import still
from benchmarks.streams_report import Part, Target, lines, verdicts

RESULTS = ROOT / "benchmarks" / "results" / "state.json"
ROOMS = ("a", "b", "c", "d")
TICKS = 200  # two rounds of digests
QUICK_TICKS = 8
WINDOW, QUICK_WINDOW = Window(3.0, 8.0), Window(0.5, 1.0)
PACE = Pace(clients=200, warmup=3.0, before=6.0, during=6.0, after=2.0, cycles=3)
QUICK_PACE = Pace(clients=20, warmup=0.5, before=0.5, during=4.0, after=0.5, cycles=1)
QUICK_SHARE = 10  # the part of a crowd that comes


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=ROOMS, default=ROOMS, metavar="PART", help=" ".join(ROOMS))
    parser.add_argument("--runs", type=int, default=3, help="of everything")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="PATH")
    parser.add_argument("--check", action="store_true", help="exit 1 unless every target is met")
    parser.add_argument(
        "--quick", action="store_true", help="one short run with a tenth of the clients: whether it works"
    )
    options = parser.parse_args(words)
    if options.runs < 1:
        parser.error("--runs needs 1 or more")
    if options.quick:
        options.runs = 1
    return options


def parts(options: argparse.Namespace) -> Iterator[Part]:
    """The tables, one after the other."""
    keys, runs, quick = options.parts, options.runs, options.quick
    share = QUICK_SHARE if quick else 1
    if rooms := [room.crowded(share) for room in LIVES if room.key in keys]:
        yield encode(keys, runs, QUICK_TICKS if quick else TICKS, share)
    if "c" in keys:
        yield still(runs, QUICK_TICKS if quick else TICKS)
    if rooms:
        yield live(rooms, runs, QUICK_WINDOW if quick else WINDOW)
    if "d" in keys:
        yield stall(runs, QUICK_PACE if quick else PACE)


def machine() -> dict[str, str]:
    """What the figures depend on."""
    found = {
        "processor": platform.machine(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
    }
    for package in ("numpy", "msgpack", "msgspec", "uvloop"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def write(path: Path, options: argparse.Namespace, found: Sequence[Part], targets: Sequence[Target]) -> None:
    """Everything as JSON, for those who compare."""
    document = {
        "machine": machine(),
        "settings": {"parts": options.parts, "runs": options.runs, "quick": options.quick},
        "targets": [{**asdict(target), "verdict": target.verdict} for target in targets],
        "parts": {part.key: {row.name: dict(row.figures) for row in part.rows} for part in found},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, write. 1: --check and not every target met, 2: cannot run here."""
    options = arguments(words)
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        print("bench_state.py needs Linux and two cores: one for the server, one for the load")
        return 2
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    if options.quick:
        print("a tenth of the clients, one short run: these figures say that it works, not how fast")
    found: list[Part] = []
    for part in parts(options):
        print("", *lines(part), sep="\n", flush=True)
        found.append(part)
    targets = verdicts(found)
    if options.quick:
        targets = [replace(target, measured=None) for target in targets]
    print("", *targets, sep="\n")
    write(options.json, options, found, targets)
    print(f"All figures: {options.json}")
    return 1 if options.check and any(target.verdict != "met" for target in targets) else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))  # ends servers, too
    sys.exit(main())
