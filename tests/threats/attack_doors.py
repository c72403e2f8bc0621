"""Attacks on who may come in: tickets that are not good, one user many times, joins and rooms without end."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.threats.attack_seats import seat_of
from tests.threats.line import JOINED, LEFT, REJECTED, WELCOME, Line, open_line, open_lines, say
from tests.threats.order import Order, Seen

__all__ = ["ATTACKS", "creates", "joins", "logins", "tickets"]

AT_ONCE = 100


async def tickets(order: Order) -> Seen:
    """Each of these tickets, so often: how it ends, and what the goodbyes say."""
    codes: Counter[str] = Counter()
    reasons: set[str] = set()
    for shown in order.said * order.size:
        line = await open_line(order.port, hello=False)
        line.send(say(1, "attacker", shown.decode()), say(2, 0, "tally", {}))
        codes[str(await line.over())] += 1
        reasons.add(line.reason)
    return {"codes": dict(codes), "reasons": sorted(reasons)}


async def logins(order: Order) -> Seen:
    """One user who comes so often at once, and wants a seat each time."""
    lines: list[Line] = []

    async def one() -> None:
        line = await open_line(order.port, hello=False)
        lines.append(line)
        line.send(say(1, "attacker", order.what))
        if await line.hear(WELCOME) is not None:
            line.send(say(2, 0, "tally", {}))
            await line.hear(JOINED, REJECTED)

    for begun in range(0, order.size, AT_ONCE):
        await asyncio.gather(*(one() for _ in range(min(AT_ONCE, order.size - begun))))
    waits = [asyncio.create_task(line.over()) for line in lines]
    for _ in range(len(lines) - 1):  # all but the newest
        await asyncio.wait([wait for wait in waits if not wait.done()], return_when=asyncio.FIRST_COMPLETED)
        if sum(not wait.done() for wait in waits) <= 1:
            break
    for wait in waits:
        wait.cancel()
    codes = Counter(str(line.code) for line in lines if line.is_over)
    left = [line for line in lines if not line.is_over]
    for line in left:
        line.close()
    return {"codes": dict(codes), "left": len(left)}


async def joins(order: Order) -> Seen:
    """So many who all want a seat in one and the same room, which has few, at the same time."""
    reasons: Counter[str] = Counter()
    first = await seat_of(order.port)
    lines = [first.line]
    for begun in range(0, order.size, AT_ONCE):
        batch = await open_lines(order.port, min(AT_ONCE, order.size - begun))
        for line in batch:
            line.send(say(2, 2, first.room_id, {}))
        answers = await asyncio.gather(*(line.hear(JOINED, REJECTED) for line in batch))
        for line, told in zip(batch, answers, strict=True):
            reasons["closed" if told is None else "seated" if told[0] == JOINED else told[1]] += 1
            if told is None or told[0] == REJECTED:
                line.close()
            else:
                line.keeps = False
                lines.append(line)
    for line in lines:
        line.close()
    return {"reasons": dict(reasons)}


async def creates(order: Order) -> Seen:
    """So many rooms of one user, one after the other, each left at once."""
    reasons: Counter[str] = Counter()
    line = await open_line(order.port, hello=False)
    line.send(say(1, "attacker", order.what))
    await line.hear(WELCOME)
    for _ in range(order.size):
        line.send(say(2, 1, "tally", {}))
        told = await line.hear(JOINED, REJECTED)
        if told is None:
            reasons[str(line.code)] += 1
            break
        reasons["made" if told[0] == JOINED else told[1]] += 1
        if told[0] == JOINED:
            line.send(say(3))
            await line.hear(LEFT)
        await asyncio.sleep(0.01)  # slow enough for the limit of frames
    line.close()
    return {"reasons": dict(reasons)}


ATTACKS = (creates, joins, logins, tickets)
