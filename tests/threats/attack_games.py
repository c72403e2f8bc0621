"""Attacks by what games do wrong (faulty_games.py), and on what they keep for their players."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from random import Random

from tests.threats.attack_seats import Taken, resume
from tests.threats.line import FRAME, JOINED, LEFT, REJECTED, RESUMED, SEAT_CARD, WELCOME, Line, open_line, say
from tests.threats.order import Order, Seen

__all__ = ["ATTACKS", "PLACES", "burns", "heists", "mines", "naps"]

PLACES = (
    "on_create",
    "on_auth",
    "on_join",
    "pipeline",
    "on_tick",
    "on_drop",
    "on_resume",
    "on_leave",
    "on_dispose",
)
ERRORS = ("ValueError", "RecursionError", "MemoryError", "CancelledError", "Interrupt")
NEW_ROOM = 1
AT_ONCE = 8
NOTICED_S = 0.3
"""Who is back before the server has noticed was never away: it looks once a tick."""


async def naps(order: Order) -> Seen:
    """A game that stands still `size` times for each of so many milliseconds (`what`); the longest between frames."""
    line = await open_line(order.port, join="nap")
    naps = [int(ms) for ms in order.what.split()] * order.size
    for seq, ms in enumerate(naps, 1):
        line.send(say(4, seq, ["rest", ms]))
        await line.acked(seq)
        line.say_heard()
    over = line.is_over
    line.close()
    return {"naps": len(naps), "over": over}


async def burns(order: Order) -> Seen:
    """`size` rooms that take longer than they have; why each was ended."""
    lines = [await open_line(order.port, join="burning") for _ in range(order.size)]
    reasons: Counter[str] = Counter()
    for line in lines:
        while (message := await line.hear(FRAME, LEFT)) and message[0] == FRAME:
            line.say_heard()
        reasons["lost" if message is None else message[1]] += 1
        line.close()
    return {"reasons": dict(reasons)}


async def mines(order: Order) -> Seen:
    """Rooms that raise: each error in each place, `size` times. `told` counts by place what the player heard."""
    told: Counter[str] = Counter()
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(place: str, error: str) -> None:
        async with turn:
            line = await open_line(order.port)
            line.send(say(2, NEW_ROOM, "minefield", {"place": place, "error": error}))
            answer = await line.hear(JOINED, REJECTED, LEFT)
            if answer is not None and answer[0] == JOINED:
                answer = await _walk(order.port, line, answer, place)
            told[f"{place}: {'cut off' if answer is None else answer[1]}"] += 1
            line.close()

    await asyncio.gather(*(one(*mine) for mine in itertools.product(PLACES, ERRORS) for _ in range(order.size)))
    return {"told": dict(told), "mines": len(PLACES) * len(ERRORS) * order.size}


async def _walk(port: int, line: Line, joined: list[object], place: str) -> list[object] | None:
    """Act, and then do what calls the callback. The last word about the seat."""
    card = await line.hear(SEAT_CARD, LEFT)
    if card is None or card[0] == LEFT:
        return card
    line.send(say(8, 0), say(4, 1, ["boom"]))
    if place in ("on_drop", "on_resume"):
        await line.acked(1)
        line.reset()
        await asyncio.sleep(NOTICED_S)
        seat = Taken(line, str(joined[1]), int(str(joined[3])), card[2], 0)
        back, answer = await resume(port, seat)
        if answer is not None and answer[0] == RESUMED:
            back.keeps = True
            back.send(say(8, answer[1]))
            answer = await back.hear(LEFT)
        back.close()
        return answer
    if place in ("on_leave", "on_dispose"):
        await line.acked(1)
        line.send(say(3))
    return await line.hear(LEFT)


async def heists(order: Order) -> Seen:
    """Users (`what`: their tickets) who come on two connections at once and give gold away, `size` rounds each."""
    tickets = order.what.split()
    here: set[int] = set()
    codes: Counter[str] = Counter()

    async def sit(ticket: str, random: Random) -> Taken | None:
        line = await open_line(order.port, hello=False)
        line.send(say(1, "thief", ticket))
        await line.hear(WELCOME)
        line.send(say(2, 0, "vault", {}))
        joined = await line.hear(JOINED, REJECTED)
        card = None if joined is None or joined[0] == REJECTED else await line.hear(SEAT_CARD)
        if joined is None or card is None:
            codes[str(line.code if line.is_over else joined[1] if joined else 0)] += 1
            line.close()
            return None
        line.keeps = False
        here.add(joined[3])
        gives = (say(4, seq, ["give", random.choice(sorted(here)), random.randrange(40)]) for seq in range(1, 4))
        line.send(say(8, 0), *gives)
        return Taken(line, joined[1], joined[3], card[2], 0)

    async def user(number: int, ticket: str) -> None:
        random = Random(number)
        for _ in range(order.size):
            seats = await asyncio.gather(sit(ticket, random), sit(ticket, random))
            for seat in filter(None, seats):
                if random.random() < 0.5:
                    seat.line.reset()
                    again, answer = await resume_as(order.port, seat, ticket)
                    codes["resumed" if answer else "not resumed"] += 1
                    again.reset()
                elif random.random() < 0.5:
                    seat.line.send(say(3))
                else:
                    seat.line.close()

    await asyncio.gather(*(user(number, ticket) for number, ticket in enumerate(tickets)))
    return {"codes": dict(codes)}


async def resume_as(port: int, seat: Taken, ticket: str) -> tuple[Line, bool]:
    """Ask for this user's seat on a new connection."""
    line = await open_line(port, hello=False)
    line.send(say(1, "thief", ticket))
    if await line.hear(WELCOME) is None:
        return line, False
    line.send(seat.resume())
    answer = await line.hear(RESUMED, REJECTED)
    return line, answer is not None and answer[0] == RESUMED


async def audits(order: Order) -> Seen:
    """Somebody who looks on (`what` is his ticket) has the gold counted, into the log."""
    line = await open_line(order.port, hello=False)
    line.send(say(1, "auditor", order.what))
    await line.hear(WELCOME)
    line.send(say(2, 0, "vault", {}))
    await line.hear(JOINED)
    line.keeps = False
    line.send(say(8, 0), say(4, 1, ["audit"]))
    await line.acked(1)
    line.keeps = True
    line.send(say(3))
    await line.left()
    return {}


ATTACKS = (audits, burns, heists, mines, naps)
