"""Measures what bots cost: how many one process drives at 20 Hz in and out, and how fast worlds are simulated.

A server on one core, the swarm on the other; README.md says how to read it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, not with -m

from benchmarks.peers import ROOT
from benchmarks.processes import Server, ServerError, on_cpu

RESULTS = ROOT / "benchmarks" / "results" / "swarm.json"
BOTS_TARGET, SPEED_TARGET = 1500, 20.0
CPU_MAX, SEND_LATE_MAX_MS, CAME_MIN = 0.9, 10.0, 0.98
HOPELESS_MS = 100.0
TICK_HZ = 20
SECONDS_PER_BOT = 1 / 150
TIMEOUT_S = 180


@dataclass(frozen=True, slots=True)
class Drive:
    """One process that drives so many bots."""

    bots: int
    cpu: float
    """Share of its core."""
    pair_us: float
    """CPU time for a frame and an action."""
    send_late_p99_ms: float
    came: float
    """Frames that came, of those expected."""
    ack_p99_ms: float

    @property
    def saturated(self) -> bool:
        """Whether it measured itself."""
        return self.cpu > CPU_MAX or self.send_late_p99_ms > SEND_LATE_MAX_MS or self.came < CAME_MIN


def drive(bots: int, duration_s: float) -> Drive:
    """Let one process play so many bots, each acting 20 times a second by an open loop, in rooms of 50."""
    environment = {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pelton.server", "--port", "0", "--set", "games.hall=benchmarks.swarm_game:Hall"]
    command += ["--set", "log.level=error", "--set", "admin.port=-1"]
    with Server(command, environment, cpu=0) as server, on_cpu(1):
        arguments = [
            "--url",
            f"ws://127.0.0.1:{server.port}/",
            "--game",
            "hall",
            "--behaviour",
            "benchmarks.swarm_bots:mover",
        ]
        arguments += ["-n", str(bots), "--ramp", str(bots * SECONDS_PER_BOT), "--duration", str(duration_s), "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "pelton.swarm", *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    try:
        summary = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise ServerError(done.stderr.strip() or "the swarm said nothing") from None
    cpu = summary["cpu_s"] / summary["played_s"]
    return Drive(
        bots=bots,
        cpu=cpu,
        pair_us=1e6 * cpu / (bots * TICK_HZ),
        send_late_p99_ms=summary["send_late_ms"]["p99"] or 0.0,
        came=summary["frames"]["received"] / max(1, summary["frames"]["expected"]),
        ack_p99_ms=summary["input_to_ack_ms"]["p99"] or 0.0,
    )


def simulated(bots: int, seconds: float) -> float:
    """How many times as fast as real time the arena is simulated."""
    arguments = ["pelton.games.arena:Arena", "--bots", str(bots), "--seconds", str(seconds), "--seed", "42", "--json"]
    with on_cpu(1):
        done = subprocess.run(
            [str(Path(sys.executable).with_name("pelton")), "simulate", *arguments],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=True,
        )
    speed: float = json.loads(done.stdout)["times_as_fast"]
    return speed


def lines(drives: Sequence[Drive], speeds: dict[int, float]) -> Iterator[str]:
    """The report."""
    yield "one process drives, 20 Hz in and out, rooms of 50"
    yield "   bots   core  us/frame+act  send late p99   came  ack p99"
    for row in drives:
        verdict = "saturated" if row.saturated else ""
        # Who is so late has not done what he was meant to, so there is nothing to divide by.
        pair = "-" if row.send_late_p99_ms > HOPELESS_MS else f"{row.pair_us:.1f}"
        yield (
            f"  {row.bots:5} {row.cpu:6.0%} {pair:>13} {row.send_late_p99_ms:11.1f} ms"
            f" {row.came:6.1%} {row.ack_p99_ms:5.0f} ms  {verdict}"
        )
    most = max((row.bots for row in drives if not row.saturated), default=0)
    yield f"{'met' if most >= BOTS_TARGET else 'missed'}: {BOTS_TARGET} bots without saturating; {most} here"
    for bots, speed in speeds.items():
        yield f"the arena with {bots} bots is simulated {speed:.1f} times as fast as real time"
    speed = speeds.get(100, 0.0)
    yield f"{'met' if speed >= SPEED_TARGET else 'missed'}: {SPEED_TARGET:.0f} times with 100 bots; {speed:.1f} here"


def main() -> int:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bots", type=int, nargs="+", default=[500, 1000, BOTS_TARGET])
    parser.add_argument("--duration", type=float, default=8.0, help="seconds, once all are in")
    parser.add_argument("--seconds", type=float, default=30.0, help="of virtual time")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="PATH")
    options = parser.parse_args()
    drives = [drive(bots, options.duration) for bots in options.bots]
    speeds = {bots: simulated(bots, options.seconds) for bots in (10, 100)}
    print("\n".join(lines(drives, speeds)))
    options.json.parent.mkdir(exist_ok=True)
    results = {"drives": [asdict(row) for row in drives], "times_as_fast": speeds}
    options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
