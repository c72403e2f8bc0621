"""The bots of a simulation: real clients on the virtual network, that play freely or by a script.

One that plays freely is written down as it goes, as a `Visit` for each stay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from pelton.client import Action, Client, Closed, Frame, JoinRejected, NotSeated, Room, SharedParts, connect
from pelton.client.errors import CannotConnect
from pelton.netsim import Conditions
from pelton.protocol import Frame as WireFrame
from pelton.protocol.messages import ServerMessage
from pelton.protocol.plain import SharedFrames, decode_head
from pelton.swarm import Behaviour, Me
from pelton.swarm.intake import Intake
from pelton.swarm.invariants import Watch
from pelton.swarm.tally import Tally
from pelton.testing.network import End, Network
from pelton.testing.script import Acted, Stall, Visit

__all__ = ["BotWatch", "FreeBot", "Log", "ScriptedBot", "Stage"]

AWAY_S = (0.2, 2.0)
"""How long one that has left stays away, at least and at most."""
EARLY_S = 0.5
"""A scripted bot connects so long before its join arrives, to be there in time."""
SETTLE_S = 30.0


class BotWatch(Protocol):
    """Who looks at what happens to the bots."""

    def saw(self, bot: int, frame: Frame) -> None:
        """A bot has taken in a frame."""
        ...

    def broke(self, bot: int, wrong: str) -> None:
        """A bot was sent what breaks a promise of the protocol."""
        ...

    def unanswered(self, bot: int, room: Room) -> None:
        """A bot's time is over, and so many of its actions were neither taken nor refused."""
        ...

    def bot_failed(self, bot: int, error: Exception) -> None:
        """Something that should never happen came out of a bot."""
        ...


@dataclass(slots=True)
class Log:
    """A visit while it goes on."""

    bot: int
    joins_s: float = 0.0
    acts: list[Acted] = field(default_factory=list[Acted])
    leaves_s: float | None = None
    cut_s: float | None = None
    end: End | None = None

    def visit(self) -> Visit:
        """What there is of it so far."""
        stalls = tuple(Stall(begin_s, until_s) for begin_s, until_s in self.end.stalls) if self.end else ()
        return Visit(self.joins_s, tuple(self.acts), self.leaves_s, self.cut_s, stalls, self.bot)


@dataclass(frozen=True, slots=True)
class Stage:
    """What all bots of a simulation have in common."""

    network: Network
    conditions: Conditions
    game: str
    seed: int
    watch: BotWatch
    now_s: Callable[[], float]
    decode: SharedFrames = field(default_factory=lambda: SharedFrames(256))
    parts: SharedParts = field(default_factory=lambda: SharedParts(256))


def checked(
    decode: Callable[[bytes], ServerMessage], watch: Watch, bot: int, told: BotWatch
) -> Callable[[bytes], ServerMessage]:
    """Decode what a bot receives, and look at each frame before the client does."""

    def decode_and_check(payload: bytes) -> ServerMessage:
        message = decode(payload)
        if type(message) is WireFrame:
            for wrong in watch.check(message, len(payload)):
                told.broke(bot, wrong)
        return message

    return decode_and_check


class _Watched(Intake):
    """Hands each frame of a bot to the watch, in place of counting it for a swarm."""

    __slots__ = ("_number", "_watch")

    def __init__(self, number: int, watch: BotWatch, tick_hz: float) -> None:
        super().__init__(number, Tally(), tick_hz, None)
        self._number, self._watch = number, watch

    def take(self, frame: Frame) -> None:
        """The bot has taken in this frame."""
        self._watch.saw(self._number, frame)


def _bot(number: int, stage: Stage, room: Room) -> Me:
    intake = _Watched(number, stage.watch, room.tick_hz)
    me = Me(number, stage.seed, room, Tally(), stage.now_s)
    me.intake = intake
    return me


class FreeBot:
    """Joins, plays its behaviour, comes back when that ends or its connection breaks."""

    def __init__(self, number: int, stage: Stage, behaviour: Behaviour, arrives_s: float, *, blind: bool) -> None:
        self.number = number
        self.visits: list[Log] = []
        self._stage = stage
        self._behaviour = behaviour
        self._arrives_s = arrives_s
        self._blind = blind
        self._random = Random(f"{stage.seed}/life/{number}")
        self._me: Me | None = None
        self._over = False

    def dismiss(self) -> None:
        """Time is over: it stops to play, waits for its answers and stays away."""
        self._over = True
        if self._me is not None:
            self._me.dismissed = True

    async def live(self) -> None:
        """Everything, until it is dismissed."""
        await asyncio.sleep(self._arrives_s)
        while not self._over:
            try:
                await self._visit()
            except (CannotConnect, Closed, JoinRejected, NotSeated):
                """As happens; it comes back."""
            except Exception as error:  # noqa: BLE001 - the edge: a fault of the behaviour, or of ours
                self._stage.watch.bot_failed(self.number, error)
                return
            least_s, most_s = AWAY_S
            await asyncio.sleep(least_s + (most_s - least_s) * self._random.random())

    async def _visit(self) -> None:
        stage = self._stage
        dial = stage.network.dial(stage.conditions, self._random)
        watch = Watch()
        async with connect(
            "ws://simulation/",
            name=f"bot {self.number}",
            light=True,
            blind=self._blind,
            decode=checked(decode_head if self._blind else stage.decode, watch, self.number, stage.watch),
            parts=stage.parts,
            dial=dial,
            now_s=stage.now_s,
            comeback=None,
        ) as client:
            line = client.line
            assert isinstance(line, End)
            log = Log(self.number, end=line)
            joining = client.join_or_create(stage.game, name=f"bot {self.number}")
            room = await _noting(joining, log, line)
            self.visits.append(log)
            try:
                await self._play(room, log, line, watch)
            except BaseException:
                log.cut_s = stage.now_s()
                raise
            if room.left_reason is None:
                await room.leave()
                log.leaves_s = line.arrived_s

    async def _play(self, room: Room, log: Log, line: End, watch: Watch) -> None:
        me = self._me = _bot(self.number, self._stage, room)
        me.random = self._random
        me.dismissed = self._over
        async with aclosing(self._behaviour(me)) as actions:
            async for action in actions:
                seen = room.state.tick
                watch.sent += 1  # before, as the answer may come before the network has taken all of it
                await room.act(action)
                log.acts.append(Acted(line.arrived_s, action.name, action.fields, seen))
        await _settle(me, self._stage, self.number, line)
        if room.left_reason not in (None, "you_left"):
            raise NotSeated(room.room_id, str(room.left_reason))


class ScriptedBot:
    """Does what is written, whatever the server answers."""

    def __init__(self, number: int, stage: Stage, visit: Visit, *, blind: bool) -> None:
        self.number = number
        self.visit = visit
        self._blind = blind
        self._stage = stage

    async def live(self) -> None:
        """All of it."""
        stage, visit = self._stage, self.visit
        latency_s = stage.conditions.latency_ms / 1000
        await self._until(visit.joins_s - EARLY_S)
        dial = stage.network.dial(stage.conditions, Random(0))
        try:
            async with connect(
                "ws://simulation/",
                light=True,
                blind=self._blind,
                decode=stage.decode,
                parts=stage.parts,
                dial=dial,
                now_s=stage.now_s,
                comeback=None,
            ) as client:
                line = client.line
                assert isinstance(line, End)
                line.hold_back([(stall.from_s, stall.until_s) for stall in visit.stalls])
                await self._until(visit.joins_s - latency_s)
                room = await client.join_or_create(stage.game, name=f"bot {visit.bot}")
                await self._perform(client, room, line, latency_s)
        except (CannotConnect, Closed, JoinRejected, NotSeated):
            """What is written does not go together; whoever tries scripts finds out that nothing happens."""
        except Exception as error:  # noqa: BLE001 - the edge, as above
            stage.watch.bot_failed(self.number, error)

    async def _perform(self, client: Client, room: Room, line: End, latency_s: float) -> None:
        me = _bot(self.number, self._stage, room)
        reading = asyncio.create_task(_read(me))
        try:
            for act in self.visit.acts:
                await self._until(act.at_s - latency_s)
                room.shown_tick = act.seen
                await room.act(Action(act.name, **act.fields))
            if self.visit.cut_s is not None:
                await self._until(self.visit.cut_s)
                line.reset()
            elif self.visit.leaves_s is not None:
                await self._until(self.visit.leaves_s - latency_s)
                await room.leave()
            await reading
        finally:
            reading.cancel()

    async def _until(self, at_s: float) -> None:
        await asyncio.sleep(max(0.0, at_s - self._stage.now_s()))


async def _noting(joining: Coroutine[Any, Any, Room], log: Log, line: End) -> Room:
    """Join, and write down when that reached the server."""
    task = asyncio.create_task(joining)
    await asyncio.sleep(0)
    log.joins_s = line.arrived_s
    return await task


async def _read(me: Me) -> None:
    async for _ in me.frames():
        """Seen by whoever watches."""


async def _settle(me: Me, stage: Stage, number: int, line: End) -> None:
    """Wait for the answers to what was sent, but not for ever."""
    try:
        async with asyncio.timeout(SETTLE_S):
            while me.room.unanswered and await me.next_frame() is not None:
                """Each answers something."""
    except TimeoutError:
        if stage.now_s() < line.silent_from_s:  # nobody can be heard over a dead line
            stage.watch.unanswered(number, me.room)
