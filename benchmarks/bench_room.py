"""Measures Pelton's main job, a full room, beside a naive server and the practical lower limit.

Starts each server as a process on one core and the load on another, one pair at a time, and prints
one table. CPU is what the operating system says the server ran; README.md says how to read it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, not with -m

from benchmarks.measurement import Measurement
from benchmarks.peers import ARENA, PEERS, ROOT, SINK, Peer, PeerMissing, Workload, build_floor
from benchmarks.processes import Server, ServerError, output_of
from benchmarks.report import TARGET_CLIENTS, TARGETS, Row, Run, rows, table, verdict

LOAD_START_TIMEOUT_S = 60.0
RESULTS = ROOT / "benchmarks" / "results" / "room.json"


class Bench:
    """The whole measurement: which peers, in which order, on which cores."""

    def __init__(self, options: argparse.Namespace, peers: Sequence[Peer], floor: Path) -> None:
        self.options = options
        self.peers = peers
        self.floor = floor
        self.server_cpu, self.load_cpu = sorted(os.sched_getaffinity(0))[:2]

    def runs(self) -> Iterator[Run]:
        """Every peer, A to Z and then Z to A, so that a drift of the machine hits all alike."""
        for number in range(1, self.options.runs + 1):
            order = self.peers if number % 2 else self.peers[::-1]
            for clients in self.options.clients:
                for peer in order:
                    yield self._run(number, peer, clients, ARENA)
            if self.options.sink:
                for peer in order:
                    yield self._run(number, peer, max(self.options.clients), SINK)

    def _run(self, number: int, peer: Peer, clients: int, workload: Workload) -> Run:
        name = peer.name, workload.name, number, clients
        command = peer.command(workload, self.floor)
        try:
            with Server(command, peer.environment(), self.server_cpu) as server:
                return Run(*name, self._load(server, peer, clients, workload))
        except ServerError as error:
            return Run(*name, failure=str(error))

    def _load(self, server: Server, peer: Peer, clients: int, workload: Workload) -> Measurement:
        options: dict[str, object] = {
            "port": server.port,
            "server-pid": server.pid,
            "dialect": peer.dialect,
            "clients": clients,
            "tick-hz": workload.tick_hz,
            "warmup": self.options.warmup,
            "window": self.options.window,
        }
        timeout_s = self.options.warmup + self.options.window + LOAD_START_TIMEOUT_S
        try:
            output = output_of("benchmarks.load", options, ROOT, self.load_cpu, timeout_s)
        except ServerError as error:
            raise ServerError(f"{error}; the server's log: {server.last_words()}") from None
        return Measurement(**json.loads(output))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peers", nargs="+", choices=names, default=names, metavar="PEER")
    parser.add_argument("--clients", nargs="+", type=int, default=[50, 100, 200], metavar="N")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--warmup", type=float, default=3.0, help="seconds")
    parser.add_argument("--window", type=float, default=8.0, help="seconds")
    parser.add_argument("--no-sink", dest="sink", action="store_false", help="leave out us/act")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="PATH")
    parser.add_argument("--check", action="store_true", help="exit 1 unless every target is met")
    return parser.parse_args()


def machine() -> dict[str, str]:
    """What the figures depend on."""
    cpu_lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line for line in cpu_lines if line.startswith("model name")), ": unknown")
    found = {
        "cpu": model.partition(": ")[2],
        "cores": str(os.cpu_count()),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
    for package in ("websockets", "uvloop", "msgpack", "msgspec"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def available(names: Sequence[str], folder: Path) -> list[Peer]:
    """The chosen peers without those that cannot run here; says which and why."""
    peers = [peer for peer in PEERS if peer.name in names]
    try:
        if any(peer.kind == "floor" for peer in peers):
            build_floor(folder)
    except PeerMissing as problem:
        print(f"floor and floor-polled are left out: {problem}")
        peers = [peer for peer in peers if peer.kind != "floor"]
    return peers


def progress(run: Run) -> str:
    """One line on how a run went."""
    cost = f"{run.cost_us:7.1f} us  " if run.measurement else ""
    problems = "; ".join(run.problems())
    return f"run {run.number}  {run.workload:5}  N={run.clients:<4} {run.peer:10} {cost}{problems}"


def write(path: Path, options: argparse.Namespace, runs: Sequence[Run], found: Sequence[Row]) -> None:
    """Everything as JSON, for those who compare."""
    targets = [(target, *verdict(target, found)) for target in TARGETS]
    document = {
        "machine": machine(),
        "settings": {key: value for key, value in vars(options).items() if key != "json"},
        "targets": [
            {**asdict(target), "clients": TARGET_CLIENTS, "verdict": word, "ratio": ratio}
            for target, word, ratio in targets
        ],
        "rows": [{**asdict(row), "delivery_us": row.delivery_us} for row in found],
        "runs": [{**asdict(run), "problems": run.problems()} for run in runs],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")


def measure_all(options: argparse.Namespace) -> tuple[list[Run], bool]:
    """All runs, or those that were through at Ctrl-C, and whether it was pressed."""
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            peers = available(options.peers, Path(folder))
            for run in Bench(options, peers, Path(folder) / "floor").runs():
                print(progress(run), flush=True)
                runs.append(run)
        except KeyboardInterrupt:
            return runs, True
    return runs, False


def main() -> int:
    """Measure, print, write. 1: --check and not every target met, 2: cannot run here."""
    options = arguments()
    if sys.platform != "linux":
        print("bench_room.py needs Linux: it reads CPU times from /proc and pins processes")
        return 2
    if len(os.sched_getaffinity(0)) < 2:
        print("bench_room.py needs two cores: one for the server, one for the load")
        return 2
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))  # ends servers, too
    runs, interrupted = measure_all(options)
    found = rows(runs)
    print("", *table(found), "", sep="\n")
    verdicts = [(target, *verdict(target, found)) for target in TARGETS]
    for target, word, ratio in verdicts:
        measured = "" if ratio is None else f" ({ratio:.2f}x)"
        print(
            f"{target.peer} at most {target.ratio_max:.2f}x the CPU of {target.against} "
            f"at N={TARGET_CLIENTS}: {word}{measured}"
        )
    if interrupted:
        return 130
    write(options.json, options, runs, found)
    print(f"All figures: {options.json}")
    return 1 if options.check and any(word != "met" for _, word, _ in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
