"""A world of sessions on virtual time: the real server, real clients that come back, faults, and laws.

    world = SessionWorld(Plan.draw(seed))
    world.run()

Three times: faults until `plan.faults_s`; then calm, in which everybody must get in and be answered; then everybody
goes, some without a word, and nothing may be left of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from random import Random

from pelton.netsim import Conditions
from pelton.protocol.schema import snake_case
from pelton.server.app import Server
from pelton.server.config import load_config
from pelton.server.simulate.lobby import OpenRoom
from pelton.server.simulate.ticker import Outcome
from pelton.testing.network import End, Network
from pelton.testing.trace import Trace
from pelton.testing.virtual_time import VirtualLoop, VirtualTime
from pelton.wire import WebSocket
from tests.simulation.bots import Bot
from tests.simulation.court import Court
from tests.simulation.faults import faults
from tests.simulation.hall import Hall
from tests.simulation.links import Witness
from tests.simulation.plan import Plan
from tests.simulation.stay import Stay
from tests.simulation.verdict import Broken, LawBroken
from tests.simulation.villain import Villain

__all__ = ["SessionWorld"]

LIVELY_S = 30.0
"""After the faults, everybody has his seat within this time."""
GONE_S = 30.0
STEP_S = 0.25


class SessionWorld:
    """What one seed comes to. `run` raises LawBroken."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.time = VirtualTime()
        self.loop = VirtualLoop(self.time)
        self.trace = Trace()
        self.game_name = snake_case(plan.game.__name__)
        self.conditions = Conditions(latency_ms=plan.latency_ms, jitter_ms=plan.jitter_ms)
        self.is_calm = False
        self.drained = False
        self.burn_share = 0.0
        """Of a tick's budget, that each tick takes."""
        self.broken: Broken | None = None
        self.config = load_config(None, {}, plan.settings()).config
        self._random = Random(f"{plan.seed}/sessions")
        self._up = False
        self.network = Network(self.loop, self.time, self._admit, self.config.receive.slice_bytes, plan.window_bytes)
        self.network.heard = self.trace.heard
        self._courts: dict[Stay, Court] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._in_loop(self._begin)

    # What the rest of the simulation asks.

    @property
    def rooms(self) -> list[Hall]:
        """The rooms that are open."""
        return [opened.ticker.room for opened in self.server.lobby if isinstance(opened.ticker.room, Hall)]

    @property
    def room_ids(self) -> list[str]:
        """By which they can be joined."""
        return [room.room_id for room in self.rooms]

    def court_of(self, stay: Stay) -> Court:
        """Of the server where this stay was."""
        return next(court for court in self.courts if stay in court.stays.values())

    def note(self, text: str) -> None:
        """Write down what happened, for who has to find out why."""
        self.trace.note(self.time.now_s, text)

    def fail(self, law: str, who: str, text: str) -> None:
        """A law is broken; the first one ends the world."""
        if self.broken is None:
            self.broken = Broken(law, who, text, self.plan.seed, self.time.now_s)
            self.loop.stop()

    def ticked(self, opened: OpenRoom, outcome: Outcome) -> None:
        """The server has run a tick of a room."""
        hall = opened.ticker.room
        assert isinstance(hall, Hall)
        if outcome.tick == 1:
            hall.burn = lambda: self._burn(hall)
        self.trace.ticked(self.time.now_ns(), opened, outcome)
        self.court.ticked(opened, outcome)

    def failed(self, opened: OpenRoom, fault: Exception) -> None:
        """The server has ended a room for its fault."""
        hall = opened.ticker.room
        assert isinstance(hall, Hall)
        self.note(f"room {hall.room_id}: {fault}")
        if not hall.broke:
            self.fail("a room ends by its own fault only", hall.room_id, f"{fault}: {fault.__cause__!r}")

    # What faults do to the server.

    async def stall(self, seconds: float) -> None:
        """Nothing runs on the server, and nothing is read there."""
        server, until_s = self.server, self.time.now_s + seconds
        if not self._runs(server) or seconds <= 0:
            return
        self.note(f"the server stalls for {seconds:.2f} s")
        server._beat.stop()
        for connection in list(server._listener._connections):
            channel = connection.websocket._channel
            if isinstance(channel, End):
                channel.other.held_back = [*channel.other.held_back, (self.time.now_s, until_s)]
        await asyncio.sleep(seconds)
        if self._runs(server):
            server._beat.start()

    async def restart(self, pause_s: float) -> None:
        """Drain the server as SIGTERM does, and start another after a while."""
        self.drained = True
        self.note("drain")
        began_s = self.time.now_s
        await self.server.drain()
        self._up = False
        took_s = self.time.now_s - began_s
        if took_s > self._drain_s_max:
            self.fail("a drain ends in time", "server", f"it took {took_s:.1f} s")
        self._check_empty("after a drain")
        await asyncio.sleep(pause_s)
        self._serve()

    def _runs(self, server: Server) -> bool:
        return self._up and self.server is server

    @property
    def _drain_s_max(self) -> float:
        slack_s = 6.0 if self.plan.kinds & {"jumps", "overload", "stalls"} else 0.5
        return self.config.server.drain_timeout_s + self.config.server.shutdown_timeout_s + slack_s

    # The three times.

    def run(self) -> str:
        """All of it; the hash of everything that happened. LawBroken if a law was broken."""
        try:
            self._advance(max(self.plan.faults_s, self.time.now_s) - self.time.now_s)
            self._until(lambda: all(task.done() for task in self._faults), self.time.now_s + 15.0, "faults end")
            self._calm()
            for law, is_so in self._lively().items():
                self._until(is_so, self.plan.faults_s + LIVELY_S, law)
            for bot in self.bots:
                if bot.is_settled and bot.stay is not None:
                    bot.stay.at_end()
            self._go()
            self._until(self._empty, self.time.now_s + GONE_S, "nothing is left of who is gone")
            self._raise()
            return self.trace.digest()
        finally:
            self._close()

    def _begin(self) -> None:
        self.courts: list[Court] = []
        self._serve()
        random, storm = Random(f"{self.plan.seed}/arrivals"), "storm" in self.plan.kinds
        self.bots = [
            Bot(number, self, 0.1 if storm else 0.1 + 2.0 * random.random()) for number in range(self.plan.bots)
        ]
        self._lives = [self._start(bot.live()) for bot in self.bots]
        self._faults = [self._start(fault) for fault in faults(self)]
        if "villain" in self.plan.kinds:
            self._faults.append(self._start(Villain(self).live()))

    def _serve(self) -> None:
        self.server = Server(
            self.config,
            {self.game_name: self.plan.game},
            self.time,
            lambda: f"{self._random.getrandbits(72):018x}",
            self._random.randbytes,
        )
        self.court = Court(self.server, self.config, self.fail)
        self.courts.append(self.court)
        self._admit_one = self.server.start_without_socket(self)
        self._up = True

    def _admit(self) -> WebSocket | None:
        websocket = self._admit_one() if self._up else None
        if websocket is not None:
            websocket._endpoint = Witness(websocket._endpoint, self.court.closed)
        return websocket

    def _burn(self, hall: Hall) -> None:
        if self.burn_share and not self.is_calm:
            self.time.now_s += self.burn_share / hall.tick_hz

    def _calm(self) -> None:
        self.is_calm = True
        self.note("calm")
        for hall in self.rooms:
            hall.raises, hall.lazy_ticks, hall.chatty = "", 0, 0
        self._calm_ticks = {hall.room_id: hall.number for hall in self.rooms}
        self._in_loop(self._heal)

    def _heal(self) -> None:
        for bot in self.bots:
            bot.link.heal()

    def _lively(self) -> dict[str, Callable[[], bool]]:
        """What has to be so in the end, each by the law that says so."""
        wanted = min(len(self.bots), self.plan.capacity)
        return {
            "ticks go on": lambda: all(hall.number > self._calm_ticks.get(hall.room_id, 0) for hall in self.rooms),
            "everybody is seated in the end": lambda: sum(bot.is_settled for bot in self.bots) >= wanted,
            "overload ends": lambda: self.server.lobby.overload.step == 0,
        }

    def _go(self) -> None:
        random = Random(f"{self.plan.seed}/goodbyes")

        def go() -> None:
            for bot, life in zip(self.bots, self._lives, strict=True):
                bot.dismiss()
                if random.random() < 0.4:
                    bot.link.cut(float("inf"), float("inf"))
                    life.cancel()

        self._in_loop(go)

    def _empty(self) -> bool:
        return all(life.done() for life in self._lives) and not self._left_over()

    def _left_over(self) -> list[str]:
        """What the server still knows of anybody."""
        server, lobby = self.server, self.server.lobby
        listener, beat = server._listener, server._beat
        counts = {
            "rooms": len(lobby),
            "seats": lobby.players,
            "connections": len(listener._connections),
            "connections counted": server.metrics.connections,
            "seats counted": server.metrics.seated,
            "ways out of rooms": len(beat._fanouts),
            "loads of rooms": len(beat.overseer._charges),
            "strangers": len(listener._strangers),
            "pulses": len(listener.pulse),
            "floods": len(listener._allowances.short),
            "halls not disposed": sum(not record.hall.disposed for record in self.court.records.values()),
        }
        return [f"{count} {what}" for what, count in counts.items() if count]

    def _check_empty(self, when: str) -> None:
        kept = ("pulses", "ways out of rooms", "loads of rooms", "floods")  # by a beat that will not beat any more
        left = [what for what in self._left_over() if not what.endswith(kept)]
        if left:
            self.fail("nothing is left of who is gone", "server", f"{when}: {', '.join(left)}")

    # The loop.

    def _start(self, life: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self.loop.create_task(self._watched(life))
        self._tasks.append(task)
        return task

    async def _watched(self, life: Coroutine[None, None, None]) -> None:
        try:
            await life
        except Exception as error:
            logging.getLogger(__name__).debug("a task of the simulation failed", exc_info=error)
            self.fail("the simulation itself works", "simulation", repr(error))

    def _until(self, is_so: Callable[[], bool], until_s: float, law: str) -> None:
        while not is_so():
            if self.time.now_s >= until_s:
                self.fail(law, "server", f"not by {until_s:.1f} s: {self._state()}")
            self._advance(STEP_S)

    def _state(self) -> str:
        overload = f"overload step {self.server.lobby.overload.step}"
        return "; ".join([*(f"{bot.who} {bot.standing}" for bot in self.bots), overload, *self._left_over()])

    def _advance(self, seconds: float) -> None:
        if self.broken is None:
            self.loop.advance(max(seconds, 0.0))
        self._raise()

    def _raise(self) -> None:
        if self.broken is not None:
            raise LawBroken(self.broken, self.plan.kinds, list(self.trace.last))

    def _in_loop(self, call: Callable[[], object]) -> None:
        self.loop.call_soon(call)
        self.loop.advance(0.0)

    def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        until_s = self.time.now_s + 30.0
        while self.time.now_s < until_s and not all(task.done() for task in self._tasks):
            self.loop.advance(0.5)
        self.loop.close()
