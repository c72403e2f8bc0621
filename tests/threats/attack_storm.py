"""No attack, but what looks like one: everybody loses his connection, and comes back."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Iterable

from pelton.client import Backoff, ClientError, Room, connect
from pelton.client.dial import Line as Dialled
from pelton.client.dial import dial_tcp
from pelton.wire import WebSocket
from tests.threats.attack_seats import resume, seat_of
from tests.threats.line import RESUMED, say
from tests.threats.order import Order, Seen

__all__ = ["ATTACKS", "comebacks", "storm"]

GAME = "ledger"
LOST = 1006
RAMP_S = 0.004
AT_ONCE = 10
ACTS = 6
PATIENCE_S = 60


class Guest:
    """A real client, whose connection can be cut. `added` is what he has done, `away_s` how long he was away."""

    def __init__(self) -> None:
        self.room: Room
        self.added = 0
        self.refused = 0
        self.away_s: list[float] = []
        self.differ = 0
        self.fault = ""
        self.rests = False
        """Whether he only watches."""
        self.seated, self.back = asyncio.Event(), asyncio.Event()
        self._websocket: WebSocket | None = None

    async def play(self, port: int) -> None:
        """Add 1, about once a second, until somebody cancels it."""
        try:
            async with connect(
                f"ws://127.0.0.1:{port}/", light=True, dial=self._dial, comeback=Backoff(first_s=0.0)
            ) as client:
                self.room = await client.join_or_create(GAME)
                self.seated.set()
                async for frame in self.room:
                    self.refused += len(frame.refused)
                    self.differ += len(frame.divergences)
                    if frame.resumed is not None:
                        self.away_s.append(frame.resumed.away_s)
                        self.back.set()
                    if not self.rests and frame.tick % 10 == self.room.player_id % 10:
                        await self.act()
        except ClientError as error:
            self.fault = str(error)
        self.fault = self.fault or "left"

    async def act(self) -> None:
        """Add 1, whether the connection is there or not."""
        self.added += 1
        await self.room.act("add", amount=1)

    def cut(self) -> None:
        """Without a goodbye."""
        assert self._websocket is not None
        self.back.clear()
        self._websocket.drop(LOST, "cut")

    @property
    def is_right(self) -> bool:
        """Whether what he sees is what he has done."""
        return not self.fault and self.room.state.scores[self.room.player_id].total == self.added - self.refused

    async def _dial(self, websocket: WebSocket, host: str, port: int, tls: ssl.SSLContext | None) -> Dialled:
        self._websocket = websocket
        return await dial_tcp(websocket, host, port, tls)


async def storm(order: Order) -> Seen:
    """`size` players are cut at once. `away_s`: how long, sorted; `right`: whose own total is what he has added."""
    guests = [Guest() for _ in range(order.size)]
    async with asyncio.TaskGroup() as group:
        tasks: list[asyncio.Task[None]] = []
        for guest in guests:
            tasks.append(group.create_task(guest.play(order.port)))
            await asyncio.sleep(RAMP_S)
        await _all(guest.seated for guest in guests)
        await asyncio.sleep(order.seconds)
        begun_s = time.monotonic()
        for guest in guests:
            guest.cut()
        for guest in guests:
            await guest.act()
        is_back = await _all(guest.back for guest in guests)
        back_s = time.monotonic() - begun_s
        await asyncio.sleep(order.seconds)
        right = await _settled(guests)
        for task in tasks:
            task.cancel()
    return {
        "seated": sum(guest.seated.is_set() for guest in guests),
        "back": is_back,
        "back_s": back_s,
        "away_s": sorted(away_s for guest in guests for away_s in guest.away_s),
        "right": right,
        "differ": sum(guest.differ for guest in guests),
        "faults": dict(Counter(guest.fault for guest in guests if guest.fault)),
    }


async def _all(events: Iterable[asyncio.Event]) -> int:
    """Wait for all of them, within reason: how many have come."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    done, late = await asyncio.wait(waits, timeout=PATIENCE_S)
    for wait in late:
        wait.cancel()
    return len(done)


async def _settled(guests: list[Guest]) -> int:
    """How many see what they have done, once what is under way has arrived."""
    for guest in guests:
        guest.rests = True
    until_s = time.monotonic() + PATIENCE_S
    while (right := sum(guest.is_right for guest in guests)) < len(guests) and time.monotonic() < until_s:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return right


async def comebacks(order: Order) -> Seen:
    """`size` seats, each of which acts, loses its connection and comes back; in turn by a reset and half open.

    `wait_s`: from connecting anew to the seat, sorted; `acted`: what all have done in all.
    """
    wait_s: list[float] = []
    codes: Counter[str] = Counter()
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with turn:
            seat = await seat_of(order.port)
            before = seat.line
            before.send(*_acts(1, ACTS // 2))
            if number % 2:
                before.reset()
            else:
                before.deaf()
            begun_s = time.monotonic()
            seat.line, answer = await resume(order.port, seat)
            wait_s.append(time.monotonic() - begun_s)
            assert answer is not None
            assert answer[0] == RESUMED, answer
            seat.token = answer[4]
            seat.line.send(say(8, answer[1]), *_acts(answer[2] + 1, ACTS))
            await seat.line.acked(ACTS)
            before.hears_again()
            codes[str(await before.over())] += 1
            seat.line.send(say(3))
            await seat.line.left()

    await asyncio.gather(*(one(number) for number in range(order.size)))
    return {"wait_s": sorted(wait_s), "codes": dict(codes), "acted": ACTS * order.size}


def _acts(first: int, last: int) -> list[bytes]:
    return [say(4, seq, ["add", 1]) for seq in range(first, last + 1)]


ATTACKS = (comebacks, storm)
