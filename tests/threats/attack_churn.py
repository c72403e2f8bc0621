"""Those who come and go, in large numbers: what is left of each must be nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeAlias

from tests.end_to_end.raw import UPGRADE, frame
from tests.threats.attack_seats import resume, seat_of
from tests.threats.line import JOINED, LEFT, REJECTED, RESUMED, Line, open_line, say
from tests.threats.order import Order, Seen, tell

__all__ = ["ATTACKS", "churn"]

AT_ONCE = 40
TOLD = 100
"""Times that it is said how many are done."""
ASIDE_MAX = 1_000
GRACE_S = 1
"""simulate.grace_s of the server."""
AWAY_S = 4.0
"""Longer than the server waits for who is silent, and than the grace after it."""
GOODBYE = frame((1000).to_bytes(2, "big"), 0x8)
BAD = (frame(b"\xc1"), frame(b"x", masked=False), frame(b"\x92\x05"), say(4, 0, ["add", 1]), frame(b"", 0x3))
REQUESTS = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 100,
    b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 2000,
    UPGRADE % b"other.v1",
    UPGRADE % b"pelton.v1" + say(2, 0, "tally", {}),
    UPGRADE % b"pelton.v1" + b"\xff" * 20,
)
Cycle: TypeAlias = Callable[[int, Random, "Aside"], Awaitable[str]]


class Aside:
    """Lines that are kept for a while and then closed, while others come and go; who is one too many waits."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._room = asyncio.Semaphore(ASIDE_MAX)

    async def keep(self, line: Line) -> None:
        """Until the server must have ended it."""
        await self._room.acquire()
        self._group.create_task(self._close(line))

    async def _close(self, line: Line) -> None:
        await asyncio.sleep(AWAY_S)
        line.close()
        self._room.release()


async def churn(order: Order) -> Seen:
    """`size` cycles of the kind `what`, many at once; says how many are done, and in the end how they ended."""
    cycle = CYCLES[order.what]
    ends: Counter[str] = Counter()
    left = iter(range(order.size))
    told_every = max(1, order.size // TOLD)

    async def go_round(number: int) -> None:
        random = Random(number)
        for _ in left:
            ends[await cycle(order.port, random, aside)] += 1
            if not ends.total() % told_every:
                tell({"cycles": ends.total()})

    async with asyncio.TaskGroup() as group:
        aside = Aside(group)
        for number in range(AT_ONCE):
            group.create_task(go_round(number))
    return {"cycles": ends.total(), "over": 1, "ends": dict(ends)}


async def play(port: int, random: Random, aside: Aside) -> str:
    """Take a seat, act ten times, and go: with a goodbye, by a reset, without a word, or for something bad."""
    line = await open_line(port, join="tally")
    line.keeps = False
    line.send(*(say(4, seq, ["add", 1]) for seq in range(1, 11)))
    match random.choices(("clean", "reset", "silent", "bad"), (40, 30, 20, 10))[0]:
        case "clean":
            line.keeps = True
            line.send(say(3))
            await line.hear(LEFT)
            line.send(GOODBYE)
            await line.over()
            return "clean"
        case "reset":
            line.reset()
            return "reset"
        case "silent":
            line.deaf()
            await aside.keep(line)
            return "silent"
        case _:
            line.send(random.choice(BAD))
            return f"bad {await line.over()}"


async def rooms(port: int, random: Random, aside: Aside) -> str:
    """Make a room, and leave it; one in a hundred fails before that."""
    line = await open_line(port)
    fails = random.random() < 0.01
    line.send(say(2, 1, "brittle" if fails else "tally", {}))
    answer = await line.hear(JOINED, REJECTED)
    if answer is None or answer[0] == REJECTED:
        line.close()
        return str(answer and answer[1])
    line.send(say(4, 1, ["add", 1]) if fails else say(3))
    left = await line.hear(LEFT)
    line.send(GOODBYE)
    await line.over()
    return str(left and left[1])


async def comebacks(port: int, random: Random, aside: Aside) -> str:
    """Lose the connection and come back: in time, after a wrong token, or too late."""
    seat = await seat_of(port)
    seat.line.reset()
    chance = random.random()
    if chance < 0.1:
        line, _ = await resume(port, seat, random.randbytes(16))
        line.close()
    elif chance < 0.2:
        await asyncio.sleep(GRACE_S + 1)
    line, answer = await resume(port, seat)
    if answer is None or answer[0] != RESUMED:
        line.close()
        return str(line.code)
    line.send(say(3))
    await line.left()
    return "resumed"


async def handshakes(port: int, random: Random, aside: Aside) -> str:
    """A request or a hello that is none."""
    line = await open_line(port, upgrade=False)
    line.send(random.choice(REQUESTS))
    await line.heads()
    if line.head.startswith(b"HTTP/1.1 101"):
        await line.over()
    line.close()
    return line.head[9:12].decode() or "none"


CYCLES: dict[str, Cycle] = {"play": play, "rooms": rooms, "comebacks": comebacks, "handshakes": handshakes}
ATTACKS = (churn,)
