"""One bot from its start to its end, over as many connections as that takes.

Whatever happens to the bot ends up in the tally and goes no further: a bot never disturbs another.
"""

from __future__ import annotations

import asyncio
import math
import traceback
from collections.abc import Callable
from random import Random

from pelton.client import ClientError, Room
from pelton.protocol import Comeback
from pelton.swarm.comeback import TRIES_MAX, may_return, pause_s, told_s
from pelton.swarm.population import stay_s
from pelton.swarm.scene import Scene
from pelton.swarm.visit import Visit

__all__ = ["Life"]


class Life:
    """A bot of this number. What it plays, for how long, and on which network is drawn from its own dice."""

    def __init__(self, number: int, scene: Scene, arrived: Callable[[], None]) -> None:
        self.number = number
        self.has_failed = False
        self._scene = scene
        self._arrived = arrived
        plan = scene.plan
        self._behaviour = plan.mix.pick(plan.seed, number)
        self._dial = scene.dial_for(number)
        self._stay_s = stay_s(plan.session, plan.churn_per_min, plan.seed, number)
        self._pauses = Random(f"{plan.seed}/{number}/comeback")
        self._over = asyncio.Event()
        self._visit: Visit | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._has_connected = self._has_arrived = self._has_seat = False
        self._stays = 0
        """Seats it had, the one it has included."""

    @property
    def room(self) -> Room | None:
        """The seat it has now."""
        return self._visit.room if self._visit is not None and self._has_seat else None

    async def run(self) -> None:
        """All of it."""
        tally = self._scene.tally
        tally.started += 1
        try:
            await self._live()
        except ClientError as error:
            self._fail(str(error))
        except Exception as error:  # noqa: BLE001 - the edge: a behaviour may raise anything, it ends this bot alone
            self._fail(f"{self._behaviour.name} raised {error!r}", "".join(traceback.format_exception(error)))
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._visit, self._has_seat = None, False
            self._arrive()

    def dismiss(self) -> None:
        """Its time is over, wherever it is."""
        self._over.set()
        if self._visit is not None:
            self._visit.dismiss()

    def cut(self) -> None:
        """A storm ends its connection, if it has one."""
        if self._visit is not None:
            self._visit.cut()

    # What a visit tells.

    def connected(self) -> None:
        if not self._has_connected:
            self._has_connected = True
            self._scene.tally.connected += 1

    def seated(self) -> None:
        self._has_seat = True
        self._stays += 1
        if self._stays > 1:
            self._scene.tally.returned += 1
            return
        self._scene.tally.seated += 1
        if self._stay_s < math.inf:
            self._timer = asyncio.get_running_loop().call_later(self._stay_s, self.dismiss)
        self._arrive()

    def lost(self, *, was_cut: bool) -> None:
        if was_cut:
            self._scene.tally.cut += 1
        else:
            self._scene.tally.lost += 1

    def returned(self) -> None:
        self._scene.tally.returned += 1

    async def _live(self) -> None:
        tries = 0
        while True:
            visit = self._visit = Visit(self.number, self._stays, self._behaviour, self._dial, self._scene, self)
            self._has_seat = False
            if self._over.is_set():
                visit.dismiss()
            try:
                await visit.run()
            except ClientError as error:
                tries = 0 if self._has_seat else tries + 1
                wait_s = self._wait_s(error, visit, tries)
                if wait_s is None:
                    if self._over.is_set() and self._scene.plan.may_return:
                        return  # it was about to leave anyway
                    raise
                self._visit, self._has_seat = None, False
                if await self._is_over_within(wait_s):
                    return
            else:
                return

    def _wait_s(self, error: ClientError, visit: Visit, tries: int) -> float | None:
        """How long to wait before another connection; None if there is to be none."""
        plan, tally = self._scene.plan, self._scene.tally
        if not visit.is_away and visit.was_cut:
            tally.cut += 1
        elif not visit.is_away and self._has_seat and plan.may_return:
            tally.lost += 1
        comeback = Comeback.YES if visit.was_cut else may_return(error)
        gives_up = tries >= TRIES_MAX or (not self._stays and not plan.is_network_bad)
        if self._over.is_set() or not plan.may_return or (gives_up and not plan.is_patient):
            return None
        if comeback is Comeback.NO and not plan.is_patient:
            return None
        return 0.0 if visit.was_cut else max(told_s(error), pause_s(tries, comeback, self._pauses))

    async def _is_over_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return False
        return True

    def _arrive(self) -> None:
        if not self._has_arrived:
            self._has_arrived = True
            self._arrived()

    def _fail(self, text: str, trace: str = "") -> None:
        self.has_failed = True
        self._scene.tally.failed(self.number, text, trace)
