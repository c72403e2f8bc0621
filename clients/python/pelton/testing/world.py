"""A whole world on one virtual clock in one process: a server, its bots, and the network between them.

    async with simulate(Arena, bots=8, seed=1) as world:
        await world.run(seconds=60)

The same game, bots, seed and network do the same again, to the byte: `world.trace_hash` tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from pelton.netsim import Conditions, parse
from pelton.protocol.schema import snake_case
from pelton.server import Room
from pelton.server.app import Server
from pelton.server.config import Config, load_config
from pelton.swarm import Behaviour
from pelton.testing.bots import FreeBot, ScriptedBot, Stage
from pelton.testing.failure import Failure, SimulationFailed
from pelton.testing.monkey import monkey
from pelton.testing.network import Network
from pelton.testing.script import Script, Visit
from pelton.testing.virtual_time import VirtualLoop, VirtualTime
from pelton.testing.watch import Check, Watch

__all__ = ["World", "simulate"]

NO_GRACE = ("simulate.grace_s=0",)
"""Bots of a simulation do not resume yet: what they did is written down connection by connection."""
SLICE_S = 1.0
"""The world's user has a turn after so much virtual time."""
ARRIVALS_S = 2.0
FAREWELL_S = 60.0
GOODBYES_S = 60.0
SEEING_EVERY = 25


class World:
    """A game that is being simulated; made by `simulate`. Its rooms may be looked into at any time."""

    def __init__(
        self,
        game: type[Room],
        *,
        bots: int = 8,
        seed: int = 0,
        net: str | Conditions = "lan",
        behaviour: Behaviour | None = None,
        check: Check | None = None,
        script: Script | None = None,
        settings: Sequence[str] = (),
        blind: bool = False,
    ) -> None:
        self._blind = blind
        """Bots with a script keep no state: quicker, where it is not what is looked at."""
        self.game = game
        self.seed = seed if script is None else script.seed
        self.conditions = parse(net) if isinstance(net, str) else net
        if script is not None:
            self.conditions = Conditions(latency_ms=script.latency_ms)
        how = "script=SCRIPT" if script is not None else f"bots={bots}, seed={seed}, net={net!r}"
        self._again = f"simulate({game.__name__}, {how})"
        self._time = VirtualTime()
        config = _config(self.seed, settings)  # first: it may be refused
        self._loop = VirtualLoop(self._time)
        random = Random(f"{self.seed}/sessions")
        self.server = Server(
            config, {snake_case(game.__name__): game}, self._time, lambda: f"{random.getrandbits(72):018x}"
        )
        self.watch = Watch(self._time, config, self.server.lobby, self._fail, check)
        self._failure: Failure | None = None
        self._free: list[FreeBot] = []
        self._scripted: list[ScriptedBot] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False
        self._play = behaviour or monkey(game.action_types)
        self._in_loop(lambda: self._begin(config, bots, script))

    @property
    def now_s(self) -> float:
        """Virtual seconds since the beginning."""
        return self._time.now_s

    @property
    def rooms(self) -> list[Any]:
        """The rooms that are open, the game's own objects."""
        return [opened.ticker.room for opened in self.server.lobby]

    @property
    def trace_hash(self) -> str:
        """Over everything the server sent and every tick. Equal for two worlds that went the same way."""
        return self.watch.trace.digest()

    @property
    def failure(self) -> Failure | None:
        """What was found wrong, if anything was."""
        return self._failure

    async def run(self, seconds: float) -> None:
        """Let so much virtual time go by, as fast as it can. SimulationFailed as soon as something is wrong."""
        until_s = self._time.now_s + seconds
        while self._time.now_s < until_s:
            self.advance(min(SLICE_S, until_s - self._time.now_s))
            await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """The same at once, for who has no event loop."""
        if self._failure is None:
            self._loop.advance(seconds)
        self._raise()

    def finish(self) -> None:
        """Let the bots end: every action must be answered. SimulationFailed if not."""
        for bot in self._free:
            bot.dismiss()
        until_s = self._time.now_s + FAREWELL_S
        while self._failure is None and self._time.now_s < until_s and not all(task.done() for task in self._tasks):
            self._loop.advance(0.1)
        self._raise()

    def close(self) -> None:
        """Forget the world."""
        if not self._closed:
            self._closed = True
            for task in self._tasks:
                task.cancel()
            until_s = self._time.now_s + GOODBYES_S
            while self._time.now_s < until_s and not all(task.done() for task in self._tasks):
                self._loop.advance(0.5)
            self._loop.close()

    def script(self) -> Script:
        """What the bots have done so far, to be done again."""
        logs = sorted((log for bot in self._free for log in bot.visits), key=lambda log: (log.joins_s, log.bot))
        visits: list[Visit] = [log.visit() for log in logs] or [bot.visit for bot in self._scripted]
        return Script(self.seed, tuple(visits), max(1.0, self.conditions.latency_ms))

    def _begin(self, config: Config, bots: int, script: Script | None) -> None:
        admit = self.server.start_without_socket(self.watch)
        network = Network(self._loop, self._time, admit, config.receive.slice_bytes)
        network.heard = self.watch.trace.heard
        name = snake_case(self.game.__name__)
        stage = Stage(network, self.conditions, name, self.seed, self.watch, self._time.seconds)
        if script is not None:
            self._scripted = [
                ScriptedBot(number, stage, visit, blind=self._blind) for number, visit in enumerate(script.visits)
            ]
        else:
            random = Random(f"{self.seed}/arrivals")
            self._free = [
                FreeBot(
                    number,
                    stage,
                    self._play,
                    1.0 + ARRIVALS_S * random.random(),
                    blind=self._play.blind and number % SEEING_EVERY != 0,
                )
                for number in range(bots)
            ]
        lives = [bot.live() for bot in self._free] + [bot.live() for bot in self._scripted]
        self._tasks = [self._loop.create_task(life) for life in lives]

    def _in_loop(self, call: Any) -> None:
        """Run something as the loop's own."""
        self._loop.call_soon(call)
        self._loop.advance(0.0)

    def _fail(self, failure: Failure) -> None:
        if self._failure is None:
            self._failure = failure
            self._loop.stop()

    def _raise(self) -> None:
        if self._failure is not None:
            raise SimulationFailed(self._failure, self._again, list(self.watch.trace.last))


@asynccontextmanager
async def simulate(
    game: type[Room],
    *,
    bots: int = 8,
    seed: int = 0,
    net: str | Conditions = "lan",
    behaviour: Behaviour | None = None,
    check: Check | None = None,
    script: Script | None = None,
    settings: Sequence[str] = (),
) -> AsyncGenerator[World]:
    """A world for the time of the block; at its end every action must be answered.

    `net` is a preset or conditions of `pelton.netsim`; `behaviour` is how bots play (default: they try everything that
    the game admits). `check(room)` is called after each tick and raises if something is wrong; `script` is
    what `pelton simulate --explore` printed; `settings` are `section.key=value` of the server's configuration.

    SimulationFailed, an AssertionError, if a room raises, a replica is wrong, an action is never answered, a bound is
    broken, or `check` raises.
    """
    world = World(
        game, bots=bots, seed=seed, net=net, behaviour=behaviour, check=check, script=script, settings=settings
    )
    try:
        yield world
        world.finish()
    finally:
        world.close()


def _config(seed: int, settings: Sequence[str]) -> Config:
    number = Random(f"{seed}/server").getrandbits(50) + 1
    return load_config(None, {}, [f"simulate.seed={number}", *NO_GRACE, *settings]).config
