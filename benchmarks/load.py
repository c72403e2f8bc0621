"""The load: N players in one process on a core of its own, each acting R times a second.

Sockets are swept on a beat, so that receiving is cheap; actions go out one by one, evenly spread.
bench_room.py runs `python -m benchmarks.load`, which prints a Measurement as JSON, nothing else.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import selectors
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from benchmarks.client import PELTON, PLAIN, Client, Dialect, LoadError, Tally, Witness
from benchmarks.measurement import Measurement
from benchmarks.processes import CpuTime, cpu_time, preferred, rss_kib, tree
from benchmarks.state_client import AckWitness

DIALECTS = {"pelton": PELTON, "plain": PLAIN}
WITNESS_KINDS = {"seqs": Witness, "acks": AckWitness}
SWEEP_S = 0.002
BATCH = 50  # connections opened at a time: less than any server's backlog
WITNESSES = 8
STEP_MAX = 9
PROBE_STATES = 3


def connect(port: int, dialect: Dialect, kinds: Sequence[type[Client]], tally: Tally) -> list[Client]:
    """Bring clients in, a batch at a time, each step for all of a batch before the next."""
    clients: list[Client] = []
    for first in range(0, len(kinds), BATCH):
        batch = [kind(port, tally) for kind in kinds[first : first + BATCH]]
        accepts = [client.ask_upgrade(dialect.subprotocol) for client in batch]
        for client, accept in zip(batch, accepts, strict=True):
            client.await_upgrade(accept)
        for message, answer in dialect.greeting:
            for client in batch:
                client.send(message)
            for client in batch:
                client.await_message(answer)
        clients += batch
    return clients


def probe(port: int, dialect: Dialect) -> None:
    """Play a moment alone: what a server makes at its first player is not per connection."""
    [client] = connect(port, dialect, [Client], tally := Tally())
    client.act(0, 0)
    while tally.deliveries < PROBE_STATES:
        if not client.receive():
            raise LoadError("connection closed before the first states came")
    client.goodbye()


class Crowd:
    """All clients, and their plan."""

    def __init__(self, clients: Sequence[Client], tally: Tally, actions_hz: float) -> None:
        self.tally = tally
        self.clients = clients
        self.witnesses = [client for client in clients if isinstance(client, Witness)]
        self.late_s: list[float] = []
        """Of each action, how long after its time it was sent."""
        self._selector = selectors.DefaultSelector()
        for client in clients:
            client.sock.setblocking(False)
            self._selector.register(client.sock, selectors.EVENT_READ, client)
        self._gap_s = 1 / (actions_hz * len(clients))
        self._next_action_s = self._next_sweep_s = time.monotonic()
        self._turn = 0
        self._random = random.Random(7)  # the same steps for every server

    def play_until(self, end_s: float) -> None:
        """Send what is due, look at the sockets when it is time, sleep in between."""
        while (now_s := time.monotonic()) < end_s:
            if now_s >= self._next_sweep_s:
                self._sweep()
                self._next_sweep_s = now_s + SWEEP_S
            self._act(now_s)
            wake_s = min(self._next_action_s, self._next_sweep_s, end_s)
            if (pause_s := wake_s - time.monotonic()) > 0:
                time.sleep(pause_s)

    def applied(self) -> int:
        """Actions of all players that show at the witnesses: one sees them all, or each sees its own."""
        first = self.witnesses[0]
        if not isinstance(first, AckWitness):
            return first.actions_applied()
        shown = sum(witness.actions_applied() for witness in self.witnesses)
        return shown * len(self.clients) // len(self.witnesses)

    def forget(self) -> None:
        """Drop what was noted of the warm-up."""
        self.late_s.clear()
        for witness in self.witnesses:
            witness.arrivals.clear()

    def _act(self, now_s: float) -> None:
        step = self._random.randint
        while self._next_action_s <= now_s:
            self.clients[self._turn].act(step(-STEP_MAX, STEP_MAX), step(-STEP_MAX, STEP_MAX))
            self._turn = (self._turn + 1) % len(self.clients)
            self.late_s.append(now_s - self._next_action_s)
            self._next_action_s += self._gap_s

    def _sweep(self) -> None:
        for key, _ in self._selector.select(0):
            client: Client = key.data
            if not client.receive():
                self._selector.unregister(client.sock)
                self.tally.closed += 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All counters at one edge of the window."""

    at_s: float
    server: CpuTime
    own_s: float
    tally: Tally
    applied: int


def snapshot(pids: Sequence[int], crowd: Crowd) -> Snapshot:
    """Read them, the server's first."""
    at_s, server = time.monotonic(), cpu_time(pids)
    return Snapshot(at_s, server, time.process_time(), replace(crowd.tally), crowd.applied())


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all does not exceed; 0 of nothing."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def lateness_s(witnesses: Sequence[Witness], tick_hz: float) -> list[float]:
    """Of each tick at each witness: how much later than on an ideal beat, the earliest one at 0."""
    late: list[float] = []
    for witness in witnesses:
        off_beat = [came_s - tick / tick_hz for tick, came_s in witness.arrivals]
        late += [off - min(off_beat) for off in off_beat]
    return late


def enter(options: argparse.Namespace) -> Crowd:
    """Bring the crowd in, some of them witnesses."""
    every = max(1, options.clients // WITNESSES)
    kinds = [Client if i % every else WITNESS_KINDS[options.witness] for i in range(options.clients)]
    clients = connect(options.port, DIALECTS[options.dialect], kinds, tally := Tally())
    return Crowd(clients, tally, options.actions_hz)


def measure(options: argparse.Namespace) -> Measurement:
    """Connect, warm up, measure."""
    probe(options.port, DIALECTS[options.dialect])
    pids = tree(options.server_pid)
    before_kib = rss_kib(pids)
    crowd = enter(options)
    gc.disable()  # nothing here makes cycles, and a pause would look like the server's
    crowd.play_until(time.monotonic() + options.warmup)
    crowd.forget()
    begin = snapshot(pids, crowd)
    crowd.play_until(begin.at_s + options.window)
    end = snapshot(pids, crowd)
    return summary(options, crowd, begin, end, (before_kib, rss_kib(pids)))


def summary(
    options: argparse.Namespace, crowd: Crowd, begin: Snapshot, end: Snapshot, rss: tuple[int, int]
) -> Measurement:
    """The window in figures. `rss`: before the players came, and at the end."""
    count, window_s = len(crowd.clients), end.at_s - begin.at_s
    deliveries = end.tally.deliveries - begin.tally.deliveries
    delivery_bytes = end.tally.delivery_bytes - begin.tally.delivery_bytes
    late_s = lateness_s(crowd.witnesses, options.tick_hz)
    return Measurement(
        clients=count,
        tick_hz=options.tick_hz,
        window_s=window_s,
        deliveries=deliveries,
        deliveries_expected=round(count * options.tick_hz * window_s),
        delivery_bytes=delivery_bytes / max(1, deliveries),
        actions_sent=end.tally.actions - begin.tally.actions,
        actions_applied=end.applied - begin.applied,
        actions_blocked=end.tally.actions_blocked - begin.tally.actions_blocked,
        server_cpu_ns=end.server.ran_ns - begin.server.ran_ns,
        server_waited_ns=end.server.waited_ns - begin.server.waited_ns,
        connection_kib=(rss[1] - rss[0]) / count,
        rss_kib=rss[1],
        began_s=begin.at_s,
        late_p50_ms=percentile(late_s, 0.5) * 1000,
        late_p99_ms=percentile(late_s, 0.99) * 1000,
        send_late_p99_ms=percentile(crowd.late_s, 0.99) * 1000,
        load_cpu_share=(end.own_s - begin.own_s) / window_s,
        refused=sum(witness.refused for witness in crowd.witnesses),
        others=end.tally.others,
        closed=end.tally.closed,
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--server-pid", type=int, required=True)
    parser.add_argument("--dialect", choices=DIALECTS, required=True)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--tick-hz", type=float, default=20, help="as the server has it")
    parser.add_argument("--actions-hz", type=float, default=20, help="of each client")
    parser.add_argument("--witness", choices=WITNESS_KINDS, default="seqs", help="how actions are seen to be applied")
    parser.add_argument("--warmup", type=float, default=3, help="seconds")
    parser.add_argument("--window", type=float, default=8, help="seconds")
    return parser.parse_args()


if __name__ == "__main__":
    preferred(os.getpid())
    try:
        measurement = measure(arguments())
    except (LoadError, OSError) as error:
        sys.exit(f"load: {error}")
    print(json.dumps(asdict(measurement)))
