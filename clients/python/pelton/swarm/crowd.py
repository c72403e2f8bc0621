"""Many bots in one process: as many as are wanted at each moment, on one event loop.

Who drives it says how many: `aim` at a number that is kept alive, `arrivals` of those who come by themselves. Clock,
randomness and connections are arguments, so that the same bots can play in a simulation.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from random import Random

from pelton.client import Room
from pelton.client.dial import Dial, dial_tcp
from pelton.swarm.life import Life
from pelton.swarm.me import Sleep
from pelton.swarm.plan import Plan
from pelton.swarm.population import Population, numbers
from pelton.swarm.pulse import Pulse
from pelton.swarm.scene import make_scene
from pelton.swarm.tally import Tally

__all__ = ["Crowd"]


def _plain(_: int) -> Dial:
    return dial_tcp


def _unmeasured() -> float:
    return 0.0


def _any_room() -> str | None:
    return None


class Crowd:
    """All bots of a plan. `play` ends when each has gone.

    `dial_for` says how a bot connects, `now_s` is the clock of latencies, and `cpu_s` tells what the process took of
    the CPU, if somebody wants to know. `room_id` is asked for the room to join; None is any with a free seat. `sleep`
    is how bots wait for their next beat.
    """

    def __init__(
        self,
        plan: Plan,
        tally: Tally,
        *,
        dial_for: Callable[[int], Dial] = _plain,
        now_s: Callable[[], float] = time.monotonic,
        cpu_s: Callable[[], float] = _unmeasured,
        room_id: Callable[[], str | None] = _any_room,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.plan = plan
        self.tally = tally
        self.arrived = 0
        """Bots that have a seat, or will never have one."""
        self.played_s = 0.0
        """From the moment all were in to the moment they were dismissed."""
        self.cpu_s = 0.0
        """What this process took of the CPU meanwhile."""
        self._scene = make_scene(plan, tally, dial_for, now_s, room_id, sleep)
        self._cpu_s = cpu_s
        self._loop = asyncio.get_running_loop()
        self._population = Population(plan.seed, plan.storm, self._loop.time(), (plan.part, plan.parts))
        self._bots_max = math.inf if plan.bots_max is None else self._population.share(plan.bots_max)
        self._numbers = numbers(plan.part, plan.parts) if plan.only is None else _one(plan.only)
        self._closed: dict[int, Life] = {}
        """Those that are kept alive, by number, the newest last."""
        self._open: dict[int, Life] = {}
        """Those that came by themselves."""
        self._started = 0
        self._stir = asyncio.Event()
        self._over = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._all_in: tuple[float, float] | None = None
        if plan.bots:
            self.aim(plan.bots, plan.ramp_s)
        if plan.arrivals_per_s and plan.only is None:
            self.arrivals(plan.arrivals_per_s)

    @property
    def alive(self) -> int:
        """Bots that play or are about to; not those who were told to leave."""
        return len(self._closed) + len(self._open)

    @property
    def wanted(self) -> int:
        """How many are kept alive, once all are in."""
        return self._population.wanted

    def aim(self, bots: int, over_s: float = 0.0) -> None:
        """Keep so many bots alive, ramping up or down to it. Those that failed so far are replaced as well."""
        self._population.aim(bots, over_s, self._loop.time())
        self._stir.set()

    def arrivals(self, per_s: float) -> None:
        """Let so many bots a second come by themselves from now on; 0 ends it. They stay for their session."""
        self._population.arrivals(per_s, self._loop.time())
        self._stir.set()

    async def play(self) -> None:
        """Let bots come and go until somebody dismisses them, the plan's duration is over, or all have failed.

        Never raises for what a bot met.
        """
        random = Random(f"{self.plan.seed}/pulse/{self.plan.part}")
        pulse = Pulse(self.rooms, self.tally, random, self._scene.now_s)
        try:
            async with asyncio.TaskGroup() as bots:
                bots.create_task(pulse.run(self._over), name="pulse")
                while not self._over.is_set():
                    self._stir.clear()
                    await self._stirred(self._tend(bots))
        finally:
            self.dismiss()

    def dismiss(self) -> None:
        """Time is over, for those who play and for those who have not even come."""
        if self._over.is_set():
            return
        self._over.set()
        self._stir.set()
        if self._timer is not None:
            self._timer.cancel()
        self.played_s, self.cpu_s = self.elapsed()
        for life in (*self._closed.values(), *self._open.values()):
            life.dismiss()

    def elapsed(self) -> tuple[float, float]:
        """Seconds played so far, and of them on the CPU; both 0 before all are in."""
        if self._all_in is None:
            return (0.0, 0.0)
        if self._over.is_set() and self.played_s:
            return (self.played_s, self.cpu_s)
        began_s, cpu_began_s = self._all_in
        return (self._loop.time() - began_s, self._cpu_s() - cpu_began_s)

    def _tend(self, bots: asyncio.TaskGroup) -> float:
        """Let come and go who is to, and say when there is something to do again."""
        population, now_s = self._population, self._loop.time()
        orders = population.orders(now_s, len(self._closed))
        for _ in range(orders.closed):
            self._start(self._closed, bots)
        for _ in range(-orders.closed):
            _, life = self._closed.popitem()
            life.dismiss()
        for _ in range(orders.open):
            if self.alive >= self._bots_max:
                self.tally.turned_away += 1
            else:
                self._start(self._open, bots)
        if orders.storm:
            self._cut(orders.storm)
        self._look_whether_all_are_in()
        return population.next_s(now_s)

    def _start(self, pool: dict[int, Life], bots: asyncio.TaskGroup) -> None:
        number = next(self._numbers, None)
        if number is None:
            return
        self._started += 1
        life = pool[number] = Life(number, self._scene, self._note_arrival)
        bots.create_task(self._let_live(life, pool), name=f"bot {number}")

    async def _let_live(self, life: Life, pool: dict[int, Life]) -> None:
        await life.run()
        if pool.pop(life.number, None) is None:
            return  # it was told to leave
        if not (life.has_failed or self._over.is_set()):
            self.tally.ended += 1
        if pool is self._closed and (life.has_failed or self.plan.only is not None):
            self._population.spent += 1
        if not self.alive and not self._population.is_open and self._population.spent >= self._population.wanted > 0:
            self.dismiss()
        self._stir.set()

    def _cut(self, storm: int) -> None:
        seed = self.plan.seed
        assert self.plan.storm is not None
        lives = (*self._closed.values(), *self._open.values())
        for life in [life for life in lives if self.plan.storm.hits(seed, life.number, storm)]:
            life.cut()

    async def _stirred(self, due_s: float) -> None:
        """Wait until something has happened, or it is time."""
        try:
            async with asyncio.timeout_at(due_s if due_s < math.inf else None):
                await self._stir.wait()
        except TimeoutError:
            """It is time."""

    def rooms(self) -> list[Room]:
        """The seats of those who play now."""
        return [room for life in (*self._closed.values(), *self._open.values()) if (room := life.room) is not None]

    def _note_arrival(self) -> None:
        self.arrived += 1
        self._look_whether_all_are_in()

    def _look_whether_all_are_in(self) -> None:
        if self._all_in is not None or self._over.is_set() or self.arrived < self._started:
            return
        if self._population.is_steady(self._loop.time()) and self._started >= self._population.wanted:
            self._all_in = (self._loop.time(), self._cpu_s())
            if self.plan.duration_s:
                self._timer = self._loop.call_later(self.plan.duration_s, self.dismiss)


def _one(number: int) -> Iterator[int]:
    yield number
