"""Somebody who means ill: wrong tokens, tokens that were used, garbage, half of everything.

He never gets a seat that is another's, and nobody else notices him.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

from pelton.client.connection import Connection
from pelton.client.errors import CannotConnect, Closed
from pelton.protocol import Act, BadMessage, Heard, Hello, Join, Rejected, Resume, Resumed, Welcome
from pelton.protocol.messages import HOW_JOIN_OR_CREATE, TOKEN_BYTES, ServerMessage
from pelton.protocol.plain import decode_server
from tests.simulation.links import Link

if TYPE_CHECKING:
    from tests.simulation.world import SessionWorld

__all__ = ["Villain"]


class Villain:
    """One of them; does another bad thing each time."""

    def __init__(self, world: SessionWorld) -> None:
        self._world = world
        self._random = Random(f"{world.plan.seed}/villain")
        self.old_tokens: dict[tuple[str, int], list[bytes]] = {}
        """Every token that a player has had, the oldest first."""
        random = Random(f"{world.plan.seed}/link/villain")
        self.link = Link(
            "villain", world.loop, world.time, world.network, world.conditions, random, lambda _code, _reason: None
        )
        self._deeds = (self._guess, self._replay, self._replay, self._garbage, self._half, self._crowd, self._repeat)

    async def live(self) -> None:
        """Until the faults end."""
        while self._world.time.now_s < self._world.plan.faults_s:
            await asyncio.sleep(0.6 * self._random.random())
            self._look_over_shoulders()
            connection = Connection("ws://simulation/", self, decode_server, self.link.dial)
            try:
                async with asyncio.timeout(2.0):
                    deed = self._random.choice(self._deeds)
                    await (self._replay if self._chances() else deed)(connection)
            except (CannotConnect, Closed, OSError, BadMessage):
                """As he deserves."""
            finally:
                connection.drop()

    def take(self, connection: Connection, message: ServerMessage) -> None:
        """What the server says."""
        if isinstance(message, Resumed):
            self._world.fail("no seat for a wrong token", "villain", f"he has a seat now, tick {message.tick}")
        if isinstance(message, Welcome):
            connection.answer(Welcome, message)
        elif isinstance(message, Rejected):
            connection.answer(Resumed, Closed(4401, message.reason))

    def lost(self, connection: Connection, closed: Closed) -> None:
        """Once more."""

    def _look_over_shoulders(self) -> None:
        for bot in self._world.bots:
            stay = bot.stay
            if stay is not None and stay.room.token:
                tokens = self.old_tokens.setdefault((stay.room.room_id, stay.player_id), [])
                if stay.room.token not in tokens:
                    tokens.append(stay.room.token)

    async def _guess(self, connection: Connection) -> None:
        """A token of his own making, for a seat that there is."""
        await connection.open("villain", 2.0, None)
        stays = [bot.stay for bot in self._world.bots if bot.stay is not None]
        if stays:
            stay = self._random.choice(stays)
            token = self._random.randbytes(TOKEN_BYTES)
            await connection.ask(Resume(stay.room.room_id, stay.player_id, token, 0), Resumed)

    async def _replay(self, connection: Connection) -> None:
        """A token that was used, after the next one is known to have arrived."""
        await connection.open("villain", 2.0, None)
        for room_id, player_id, token in self._chances():
            await connection.ask(Resume(room_id, player_id, token, 0), Resumed)

    def _chances(self) -> list[tuple[str, int, bytes]]:
        """Seats that wait for their player, each with the last token of his that is not good any more."""
        chances: list[tuple[str, int, bytes]] = []
        for (room_id, player_id), tokens in self.old_tokens.items():
            court, seat = self._world.court, self._world.server.lobby.seat_of(room_id, player_id)
            is_used = len(tokens) > 1 and seat is not None and seat.heard > court.resumed_at(room_id, player_id)
            if is_used and seat is not None and seat.away:
                chances.append((room_id, player_id, tokens[-2]))
        return chances

    async def _garbage(self, connection: Connection) -> None:
        await connection.open("villain", 2.0, None)
        connection._websocket.push(self._random.randbytes(1 + int(40 * self._random.random())))
        await asyncio.sleep(0.3)

    async def _half(self, connection: Connection) -> None:
        """Connects, and says nothing."""
        connection.line = await self.link.dial(connection._websocket, "", 0, None)
        await asyncio.sleep(1.5)

    async def _crowd(self, connection: Connection) -> None:
        """Takes a seat and lets it go without a word."""
        await connection.open("villain", 2.0, None)
        connection.push(Join(HOW_JOIN_OR_CREATE, self._world.game_name, {"name": "villain"}))
        await asyncio.sleep(0.5 * self._random.random())

    async def _repeat(self, connection: Connection) -> None:
        """Says hello twice, acts out of turn, and again with the same number."""
        await connection.open("villain", 2.0, None)
        connection.push(Join(HOW_JOIN_OR_CREATE, self._world.game_name, {"name": "villain"}))
        await asyncio.sleep(0.4)
        for number in (1, 2, 2, 1):
            connection.push(Act(number, ["put", 1_000_000 + number, False], 0))
        connection.push(Heard(2**40))
        await asyncio.sleep(0.3)
        connection.push(Hello("again"))
        await asyncio.sleep(0.2)
