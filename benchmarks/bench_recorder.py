"""Measures what the flight recorder costs: CPU of a server with it on against off, in one run of one process.

The server turns it on and off three times a second (recorder_server.py); the figures are the CPU time of its process,
divided by the frames that it sent. README.md says how to read them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, not with -m

from benchmarks.peers import ROOT, pelton_environment
from benchmarks.processes import Server, output_of

SHARE_MAX = 0.03
TICK_HZ = 20
LOAD_START_TIMEOUT_S = 60.0
SLICES_AT_EDGES = 8
"""At the beginning and at the end, while players come and go."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one workload."""

    name: str
    on_us: float
    """CPU for a frame and an action, of the quickest quarter: what others do on the machine only makes it more."""
    off_us: float
    shares: tuple[float, ...]
    """Of each half with it, and the one without it next to it, what it took more."""

    @property
    def share(self) -> float:
        """What it takes more."""
        return self.on_us / self.off_us - 1

    @property
    def middle(self) -> float:
        """The same by another way: from neighbour to neighbour, the middle one."""
        return median(self.shares)

    @property
    def error(self) -> float:
        """How far off that may be, one standard error."""
        low, _, high = quantiles(self.shares, n=4)
        return (high - low) / math.sqrt(len(self.shares))


def cost_of(name: str, slices: Sequence[tuple[bool, int, int, int]], frames_min: int) -> Cost:
    """Pairs of neighbours; slices in which too few frames went out, as nobody was there, are left out."""
    inner = slices[SLICES_AT_EDGES:-SLICES_AT_EDGES]
    figures = [(is_on, cpu_ns / frames / 1000) if frames >= frames_min else None for is_on, cpu_ns, _, frames in inner]
    shares: list[float] = []
    for one, other in pairwise(figures):
        if one is not None and other is not None:
            on, off = (one[1], other[1]) if one[0] else (other[1], one[1])
            shares.append(on / off - 1)
    by_state = {state: [figure[1] for figure in figures if figure and figure[0] is state] for state in (True, False)}
    on_us, off_us = (quantiles(by_state[state], n=4)[0] for state in (True, False))
    return Cost(name, on_us, off_us, tuple(shares))


def measure(options: argparse.Namespace, name: str, folder: Path) -> Cost:
    """One server, one load."""
    server_cpu, load_cpu = sorted(os.sched_getaffinity(0))[:2]
    result = folder / f"{name}.json"
    command = [sys.executable, "-m", "benchmarks.recorder_server", "--result", str(result)]
    if name == "rooms":
        command.append("--rooms")
    environment = pelton_environment()
    environment["PYTHONPATH"] = f"{ROOT}:{environment['PYTHONPATH']}"
    with Server(command, environment, server_cpu) as server:
        load: dict[str, object] = {
            "port": server.port,
            "server-pid": server.pid,
            "dialect": "pelton",
            "clients": options.clients,
            "tick-hz": TICK_HZ,
            "warmup": 2.0,
            "window": options.window,
        }
        output_of("benchmarks.load", load, ROOT, load_cpu, options.window + LOAD_START_TIMEOUT_S)
    slices = [(bool(is_on), cpu, ticks, frames) for is_on, cpu, ticks, frames in json.loads(result.read_text())]
    return cost_of(name, slices, frames_min=options.clients * TICK_HZ // 8)


def main() -> int:
    """Measure and print. 1: --check and it took too much, 2: cannot run here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--window", type=float, default=30.0, help="seconds")
    parser.add_argument("--workloads", nargs="+", choices=("room", "rooms"), default=["room", "rooms"])
    parser.add_argument("--check", action="store_true", help=f"exit 1 if one takes more than {SHARE_MAX:.0%}")
    options = parser.parse_args()
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        print("bench_recorder.py needs Linux and two cores: one for the server, one for the load")
        return 2
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))  # ends the server, too
    print(f"{'workload':8} {'off':>9} {'on':>9} {'more':>7}   by pairs")
    with tempfile.TemporaryDirectory() as folder:
        costs = [measure(options, name, Path(folder)) for name in options.workloads]
    for cost in costs:
        figures = f"{cost.name:8} {cost.off_us:6.1f} us {cost.on_us:6.1f} us {cost.share:+7.1%}"
        print(f"{figures}   {cost.middle:+.1%}, give or take {cost.error:.1%}")
    return 1 if options.check and any(cost.share > SHARE_MAX for cost in costs) else 0


if __name__ == "__main__":
    sys.exit(main())
