"""Attacks by what is said: messages, frames and requests that nobody should send."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from random import Random

from tests.end_to_end.raw import frame, pack
from tests.threats.line import FRAME, open_line
from tests.threats.order import Order, Seen

__all__ = ["ATTACKS", "bad_acts", "blurts", "mutants", "requests", "says"]

AT_ONCE = 16
ACT_EVERY_S = 0.02
PING = 0x9
END = b"was that all?"


async def says(order: Order) -> Seen:
    """Each of `said` on a connection of its own, `size` times over; in the game `what` if there is one.

    `codes` counts how they ended, `slowest_s` is the longest way from saying it to the end.
    """
    codes: Counter[str] = Counter()
    slowest_s = 0.0
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(data: bytes) -> None:
        nonlocal slowest_s
        async with turn:
            line = await open_line(order.port, join=order.what)
            begun_s = time.monotonic()
            line.send(data)
            codes[str(await line.over())] += 1
            slowest_s = max(slowest_s, line.ended_s - begun_s)

    await asyncio.gather(*(one(data) for data in order.said * order.size))
    return {"codes": dict(codes), "slowest_s": slowest_s}


async def blurts(order: Order) -> Seen:
    """Each of `said` on a connection of its own, `size` times over, kept for so many seconds if nobody ends it."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(data: bytes) -> None:
        async with turn:
            line = await open_line(order.port, hello=False)
            line.keeps = False
            line.send(data, frame(END, PING))
            await line.ponged()
            await asyncio.sleep(order.seconds)
            line.close()

    await asyncio.gather(*(one(data) for data in order.said * order.size))
    return {"said": len(order.said) * order.size}


async def mutants(order: Order) -> Seen:
    """`size` connections with damaged sessions (tests/fuzz) on each; `codes` counts their ends, 0 if there was none."""
    from tests.fuzz.message_targets import Sessions  # the whole server comes with it, which takes half a second

    codes: Counter[str] = Counter()
    random, sessions = Random(1), Sessions()
    turn = asyncio.Semaphore(AT_ONCE)
    messages = 0

    async def one(payloads: list[bytes]) -> None:
        nonlocal messages
        async with turn:
            line = await open_line(order.port, hello=False)
            line.keeps = False
            line.send(*(frame(payload) for payload in payloads), frame(END, PING))
            messages += len(payloads)
            await line.ponged()
            codes[str(line.code) if line.is_over else "0"] += 1
            line.close()

    drawn = [[payload for _ in range(3) for payload in sessions.draw(random)] for _ in range(order.size)]
    await asyncio.gather(*(one(payloads) for payloads in drawn))
    return {"codes": dict(codes), "messages": messages}


async def bad_acts(order: Order) -> Seen:
    """One seat acts with each of `said` (an action, packed), `size` times over, as often as a client may act.

    `refused` counts the reasons, `taken` is the number of the last one that the game was given.
    """
    line = await open_line(order.port, join="arena")
    refused: Counter[str] = Counter()
    actions = order.said * order.size
    taken = 0
    for seq, action in enumerate(actions, 1):
        line.send(frame(b"\x93\x04" + pack(seq) + action))
        await asyncio.sleep(ACT_EVERY_S)
        if seq % 20 == 0:
            line.say_heard()
    async with asyncio.timeout(30):
        while refused.total() < len(actions) and not line.is_over:
            message = await line.hear(FRAME)
            if message is not None:
                taken = message[1]
                refused.update(reason for _, reason in message[2])
    seen = {"refused": dict(refused), "taken": taken}
    line.close()
    return seen


async def requests(order: Order) -> Seen:
    """Each of `said` as a request, `size` times over; `answers` counts the statuses, `-` where there was none."""
    answers: Counter[str] = Counter()
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(data: bytes) -> None:
        async with turn:
            line = await open_line(order.port, upgrade=False)
            line.send(data)
            line.transport.write_eof()
            await line.heads()
            answers[line.head[9:12].decode("ascii", "replace") or "-"] += 1
            line.close()

    await asyncio.gather(*(one(data) for data in order.said * order.size))
    return {"answers": dict(answers)}


ATTACKS = (bad_acts, blurts, mutants, requests, says)
