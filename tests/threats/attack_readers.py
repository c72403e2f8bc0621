"""Attacks by those who do not listen, or not as they should."""

from __future__ import annotations

import asyncio
import time

from tests.threats.line import open_lines
from tests.threats.order import Order, Seen, closed, ends, tell, until_dismissed

__all__ = ["ATTACKS", "dead_apps", "deaf", "drips", "watchers"]

GAME = "tide"
DRIP_EVERY_S, DRIP_BYTES = 0.25, 256
HEARD_EVERY_S = 0.4


async def deaf(order: Order) -> Seen:
    """`size` seats in a large world, and nothing is read. Who is deaf does not notice his end: the server must say."""
    lines = await open_lines(order.port, order.size, join=GAME, deaf=True)
    tell({"seats": len(lines)})
    await until_dismissed()
    return closed(lines)


async def drips(order: Order) -> Seen:
    """`size` seats that read a kilobyte a second, for so many seconds."""
    lines = await open_lines(order.port, order.size, join=GAME, deaf=True)
    before = sum(line.received for line in lines)
    until_s = time.monotonic() + order.seconds
    while time.monotonic() < until_s:
        await asyncio.sleep(DRIP_EVERY_S)
        for line in lines:
            line.read_once(DRIP_BYTES)
    received = sum(line.received for line in lines) - before
    for line in lines:
        line.hears_again()
    await asyncio.sleep(1)
    return {"received": received, "seats": len(lines)} | closed(lines)


async def dead_apps(order: Order) -> Seen:
    """`size` seats of programs that hang: pings are answered below them, and nobody says that frames arrive."""
    lines = await open_lines(order.port, order.size, join=GAME)
    for line in lines:
        line.keeps = False
    return await ends(lines)


async def watchers(order: Order) -> Seen:
    """`size` seats in a large world that only watch, and say that they do, for so many seconds."""
    lines = await open_lines(order.port, order.size, join=GAME)
    for line in lines:
        line.keeps = False
    until_s = time.monotonic() + order.seconds
    received = -sum(line.received for line in lines)
    while time.monotonic() < until_s:
        await asyncio.sleep(HEARD_EVERY_S)
        for line in lines:
            line.say_heard()
    received += sum(line.received for line in lines)
    return {"received": received, "seats": len(lines)} | closed(lines)


ATTACKS = (dead_apps, deaf, drips, watchers)
