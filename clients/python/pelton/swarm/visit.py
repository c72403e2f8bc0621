"""One connection of a bot: connect, take a seat, play, wait for the answers, leave, say goodbye.

What ends it before its time is raised; whoever lets bots live decides what comes of it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from random import Random
from typing import Protocol

from pelton.client import Backoff, Client, ClientError, NotSeated, Room, connect
from pelton.client.dial import Dial, Line
from pelton.protocol import EventFrame
from pelton.protocol import Frame as WireFrame
from pelton.protocol.messages import ServerMessage
from pelton.protocol.plain import decode_head
from pelton.swarm.behaviour import Behaviour
from pelton.swarm.invariants import Watch
from pelton.swarm.me import Me
from pelton.swarm.scene import Scene
from pelton.swarm.tally import Violation
from pelton.wire import WebSocket

__all__ = ["Host", "Visit"]

JOIN_TIMEOUT_S = 10.0
GRACE_S = 2.0
"""What a behaviour has to end after its time, and then the server to answer what was sent."""
SEEING_EVERY = 10
"""Of bots that never look at the state, every so many keeps it none the less: somebody has to compare digests."""
OWN_WILL = (None, "you_left")
LOST = 1006


class Host(Protocol):
    """Who is told how far the bot has come."""

    def connected(self) -> None: ...
    def seated(self) -> None: ...
    def lost(self, *, was_cut: bool) -> None: ...
    def returned(self) -> None: ...


class Visit:
    """A bot from its connection to its goodbye. `stay` counts those it had before."""

    def __init__(self, number: int, stay: int, behaviour: Behaviour, dial: Dial, scene: Scene, host: Host) -> None:
        self.number = number
        self.room: Room | None = None
        """Its seat, from when it has one."""
        self.was_cut = False
        self.is_away = False
        """Its connection was lost, which the host was told, and it tries to come back."""
        self._stay = stay
        self._behaviour = behaviour
        self._dial = dial
        self._scene = scene
        self._host = host
        # Light: without numpy, what nobody looks at costs next to nothing, and few bots look at every row.
        self._blind = behaviour.blind and number % SEEING_EVERY != 0
        self._decode_message = decode_head if self._blind else scene.decode
        self._watch = Watch()
        self._tally = scene.tally
        self._check = self._watch.check  # bound once: for every frame
        self._dismissed = False
        self._websocket: WebSocket | None = None
        self._client: Client
        self._me: Me | None = None
        self._limit: asyncio.Timeout | None = None

    async def run(self) -> None:
        """All of it. Raises ClientError if it ended otherwise than by our will, or what the behaviour raised."""
        async with self._connection() as client:
            self._client = client
            self._host.connected()
            room = self.room = await self._take_seat(client)
            room.on_drop, room.on_resume = self._lost, self._returned
            self._host.seated()
            sightings = self._scene.sightings
            sight = sightings.enter(room.room_id)
            now_s, plan = self._scene.now_s, self._scene.plan
            me = self._me = Me(self.number, plan.seed, room, self._tally, now_s, sight, self._stay, self._scene.sleep)
            me.dismissed = self._dismissed
            since_s = now_s()
            try:
                await self._play(me)
                await self._settle(me)
            finally:
                sightings.leave(room.room_id, sight)
                self._tally.stayed(now_s() - since_s, room.tick_hz)
                self._tally.gaps += self._watch.gaps
            await room.leave()

    def dismiss(self) -> None:
        """Time is over: its frames end, and a behaviour that waits for something else is interrupted soon."""
        self._dismissed = True
        if self._me is not None:
            self._me.dismissed = True
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + GRACE_S)

    def cut(self) -> None:
        """End the connection as a network does that is gone: without a word."""
        if self._websocket is not None and not self._dismissed and not self.was_cut:
            self.was_cut = True
            self._websocket.drop(LOST, "cut by a storm of the swarm")

    def _connection(self) -> AbstractAsyncContextManager[Client]:
        scene, name = self._scene, f"bot {self.number}"
        # A thousand bots of one machine need not spare the server: a storm is meant to be one.
        comeback = Backoff(first_s=0.0) if scene.plan.may_return else None
        return connect(
            scene.plan.url,
            name=name,
            light=True,
            blind=self._blind,
            decode=self._decode,
            parts=scene.parts,
            dial=self._connect,
            now_s=scene.now_s,
            comeback=comeback,
            random=Random(f"{scene.plan.seed}/{self.number}/{self._stay}/resume"),
        )

    def _lost(self) -> None:
        self.is_away = True
        self._host.lost(was_cut=self.was_cut)

    def _returned(self) -> None:
        self.was_cut = self.is_away = False
        self._host.returned()

    async def _connect(self, websocket: WebSocket, host: str, port: int, tls: ssl.SSLContext | None) -> Line:
        self._websocket = websocket
        return await self._dial(websocket, host, port, tls)

    def _decode(self, payload: bytes) -> ServerMessage:
        """For each message that comes in: count it and check it, before the client sees it."""
        message = self._decode_message(payload)
        size_bytes = len(payload)
        self._tally.bytes_in += size_bytes
        if isinstance(message, (WireFrame, EventFrame)) and (wrong := self._check(message, size_bytes)):
            self._tell(wrong, message.tick)
        return message

    def _tell(self, wrong: Sequence[str], tick: int) -> None:
        for text in wrong:
            self._tally.broke(Violation(self.number, self._behaviour.name, tick, text, self._watch.arrivals))

    async def _take_seat(self, client: Client) -> Room:
        try:
            async with asyncio.timeout(JOIN_TIMEOUT_S):
                if not self._stay:
                    await client.ping()  # for `state_age`; who comes back in a storm has no time for it
                name, room_id = f"bot {self.number}", self._scene.room_id()
                if room_id is not None:
                    return await client.join(room_id, name=name)
                return await client.join_or_create(self._scene.plan.game, name=name)
        except TimeoutError:
            raise ClientError(f"no answer to the join within {JOIN_TIMEOUT_S:g} s") from None

    async def _play(self, me: Me) -> None:
        """Send what the behaviour yields, until it ends or is interrupted."""
        tally, watch, act, late, now_s = self._tally, self._watch, me.room.act, me.intake.late, me.now_s
        client, counted_bytes = self._client, 0
        limit = asyncio.timeout(None)
        try:
            async with limit, aclosing(self._behaviour(me)) as actions:
                self._limit = limit
                async for action in actions:
                    if not me.room.connected:
                        continue  # nobody acts while he is away
                    due_s = me.due_s
                    if due_s is None:
                        watch.sent = await act(action)
                    else:
                        late_s = max(0.0, now_s() - due_s)
                        tally.send_late.add(late_s)
                        watch.sent = await act(action)
                        late[watch.sent] = late_s
                    tally.sent += 1
                    sent_bytes = client.sent_bytes
                    tally.bytes_out += sent_bytes - counted_bytes
                    counted_bytes = sent_bytes
        except NotSeated:
            """Why is for the frames to say, see `_settle`."""
        except TimeoutError:
            if not limit.expired():
                raise
        finally:
            self._limit = None

    async def _settle(self, me: Me) -> None:
        """Wait until everything sent is answered, but not for ever. Raises if the seat was taken away."""
        room = me.room
        try:
            async with asyncio.timeout(GRACE_S):
                while (room.unanswered or room.left_reason is not None) and await me.next_frame() is not None:
                    """Each frame taken in counts what it answers."""
        except TimeoutError:
            """What is unanswered by now stays so; the tally shows it."""
        if room.left_reason not in OWN_WILL:
            raise NotSeated(room.room_id, str(room.left_reason))
