"""The players: real clients that come back by themselves, act, nap, leave, and join anew. Each keeps a record."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any

from pelton.client import Client, Closed, JoinRejected, NotSeated, Room, TooFast, connect
from pelton.client.backoff import Backoff
from pelton.client.errors import CannotConnect
from pelton.protocol import CLOSE_CODES, Comeback, Draining, EventFrame, Frame, Welcome, may_come_back
from pelton.protocol.messages import ServerMessage
from pelton.protocol.plain import SharedFrames
from pelton.swarm.invariants import Watch
from tests.simulation.links import Link
from tests.simulation.stay import Stay

if TYPE_CHECKING:
    from tests.simulation.world import SessionWorld

__all__ = ["Bot"]

COMEBACK = Backoff(0.3, 1.0)
NEVER_SEEN = frozenset({1002, 1003, 1009, 4400, 4405, 4409, 4500, 4512})
"""Close codes that say that somebody did wrong: never told to a client that is right."""
CUTS = frozenset({1006, 4503, 4504, 4508, 4512, 4529})
"""Of clients that were not heard, or too much."""
GOODBYE, RESTART, HELLO_TIMEOUT = 1000, 1012, 4508
BURST = 200


class Bot:
    """One player, over all of his stays."""

    def __init__(self, number: int, world: SessionWorld, arrives_s: float) -> None:
        self.who = f"bot {number}"
        self.stay: Stay | None = None
        self.client: Client | None = None
        self._world = world
        self._plan = world.plan
        self._random = Random(f"{world.plan.seed}/bot/{number}")
        self._arrives_s = arrives_s
        self._frames = SharedFrames(16)
        self._over = False
        self._final: Closed | None = None
        self._told_to_drain = self._welcomed = False
        self._acting = 1.0 if self._random.random() < 0.5 else 6.0
        self.link = Link(
            self.who,
            world.loop,
            world.time,
            world.network,
            world.conditions,
            Random(f"{world.plan.seed}/link/{number}"),
            self._closed,
        )

    @property
    def is_settled(self) -> bool:
        """Seated, connected, and every action answered."""
        return self.stay is not None and self.stay.settled

    @property
    def standing(self) -> str:
        """In a few words."""
        if self.stay is None:
            return "has no seat"
        room = self.stay.room
        return f"has {len(room.unanswered)} unanswered, connected={room.connected}, left={room.left_reason}"

    async def live(self) -> None:
        """Come, play, go, until `dismiss`."""
        await asyncio.sleep(self._arrives_s)
        while not self._over:
            try:
                await self._visit()
            except (CannotConnect, Closed, JoinRejected, NotSeated):
                """As happens."""
            except Exception as error:  # noqa: BLE001 - the edge: a fault of ours
                self._world.fail("clients meet no faults", self.who, repr(error))
                return
            self.stay = None
            await asyncio.sleep(0.1 + 0.5 * self._random.random())

    def dismiss(self) -> None:
        """Time is over."""
        self._over = True
        stay = self.stay
        if stay is not None:
            stay.leaving = True

    async def _visit(self) -> None:
        world = self._world
        self._final = None
        watch = Watch()
        async with connect(
            "ws://simulation/",
            name=self.who,
            light=True,
            decode=self._checked(watch),
            dial=self._dial,
            now_s=world.time.seconds,
            timeout_s=3.0,
            comeback=COMEBACK,
            random=Random(self._random.getrandbits(32)),
        ) as client:
            self.client = client
            try:
                async with asyncio.timeout(4.0):
                    room = await self._join(client)
            except TimeoutError:
                return
            court = world.court
            stay = self.stay = Stay(self.who, room, court.hall(room.room_id), world.fail)
            court.stays[room.room_id, room.player_id] = stay
            stay.leaving = self._over
            room.on_drop, room.on_resume = lambda: self._dropped(stay), lambda: self._resumed(stay)
            try:
                await self._play(room, stay, watch)
            finally:
                stay.leaving = True
            if room.left_reason is None:
                await room.leave()
                async for _ in room:
                    """What was under way."""

    async def _join(self, client: Client) -> Room:
        game = self._world.game_name
        dice = self._random.random()
        rooms = self._world.room_ids
        if dice < 0.15:
            return await client.create(game, name=self.who)
        if dice < 0.3 and rooms:
            return await client.join(self._random.choice(rooms), name=self.who)
        return await client.join_or_create(game, name=self.who)

    async def _play(self, room: Room, stay: Stay, watch: Watch) -> None:
        acting = asyncio.create_task(self._act_on(room, stay, watch))
        try:
            await self._look(room, stay)
        except Closed as closed:
            self._ended(room, stay, closed)
            raise
        finally:
            acting.cancel()
            await asyncio.wait({acting})
        if acting.done() and not acting.cancelled():
            error = acting.exception()
            if error is not None:
                raise error
        self._ended(room, stay, None)

    async def _look(self, room: Room, stay: Stay) -> None:
        random, naps = self._random, "naps" in self._plan.kinds
        leaves = "leaves" in self._plan.kinds
        async for frame in room:
            stay.saw(frame)
            if self._over:
                return
            if self._world.is_calm:
                await self._verify(room, 0.1)
                continue
            await self._verify(room, 0.02)
            if naps and random.random() < 0.01:
                await asyncio.sleep(3 * random.random())
            if leaves and random.random() < 0.01:
                stay.leaving = True
                return

    async def _verify(self, room: Room, share: float) -> None:
        """Now and then."""
        if self._random.random() < share:
            try:
                await room.verify()
            except (Closed, NotSeated):
                """It ends, or comes back; the next frame tells."""

    async def _act_on(self, room: Room, stay: Stay, watch: Watch) -> None:
        random, floods = self._random, "floods" in self._plan.kinds
        barred = 0.2 if "barred" in self._plan.kinds else 0.02
        last_words = False
        while room.left_reason is None and not stay.leaving:
            await asyncio.sleep(random.random() / self._acting)
            if self._world.is_calm:
                if last_words:
                    continue
                last_words = True
            count = BURST if floods and random.random() < 0.02 and not last_words else 1 + int(3 * random.random())
            try:
                for _ in range(count):
                    await self._act(room, stay, watch, barred)
            except TooFast:
                """Later."""
            except Closed:
                """The loop looks whether he comes back."""

    async def _act(self, room: Room, stay: Stay, watch: Watch, barred: float) -> None:
        dice = self._random.random()
        before = room._ledger._last_seq
        seq = before + 1
        fields: dict[str, Any] = {"number": seq, "barred": dice < barred}
        if dice > 1 - barred / 2:
            fields["number"] = -1
            stay.invalid.add(seq)
        watch.sent = seq
        stay.sent.add(seq)
        try:
            await room.act("put", **fields)
        except BaseException:
            stay.sent.discard(seq)
            if room._ledger._last_seq > before:
                stay.unsent.add(seq)
            else:
                watch.sent = before
            raise

    # What is held against the laws.

    def _checked(self, watch: Watch) -> Callable[[bytes], ServerMessage]:
        decode = self._frames

        def decode_and_check(payload: bytes) -> ServerMessage:
            message = decode(payload)
            if isinstance(message, Frame | EventFrame):
                stay = self.stay
                if stay is not None and not stay.room.connected:
                    self._world.fail("nothing comes before on_resume", self.who, f"a frame of tick {message.tick}")
                for wrong in watch.check(message, len(payload)):
                    self._world.fail("the protocol's promises", self.who, wrong)
            elif isinstance(message, Welcome):
                self._welcomed = True
            elif isinstance(message, Draining):
                self._told_to_drain = True
            return message

        return decode_and_check

    def _dial(self, websocket: Any, host: str, port: int, tls: Any) -> Any:
        if self._final is not None:
            self._world.fail("who is told no does not come back", self.who, f"dials again after {self._final}")
        return self.link.dial(websocket, host, port, tls)

    def _closed(self, code: int, reason: str) -> None:
        """A connection of his has ended."""
        world = self._world
        world.note(f"{self.who}: closed with {code} {reason}")
        if code not in CLOSE_CODES:
            world.fail("every close has a documented code", self.who, f"{code} {reason}")
        if self._plan.is_gentle and code in CUTS and (self._welcomed or code == HELLO_TIMEOUT):
            world.fail("a stall cuts nobody who is well", self.who, f"{code} {reason}")
        if code in NEVER_SEEN:
            world.fail("who does nothing wrong is not blamed", self.who, f"{code} {reason}")
        if code == RESTART and self._welcomed and not self._told_to_drain:
            world.fail("everybody is told of a drain", self.who, "closed with 1012, and had not been told")
        self._told_to_drain = self._welcomed = False
        if may_come_back(code) is Comeback.NO and code != GOODBYE:
            self._final = Closed(code, reason)

    def _dropped(self, stay: Stay) -> None:
        stay.dropped_s = self._world.time.now_s

    def _resumed(self, stay: Stay) -> None:
        stay.dropped_s = None

    def _ended(self, room: Room, stay: Stay, closed: Closed | None) -> None:
        """The iteration of the room is over, for a reason or not."""
        world = self._world
        if stay.leaving or self._over:
            return
        reason = room.left_reason
        world.note(f"{self.who}: seat ended, {reason} {closed or ''}")
        hall = stay.hall
        reasons = {
            "kicked": stay.player_id in world.court_of(stay).records[room.room_id].kicked,
            "room_closed": hall.ended,
            "room_error": hall.broke,
            "room_overrun": "overload" in self._plan.kinds or "jumps" in self._plan.kinds,
            "shutting_down": world.drained,
        }
        if reason == "closed":
            away_s = world.time.now_s - (stay.dropped_s if stay.dropped_s is not None else math.inf)
            seated = world.court_of(stay) is world.court and world.court.is_seated(room.room_id, room.player_id)
            has_token = room.grace_s > 0  # who is lost between `joined` and `seat_card` cannot come back
            if seated and has_token and away_s < room.grace_s and not world.drained:
                self._world.fail("nobody loses his seat before its time", self.who, f"{closed}, {away_s:.2f} s away")
        elif not reasons.get(str(reason), False):
            world.fail("nobody is shown out without a reason", self.who, f"{reason}")
