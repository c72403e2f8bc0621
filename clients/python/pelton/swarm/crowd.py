"""Many bots in one process: they arrive one after the other, play together, and leave together."""

from __future__ import annotations

import asyncio
import time

from pelton.client import SharedParts
from pelton.protocol.plain import SharedFrames
from pelton.swarm.plan import Plan
from pelton.swarm.tally import Tally
from pelton.swarm.visit import Visit

__all__ = ["Crowd"]

FRAMES_SHARED = 512
"""Different frames that are kept for others: bots that see the same get the same, and some are a second behind."""


class Crowd:
    """All bots of a plan. `play` ends when each has gone."""

    def __init__(self, plan: Plan, tally: Tally) -> None:
        self.plan = plan
        self.tally = tally
        self.arrived = 0
        """Bots that have a seat, or will never have one."""
        self.played_s = 0.0
        """From the moment all were in to the moment they were dismissed."""
        self.cpu_s = 0.0
        """What this process took of the CPU meanwhile."""
        # Shared: else, each bot decoding what all of them get would be most of the swarm's work.
        decode, parts = SharedFrames(FRAMES_SHARED), SharedParts(FRAMES_SHARED)
        self._visits = [Visit(number, plan, tally, decode, parts) for number in range(plan.bots)]
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._all_in: tuple[float, float] | None = None

    async def play(self) -> None:
        """Let all bots arrive, play for the plan's duration, and leave. Never raises for what a bot met."""
        try:
            async with asyncio.TaskGroup() as bots:
                await self._admit(bots)
        finally:
            self.dismiss()

    def dismiss(self) -> None:
        """Time is over, for those who play and for those who have not even come."""
        if self._over.is_set():
            return
        self._over.set()
        if self._timer is not None:
            self._timer.cancel()
        self.played_s, self.cpu_s = self.elapsed()
        for visit in self._visits:
            visit.dismiss()

    def elapsed(self) -> tuple[float, float]:
        """Seconds played so far, and of them on the CPU; both 0 before all are in."""
        if self._all_in is None:
            return (0.0, 0.0)
        began_s, cpu_began_s = self._all_in
        return (self._loop.time() - began_s, time.process_time() - cpu_began_s)

    async def _admit(self, bots: asyncio.TaskGroup) -> None:
        """Start them evenly over the ramp; none any more once it is over."""
        began_s = self._loop.time()
        for visit in self._visits:
            due_s = began_s + visit.number * self.plan.ramp_s / len(self._visits)
            if await self._is_over_at(due_s):
                return
            bots.create_task(visit.run(self._note_arrival), name=f"bot {visit.number}")

    async def _is_over_at(self, due_s: float) -> bool:
        try:
            async with asyncio.timeout_at(due_s):
                await self._over.wait()
        except TimeoutError:
            return False
        return True

    def _note_arrival(self) -> None:
        self.arrived += 1
        if self.arrived == len(self._visits) and not self._over.is_set():
            self._all_in = (self._loop.time(), time.process_time())
            if self.plan.duration_s:
                self._timer = self._loop.call_later(self.plan.duration_s, self.dismiss)
