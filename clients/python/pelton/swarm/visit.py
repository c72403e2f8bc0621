"""One bot's visit to a server: connect, take a seat, play, wait for the answers, leave, say goodbye.

Whatever happens to the bot ends up in the tally and goes no further: a bot never disturbs another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing

from pelton.client import Client, ClientError, NotSeated, Room, SharedParts, connect
from pelton.protocol.plain import SharedFrames
from pelton.swarm.behaviour import Me
from pelton.swarm.plan import Plan
from pelton.swarm.tally import Tally

__all__ = ["Visit"]

JOIN_TIMEOUT_S = 10.0
GRACE_S = 2.0
"""What a behaviour has to end after its time, and then the server to answer what was sent."""
SEEING_EVERY = 10
"""Of bots that never look at the state, every so many keeps it none the less: somebody has to compare digests."""
OWN_WILL = (None, "you_left")


class Visit:
    """A bot from its arrival to its goodbye."""

    def __init__(self, number: int, plan: Plan, tally: Tally, decode: SharedFrames, parts: SharedParts) -> None:
        self.number = number
        self._plan = plan
        self._tally = tally
        self._decode = decode
        self._parts = parts
        self._dismissed = False
        self._me: Me | None = None
        self._limit: asyncio.Timeout | None = None

    async def run(self, arrived: Callable[[], None]) -> None:
        """All of it. `arrived` is called once: when the bot has its seat, or will never have one."""
        tally, said = self._tally, False
        tally.started += 1
        try:
            async with self._connection() as client:
                tally.connected += 1
                room = await self._take_seat(client)
                tally.seated += 1
                said = True
                arrived()
                await self._stay(room)
        except ClientError as error:
            tally.failed(self.number, str(error))
        except Exception as error:  # noqa: BLE001 - the edge: a behaviour may raise anything, it ends this bot alone
            tally.failed(self.number, f"{self._plan.behaviour.name} raised {error!r}", error)
        finally:
            if not said:
                arrived()

    def dismiss(self) -> None:
        """Time is over: its frames end, and a behaviour that waits for something else is interrupted soon."""
        self._dismissed = True
        if self._me is not None:
            self._me.dismissed = True
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + GRACE_S)

    def _connection(self) -> AbstractAsyncContextManager[Client]:
        name = f"bot {self.number}"
        # Light: without numpy, what nobody looks at costs next to nothing, and few bots look at every row.
        blind = self._plan.behaviour.blind and self.number % SEEING_EVERY != 0
        return connect(self._plan.url, name=name, light=True, blind=blind, decode=self._decode, parts=self._parts)

    async def _take_seat(self, client: Client) -> Room:
        try:
            async with asyncio.timeout(JOIN_TIMEOUT_S):
                return await client.join_or_create(self._plan.game, name=f"bot {self.number}")
        except TimeoutError:
            raise ClientError(f"no answer to the join within {JOIN_TIMEOUT_S:g} s") from None

    async def _stay(self, room: Room) -> None:
        now_s = asyncio.get_running_loop().time
        since_s = now_s()
        me = self._me = Me(self.number, self._plan.seed, room, self._tally)
        me.dismissed = self._dismissed
        try:
            await self._play(me)
            await self._settle(me)
        finally:
            self._tally.stayed(now_s() - since_s, room.tick_hz)
        await room.leave()

    async def _play(self, me: Me) -> None:
        """Send what the behaviour yields, until it ends or is interrupted."""
        tally, act = self._tally, me.room.act
        limit = asyncio.timeout(None)
        try:
            async with limit, aclosing(self._plan.behaviour(me)) as actions:
                self._limit = limit
                async for action in actions:
                    await act(action)
                    tally.sent += 1
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
