"""The bots of one process: those that are kept alive, and those that come by themselves and stay for a session.

Drives the swarm's crowds and turns their tally into shares, one a second. Judges nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from pelton.client.dial import Dial, dial_tcp
from pelton.loadtest.plan import Network, Plan
from pelton.loadtest.seconds import Counts, Share
from pelton.netsim import Uplink, dial_through, parse
from pelton.swarm.behaviour import BadBehaviour, find_behaviour
from pelton.swarm.behaviours import BY_GAME
from pelton.swarm.crowd import Crowd
from pelton.swarm.histogram import Histogram
from pelton.swarm.mix import Mix
from pelton.swarm.plan import Plan as SwarmPlan
from pelton.swarm.population import Session
from pelton.swarm.swept import SweptLines
from pelton.swarm.tally import Snapshot, Tally
from pelton.swarm.turns import Turns

__all__ = ["Troupe", "dials", "mix_of", "swarm_plan"]

HISTOGRAMS: Mapping[str, str] = {
    "ack": "input_to_ack",
    "seen": "input_to_seen",
    "age": "state_age",
    "stall": "stalls",
    "send_late": "send_late",
}
"""What the swarm's tally calls each latency."""
LATENESS_PAUSE_S = (0.005, 0.015)
"""Random, since a beat would always fall on the same place between two ticks."""


class Troupe:
    """All bots of part `part` of `parts`. Its crowds are tasks of `group`, which ends when each has ended."""

    def __init__(self, plan: Plan, part: int, parts: int, group: asyncio.TaskGroup) -> None:
        self._plan = replace(swarm_plan(plan), part=part, parts=parts)
        self._turns = Turns()
        self._dial_for = dials(plan.net, plan.seed, SweptLines(self._turns).dial)
        self._group = group
        self._tally = Tally()
        self._before = self._tally.snapshot()
        self._looked_s, self._cpu_s = time.monotonic(), time.process_time()
        self._alive = self._failures = self._violations = 0
        self._closed: Crowd | None = None
        self._open: Crowd | None = None
        self._crowds: dict[Crowd, asyncio.Task[None]] = {}
        self._sessions = 0
        self._late = Histogram()
        """By how much this process woke too late, at random moments: who answers frames has no time of its own."""
        self._ended = asyncio.Event()
        group.create_task(self._watch_lateness(), name="lateness")

    def aim(self, bots: int, over_s: float) -> None:
        """Keep so many alive, in all processes together."""
        if self._closed is None or self._crowds[self._closed].done():
            self._closed = self._enter(self._plan)
        self._closed.aim(bots, over_s)

    def arrivals(self, per_s: float, session_s: float) -> None:
        """Let so many a second come, in all processes together; 0 ends it. Who is there stays for its session."""
        if self._open is not None:
            self._open.arrivals(0.0)
            self._open = None
        if per_s:
            self._sessions += 1
            session = Session(session_s, "fixed")
            self._open = self._enter(replace(self._plan, session=session, seed=self._plan.seed + self._sessions))
            self._open.arrivals(per_s)

    def end(self) -> None:
        """Let everybody leave."""
        self._ended.set()
        for crowd in self._crowds:
            crowd.dismiss()

    async def share(self) -> Share:
        """What was measured since the last time. Bots have their turn in between: nobody shall wait for the sums."""
        snapshot, before = self._tally.snapshot(), self._before
        self._before = snapshot
        now_s, cpu_s, alive = time.monotonic(), time.process_time(), sum(crowd.alive for crowd in self._crowds)
        counts, errors, trace = self._counts(snapshot, before, alive), self._errors(), self._trace()
        cpu = (cpu_s - self._cpu_s) / max(1e-9, now_s - self._looked_s)
        self._looked_s, self._cpu_s, self._alive = now_s, cpu_s, alive
        found: dict[str, Histogram] = {}
        for name, theirs in HISTOGRAMS.items():
            found[name] = snapshot.histograms[theirs].since(before.histograms[theirs])
            await asyncio.sleep(0)
        found["send_late"].merge(self._late)
        self._late = Histogram()
        return Share(
            counts=counts,
            started=snapshot.counts["started"] - before.counts["started"],
            connected=snapshot.counts["connected"] - before.counts["connected"],
            histograms=found,
            bots=alive,
            cpu=cpu,
            is_over=self._open is None and all(task.done() for task in self._crowds.values()),
            errors=errors,
            trace=trace,
        )

    def _counts(self, snapshot: Snapshot, before: Snapshot, alive: int) -> Counts:
        new = {name: count - before.counts[name] for name, count in snapshot.counts.items()}
        failed = new["failed_bots"] + new["violated"]
        return Counts(
            arrived=new["seated"],
            gone=new["started"] - new["failed_bots"] - (alive - self._alive),
            failed=failed,
            sent=new["sent"],
            taken=new["taken"],
            refused=sum(snapshot.refusals.values()) - sum(before.refusals.values()),
            frames=new["frames"],
            mismatches=new["mismatches"],
            bytes_in=new["bytes_in"],
            bytes_out=new["bytes_out"],
        )

    def _errors(self) -> Counter[str]:
        """What bots met since the last time, as far as the tally keeps texts."""
        failures, violations = self._tally.failures, self._tally.violations
        found = Counter(failure.text for failure in failures[self._failures :])
        found.update(f"{violation.behaviour}: {violation.text}" for violation in violations[self._violations :])
        self._failures, self._violations = len(failures), len(violations)
        return found

    def _trace(self) -> str:
        return next((failure.trace for failure in self._tally.failures if failure.trace), "")

    async def _watch_lateness(self) -> None:
        dice = Random(f"{self._plan.seed}/lateness/{self._plan.part}")
        while not self._ended.is_set():
            pause_s = dice.uniform(*LATENESS_PAUSE_S)
            due_s = time.monotonic() + pause_s
            await asyncio.sleep(pause_s)
            self._late.add(time.monotonic() - due_s)

    def _enter(self, plan: SwarmPlan) -> Crowd:
        crowd = Crowd(plan, self._tally, dial_for=self._dial_for, sleep=self._turns.sleep)
        self._crowds[crowd] = self._group.create_task(crowd.play(), name=f"crowd {len(self._crowds)}")
        return crowd


def swarm_plan(plan: Plan) -> SwarmPlan:
    """What a crowd is told. BadBehaviour if the mix names what is none."""
    return SwarmPlan(
        url=plan.url,
        game=plan.game,
        mix=mix_of(plan),
        bots=0,
        seed=plan.seed,
        ramp_s=0.0,
        duration_s=0.0,
        is_network_bad=bool(plan.net.conditions),
    )


def mix_of(plan: Plan) -> Mix:
    """The behaviours of a plan. BadBehaviour says which of them is none."""
    if plan.mix:
        return Mix(tuple((find_behaviour(place), float(weight)) for place, weight in plan.mix.items()))
    if plan.game not in BY_GAME:
        raise BadBehaviour(f"no bot knows the game {plan.game!r} (known: {', '.join(BY_GAME)}); say how with mix")
    return Mix.of(BY_GAME[plan.game])


def dials(net: Network, seed: int, plain: Dial = dial_tcp) -> Callable[[int], Dial]:
    """How each bot connects. Whether it has the bad network is a matter of its own dice; `plain` is for the others."""
    if not net.conditions:
        return lambda _: plain
    conditions = parse(net.conditions)
    shared = Uplink(net.shared_up_kbit_s) if net.shared_up_kbit_s else None

    def dial_for(number: int) -> Dial:
        random = Random(f"{seed}/{number}/net")
        return dial_through(conditions, random, shared=shared) if random.random() < net.share else plain

    return dial_for
