"""The load of the stall: some clients stop reading for seconds and come back, and all others go on.

Each of those has a companion that sees the same and never stalls: what the one holds must be what the other held at
that tick. The benchmark runs `python -m benchmarks.state_stall_load`, which prints a Stall as JSON, nothing else.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import selectors
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

from benchmarks.client import Client, LoadError, Tally
from benchmarks.load import DIALECTS, Crowd, connect, probe
from benchmarks.processes import preferred, rss_kib, tree
from benchmarks.state_client import Recorder, Staller
from benchmarks.state_replica import WrongFrame
from benchmarks.state_returns import Cycle, Span, Stall, judge

FIRST_SHIP = 10_001
"""The drones of a Fleet are numbered from here."""


class StallCrowd(Crowd):
    """Some of whom can be made to stop reading; they go on acting."""

    def stall(self, stallers: Sequence[Staller]) -> None:
        """Look at their sockets no more."""
        for staller in stallers:
            self._selector.unregister(staller.sock)

    def come_back(self, stallers: Sequence[Staller]) -> None:
        """Look at them again."""
        for staller in stallers:
            self._selector.register(staller.sock, selectors.EVENT_READ, staller)

    def play(self, seconds: float) -> Span:
        """Go on for so long."""
        began_s = time.monotonic()
        offset_s = time.time() - began_s
        self.play_until(began_s + seconds)
        return Span(began_s, time.monotonic(), offset_s)


def measure(options: argparse.Namespace) -> Stall:
    """Connect, warm up, stall and return as often as asked, then look at what came."""
    probe(options.port, DIALECTS["pelton"])
    pids = tree(options.server_pid)
    pairs = max(1, options.clients // 10)
    kinds: list[type[Client]] = [*[Staller] * pairs, *[Recorder] * pairs, *[Client] * (options.clients - 2 * pairs)]
    clients = connect(options.port, DIALECTS["pelton"], kinds, tally := Tally())
    recorders = [client for client in clients if isinstance(client, Recorder)]
    for number, recorder in enumerate(recorders):
        recorder.look_through(FIRST_SHIP + number % pairs)
    stallers = [client for client in recorders if isinstance(client, Staller)]
    crowd = StallCrowd(clients, tally, options.actions_hz)
    found = Stall(options.clients, options.stalled and len(stallers))
    gc.disable()  # nothing here makes cycles, and a pause would look like the server's
    crowd.play(options.warmup)
    began_s, own_s = time.monotonic(), time.process_time()
    for _ in range(options.cycles):
        cycle(options, crowd, stallers if options.stalled else [], pids, found)
    found.load_cpu_share = (time.process_time() - own_s) / (time.monotonic() - began_s)
    found.closed = tally.closed
    for client in clients:
        client.sock.close()
    judge(found, stallers, recorders[pairs:])
    return found


def cycle(
    options: argparse.Namespace, crowd: StallCrowd, stallers: Sequence[Staller], pids: Sequence[int], found: Stall
) -> None:
    """As usual, stalled, back again."""
    before = crowd.play(options.before)
    found.before_kib.append(rss_kib(pids))
    crowd.stall(stallers)
    during = crowd.play(options.during)
    found.stalled_kib.append(rss_kib(pids))
    crowd.come_back(stallers)
    found.cycles.append(Cycle(before, during, crowd.play(options.after)))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="state_stall_load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--server-pid", type=int, required=True)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--actions-hz", type=float, default=4)
    parser.add_argument("--stalled", type=int, choices=(0, 1), default=1, help="0: nobody stalls, to compare with")
    parser.add_argument("--cycles", type=int, default=3)
    for name in ("warmup", "before", "during", "after"):
        parser.add_argument(f"--{name}", type=float, required=True, help="seconds")
    return parser.parse_args()


if __name__ == "__main__":
    preferred(os.getpid())
    try:
        stall = measure(arguments())
    except (LoadError, OSError, WrongFrame) as error:
        sys.exit(f"load: {error}")
    print(json.dumps(asdict(stall)))
