"""Attacks on the process as such: its descriptors, its pages, those whom it judges; and players to its end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from random import Random

from pelton.client import Client, connect
from tests.threats.line import WELCOME, Line, open_line, open_lines, say
from tests.threats.order import Order, Seen, tell, until_dismissed

__all__ = ["ATTACKS", "drained", "hoards", "lists", "quitters", "welcomes"]

AT_ONCE = 20
LOOK_S = 0.03
"""Those who leave while they are judged do so within this time."""
ACTS_FIRST = 3


async def hoards(order: Order) -> Seen:
    """`size` connections on which nothing is said, kept until nobody listens any more."""
    lines = await open_lines(order.port, order.size, upgrade=False)
    tell({"lines": len(lines)})
    await until_dismissed()
    for line in lines:
        line.reset()
    return {}


async def welcomes(order: Order) -> Seen:
    """`size` who come and are welcomed, one after the other; how long the slowest waited."""
    slowest_s = 0.0
    for _ in range(order.size):
        begun_s = time.monotonic()
        line = await open_line(order.port)
        slowest_s = max(slowest_s, time.monotonic() - begun_s)
        line.close()
    return {"slowest_s": slowest_s}


async def lists(order: Order) -> Seen:
    """Ask for the page `what` `size` times, a few at a time; `answers` by status, and the largest."""
    answers: Counter[str] = Counter()
    largest = 0
    turn = asyncio.Semaphore(AT_ONCE)
    request = f"GET {order.what} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

    async def one() -> None:
        nonlocal largest
        async with turn:
            reader, writer = await asyncio.open_connection("127.0.0.1", order.port)
            writer.write(request)
            answer = await reader.read()
            writer.close()
            answers[answer[9:12].decode() or "none"] += 1
            largest = max(largest, len(answer))

    begun_s = time.monotonic()
    await asyncio.gather(*(one() for _ in range(order.size)))
    return {"answers": dict(answers), "largest": largest, "a_second": order.size / (time.monotonic() - begun_s)}


async def quitters(order: Order) -> Seen:
    """`size` who say hello and are gone while somebody judges them; some stay, and are let in."""
    welcome = 0
    random = Random(21)
    turn = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        nonlocal welcome
        async with turn:
            line: Line = await open_line(order.port, hello=False)
            line.send(say(1, "quitter", "a ticket"), say(2, 0, "tally", {}))
            await asyncio.sleep(random.uniform(0, LOOK_S))
            welcome += any(message[0] == WELCOME for message in line.messages)
            line.reset()

    await asyncio.gather(*(one() for _ in range(order.size)))
    return {"welcome": welcome}


async def drained(order: Order) -> Seen:
    """`size` players who act on and on until the server ends; first says that all play, then how it ended for them."""
    ends: Counter[str] = Counter()
    acting = asyncio.Semaphore(0)
    waits: list[float] = []

    async def play(client: Client) -> int:
        room = await client.join_or_create("ledger")
        acknowledged = total = 0
        async for frame in room:
            is_first = acknowledged < ACTS_FIRST
            acknowledged += len(frame.taken)
            total = room.state.scores[room.player_id].total
            if is_first and acknowledged >= ACTS_FIRST:
                acting.release()
            if room.left_reason is None:
                await room.act("add", amount=1)
        ends[str(room.left_reason)] += 1
        if client.retry_after_s is not None:
            waits.append(client.retry_after_s)
        return abs(acknowledged - total)

    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connect(f"ws://127.0.0.1:{order.port}/")) for _ in range(order.size)]
        tasks = [asyncio.create_task(play(client)) for client in clients]
        for _ in tasks:
            await acting.acquire()
        tell({"playing": len(tasks)})
        differences = await asyncio.gather(*tasks)
    return {"differ": sum(map(bool, differences)), "told": len(waits), "waits": len(set(waits)), "ends": dict(ends)}


ATTACKS = (drained, hoards, lists, quitters, welcomes)
