"""A client of a server: asks for seats, and comes back by itself when its connection is lost.

Not for use from several threads.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from random import Random, SystemRandom

from pelton.client.backoff import Backoff
from pelton.client.clock import ServerClock, TickClock
from pelton.client.connection import Connection
from pelton.client.dial import Dial, Line, dial_tcp
from pelton.client.errors import CannotConnect, ClientError, Closed, JoinRejected, ServerFault
from pelton.client.link import Link
from pelton.client.replica import Replica, SharedParts
from pelton.client.room import Room
from pelton.client.ticket import Ticket, fresh_ticket
from pelton.protocol import (
    Comeback,
    Draining,
    EventFrame,
    Frame,
    Join,
    Joined,
    Leave,
    Left,
    Ping,
    Pong,
    Rejected,
    Resume,
    Resumed,
    SeatCard,
    Welcome,
)
from pelton.protocol.messages import HOW_BY_ID, HOW_CREATE, HOW_JOIN_OR_CREATE, Option, ServerMessage
from pelton.protocol.plain import decode_head, decode_server

__all__ = ["Client", "connect"]

TRY_TIMEOUT_S = 5.0
"""For each try to come back."""


@asynccontextmanager
async def connect(
    url: str,
    *,
    name: str = "pelton-python",
    timeout_s: float = 10.0,
    tls: ssl.SSLContext | None = None,
    light: bool = False,
    blind: bool = False,
    decode: Callable[[bytes], ServerMessage] | None = None,
    parts: SharedParts | None = None,
    dial: Dial = dial_tcp,
    now_s: Callable[[], float] = time.monotonic,
    ticket: Ticket = "",
    comeback: Backoff | None = Backoff(),  # noqa: B008 - frozen
    random: Random | None = None,
) -> AsyncGenerator[Client]:
    """Connect and say hello; on leaving the block, say goodbye.

    `ticket` shows the server who you are: a text, or a function, plain or async, that is asked for a fresh one at each
    connect, also to come back. It is sent in no URL and written nowhere.

    A seat whose connection is lost is taken again as `comeback` says; with None the room ends with its connection.

    `tls` is the context for a wss:// address (default: the system's). `light` keeps the state in plain Python and never
    imports numpy: for bots, and for clients that start quickly; without numpy it is so anyway. `blind`
    clients take their frames, but keep no state. `decode` and `parts` are for many clients in one program: a
    `pelton.protocol.plain.SharedFrames` and a `SharedParts` that all of them have. `dial` makes the connection
    another way, `now_s` is another clock in seconds, and `random` decides when to try again: for tests and simulations.

    CannotConnect if that does not work within `timeout_s` seconds.
    """
    client = Client(
        url,
        name,
        decode,
        light=light,
        blind=blind,
        parts=parts,
        dial=dial,
        now_s=now_s,
        ticket=ticket,
        comeback=comeback,
        random=random,
    )
    try:
        await client.open(timeout_s, tls)
        yield client
    finally:
        await client.close()


class Client:
    """Made by `connect`. Holds at most one seat at a time."""

    def __init__(
        self,
        url: str,
        name: str,
        decode: Callable[[bytes], ServerMessage] | None = None,
        *,
        light: bool = False,
        blind: bool = False,
        parts: SharedParts | None = None,
        dial: Dial = dial_tcp,
        now_s: Callable[[], float] = time.monotonic,
        ticket: Ticket = "",
        comeback: Backoff | None = None,
        random: Random | None = None,
    ) -> None:
        self.url = url
        self.session_id = ""
        self.server = ""
        """The server's name and version, as it says."""
        self.room: Room | None = None
        """The seat held now."""
        self.clock = ServerClock()
        """The server's clock, as far as pings have told."""
        self.on_drain: Callable[[float], None] | None = None
        """Called when the server says that it is going to stop, with the seconds that are left."""
        self.retry_after_s: float | None = None
        """When to connect again to a server that stops; None: it has not said that it does."""
        self._light = light
        self._blind = blind
        self._parts = parts
        self._dial = dial
        self._now_s = now_s
        self._name = name
        self._ticket = ticket
        self._decode = decode or (decode_head if blind else decode_server)
        self._comeback = comeback
        self._random = random or SystemRandom()
        self._tls: ssl.SSLContext | None = None
        self._joining = False
        self._pings = 0
        self._sent_before_bytes = 0
        self._connection = self._new_connection()
        self._returning: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    @property
    def sent_bytes(self) -> int:
        """Of all messages given to the network so far."""
        return self._sent_before_bytes + self._connection.sent_bytes

    @property
    def line(self) -> Line | None:
        """The connection below, once there is one."""
        return self._connection.line

    async def join_or_create(self, game: str, **options: Option) -> Room:
        """A seat in any room of the game, a new one if need be. `options` go to the game; `name` is the player's name.

        JoinRejected if there is none to be had.
        """
        return await self._join(HOW_JOIN_OR_CREATE, game, options)

    async def create(self, game: str, **options: Option) -> Room:
        """A seat in a new room of the game."""
        return await self._join(HOW_CREATE, game, options)

    async def join(self, room_id: str, **options: Option) -> Room:
        """A seat in the room of this id."""
        return await self._join(HOW_BY_ID, room_id, options)

    async def ping(self) -> float:
        """The round trip to the server in seconds; `clock` learns from it.

        A server answers who has a seat up to a tick later: ping now and then, and take `clock.round_trip_s`, the least.
        """
        self._pings = nonce = (self._pings + 1) % 2**32
        sent_s = self._now_s()
        pong, received_s = await self._connection.ask(Ping(nonce), nonce)
        self.clock.pong(sent_s, received_s, pong.time_us)
        return float(received_s - sent_s)

    def retry_now(self) -> None:
        """Do not wait for the next try to come back: the network is there again, say."""
        self._hurry.set()

    async def open(self, timeout_s: float, tls: ssl.SSLContext | None) -> None:
        """Connect and say hello; `connect` does it."""
        self._tls = tls
        self._greeted(await self._connection.open(self._name, timeout_s, tls, await fresh_ticket(self._ticket)))

    async def close(self) -> None:
        """Say goodbye and wait for the server to end the connection; after a while, end it without."""
        self._comeback = None
        returning, room, lost_by = self._returning, self.room, self._connection.ended
        if returning is not None:
            returning.cancel()
            await asyncio.wait({returning})
            if room is not None and lost_by is not None:
                self._give_up(room, lost_by)  # it may not even have begun
        await self._connection.close()

    # What a connection calls.

    def take(self, connection: Connection, message: ServerMessage) -> None:
        """A message has arrived."""
        if connection is not self._connection and not isinstance(message, Welcome | Resumed | Rejected):
            return  # of a connection that nobody wants any more
        match message:
            case Frame() | EventFrame():
                if self.room is not None:
                    self.room.receive(message, self._now_s())
            case Welcome():
                connection.answer(Welcome, message)
            case Pong(nonce):
                connection.answer(nonce, (message, self._now_s()))
            case Draining(ends_in_s, retry_after_s):
                self.retry_after_s = retry_after_s
                if self.on_drain is not None:
                    self.on_drain(ends_in_s)
            case _:
                self._take_of_seat(connection, message)

    def _take_of_seat(self, connection: Connection, message: ServerMessage) -> None:
        """What comes once a seat."""
        match message:
            case Rejected(reason, detail, retry_after_s):
                self._joining = False
                connection.answer(Joined, JoinRejected(reason, detail, retry_after_s))
                connection.answer(Resumed, JoinRejected(reason, detail, retry_after_s))
            case Joined() if not connection.is_asking(Joined):
                self._joining = False
                connection.push(Leave())  # whoever asked has given up
            case Joined():
                self._joining = False
                self._take_seat(connection, message)
            case Resumed():
                self._take_seat_again(connection, message)
            case SeatCard() if self.room is not None:
                self.room.take_card(message)
            case Left(reason) if self.room is not None:
                self.room.end(reason)
                self.room = None
            case _:
                """Of a seat that nobody wanted."""

    def lost(self, connection: Connection, closed: Closed) -> None:
        """The connection is over."""
        self._joining = False
        room = self.room
        if connection is not self._connection or room is None:
            return
        if self._may_resume(room, closed):
            room.dropped()
            self._hurry.clear()
            loop = asyncio.get_running_loop()
            self._returning = loop.create_task(self._come_back(room, closed), name=f"resume {room.room_id}")
        else:
            self._give_up(room, closed)

    def _may_resume(self, room: Room, closed: Closed) -> bool:
        wants = self._comeback is not None and self._returning is None
        return wants and bool(room.token) and closed.comeback is not Comeback.NO

    async def _come_back(self, room: Room, closed: Closed) -> None:
        """Try until the seat is taken again, or it cannot be any more."""
        backoff = self._comeback or Backoff()
        until_s = self._now_s() + room.grace_s
        try:
            for pause_s in backoff.pauses(self._random):
                await self._pause(pause_s)
                if self._now_s() > until_s:
                    break
                try:
                    await self._try_again(room)
                except (CannotConnect, JoinRejected, Closed, TimeoutError) as failure:
                    if is_final(failure):
                        break
                else:
                    return
            self._give_up(room, closed)
        except BaseException:
            self._give_up(room, closed)
            raise
        finally:
            if self._returning is asyncio.current_task():
                self._returning = None

    async def _pause(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._hurry.wait()
        except TimeoutError:
            """Nobody was in a hurry."""
        self._hurry.clear()

    async def _try_again(self, room: Room) -> None:
        """Connect anew and ask for the seat. Raises what went wrong; then the connection is ended."""
        connection = self._new_connection()
        try:
            async with asyncio.timeout(TRY_TIMEOUT_S):
                ticket = await fresh_ticket(self._ticket)
            welcome = await connection.open(self._name, TRY_TIMEOUT_S, self._tls, ticket)
            async with asyncio.timeout(TRY_TIMEOUT_S):
                await connection.ask(Resume(room.room_id, room.player_id, room.token, room.received_tick), Resumed)
        except BaseException:
            connection.drop()
            raise
        self._greeted(welcome)

    def _take_seat_again(self, connection: Connection, resumed: Resumed) -> None:
        """At once, as frames follow."""
        room = self.room
        if room is None or not connection.is_asking(Resumed):
            connection.drop()
            return
        self._sent_before_bytes += self._connection.sent_bytes
        self._connection = connection
        self._returning = None  # should this connection break at once, another way back begins
        connection.silence.watch()
        connection.answer(Resumed, resumed)
        room.returned(resumed, self._link(connection))

    def _give_up(self, room: Room, closed: Closed) -> None:
        if self.room is room:
            self.room = None
        room.end("closed", closed)

    def _greeted(self, welcome: Welcome) -> None:
        self.session_id, self.server = welcome.session_id, welcome.server

    def _new_connection(self) -> Connection:
        return Connection(self.url, self, self._decode, self._dial)

    async def _join(self, how: int, target: str, options: dict[str, Option]) -> Room:
        if self.room is not None:
            raise ClientError(f"this connection has a seat in room {self.room.room_id} already; leave it first")
        connection = self._connection
        if self._joining or connection.is_asking(Joined):
            raise ClientError("a join is under way; wait for its answer")
        room: Room = await connection.ask(Join(how, target, options), Joined, self._join_sent)
        return room

    def _join_sent(self) -> None:
        self._joining = self._connection.ended is None

    def _take_seat(self, connection: Connection, joined: Joined) -> None:
        try:
            state = Replica(joined.tables, light=self._light, shared=self._parts, blind=self._blind)
            self.room = Room(joined, self._link(connection), state, TickClock(joined.tick_hz, self.clock))
        except ServerFault as fault:
            connection.answer(Joined, fault)
            connection.fault(f"the server offered a room that is none: {fault}", "a room that makes no sense")
            return
        connection.silence.watch()
        connection.answer(Joined, self.room)

    def _link(self, connection: Connection) -> Link:
        return Link(
            connection.send, connection.offer, connection.push, connection.pause, connection.resume, self._now_s
        )


def is_final(failure: CannotConnect | JoinRejected | Closed | TimeoutError) -> bool:
    """Whether trying again would only end the same way."""
    closed = failure.closed if isinstance(failure, CannotConnect) else failure
    return isinstance(closed, Closed) and closed.comeback is Comeback.NO
