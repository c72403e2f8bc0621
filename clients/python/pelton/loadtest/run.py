"""A run: leads the players through the stages, looks at them every second, and judges what was measured.

Knows processes and the server only as arguments, prints nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from pelton.loadtest.admin import Poller
from pelton.loadtest.capacity import Search
from pelton.loadtest.figures import figures
from pelton.loadtest.generator import GeneratorStuck, Players
from pelton.loadtest.plan import Arrivals, Plan, Population
from pelton.loadtest.recorder import Recorder
from pelton.loadtest.result import CapacityStep
from pelton.loadtest.schedule import Phase, schedule
from pelton.loadtest.thresholds import Measured, judged
from pelton.loadtest.verdict import saturation, wrong

__all__ = ["Run"]

ASK_AHEAD_S = 0.1
"""The server has this long to answer for a second; what comes later counts to the next."""


class Run:
    """`shown` is called after each second, with its stage; `stepped` after each step of a search for capacity."""

    def __init__(
        self,
        plan: Plan,
        players: Players,
        poller: Poller,
        now_s: Callable[[], float],
        shown: Callable[[Run, Phase], None],
        stepped: Callable[[CapacityStep], None] = lambda _: None,
    ) -> None:
        self.plan = plan
        self.recorder = Recorder()
        self.stuck = ""
        """Why the load generator gave up; empty if it did not."""
        self.search: Search | None = None
        """Of `find_capacity`."""
        self._players = players
        self._poller = poller
        self._now_s = now_s
        self._shown = shown
        self._stepped = stepped
        self._began_s = now_s()
        self._stop = asyncio.Event()
        self._is_over = False
        poller.ask()

    def stop(self) -> None:
        """End as soon as possible, and keep what was measured."""
        self._stop.set()

    @property
    def measured(self) -> Measured:
        """Of all holds so far."""
        return figures(self.recorder.total, self.recorder.seconds, self._poller.missing)

    async def play(self) -> None:
        """Stage after stage."""
        await self._lead(schedule(self.plan.stages))

    async def find_capacity(self) -> None:
        """Step after step, each with a hold of its own; what came of it is in `search`."""
        search, capacity = Search(self.plan.capacity), self.plan.capacity
        self.search = search
        while (bots := search.next) is not None and not self._stop.is_set():
            number = len(self.recorder.stages)
            phase = Phase(Population(bots, capacity.ramp_s, capacity.hold_s), number, self._elapsed_s())
            since = len(self.recorder.seconds)
            await self._lead([phase])
            if not self._stop.is_set() or self._is_over or self.stuck:
                step = self._step(bots, since)
                search.tell(step)
                self._stepped(step)
                if self.stuck or not self.recorder.connected:
                    return
                self._stop.clear()
                self._is_over = False

    async def close(self) -> None:
        """Let everybody leave; what still happens to them counts to the last second."""
        try:
            shares = await self._players.end()
        except GeneratorStuck as error:
            self.stuck = self.stuck or str(error)
        else:
            self.recorder.note(shares)

    def _step(self, bots: int, since: int) -> CapacityStep:
        """What came of the stage that has just ended; its first second has this index."""
        stage = self.recorder.stages[-1]
        measured = figures(stage.histograms, self.recorder.seconds[since:], self._poller.missing)
        outcomes = judged(self.plan.thresholds, measured)
        missed = [f"{outcome.threshold.text}: {outcome.reason}" for outcome in outcomes if not outcome.passed]
        saturated = (self.stuck,) if self.stuck else saturation(measured)
        reasons = (*saturated, *missed, *wrong(measured, outcomes))
        return CapacityStep(bots, held=not reasons, saturated=bool(saturated), reasons=reasons)

    async def _lead(self, phases: Sequence[Phase]) -> None:
        try:
            for phase in phases:
                await self._stage(phase)
                if self._stop.is_set():
                    break
        except GeneratorStuck as error:
            self.stuck = str(error)

    async def _stage(self, phase: Phase) -> None:
        self.recorder.begin(phase.name, phase.began_s)
        match phase.stage:
            case Population(bots=bots, ramp_s=ramp_s):
                self._players.arrivals(0.0, 0.0)
                self._players.aim(bots, ramp_s)
            case Arrivals(arrivals_per_s=per_s, session_s=session_s):
                self._players.aim(0, 0.0)
                self._players.arrivals(per_s, session_s)
        for look in phase.looks():
            await self._until(look.at_s - ASK_AHEAD_S)
            self._poller.ask()
            await self._until(look.at_s)
            if self._stop.is_set():
                return
            await self._look(phase, holds=look.holds)

    async def _look(self, phase: Phase, *, holds: bool) -> None:
        shares = await self._players.shares()
        self.recorder.add(shares, self._elapsed_s(), holds=holds, server=self._poller.take())
        self._shown(self, phase)
        if all(share.is_over for share in shares):
            self._is_over = True
            self._stop.set()

    async def _until(self, at_s: float) -> None:
        """Wait until then, or until it is all over."""
        try:
            async with asyncio.timeout(max(0.0, at_s - self._elapsed_s())):
                await self._stop.wait()
        except TimeoutError:
            """It is time."""

    def _elapsed_s(self) -> float:
        return self._now_s() - self._began_s
