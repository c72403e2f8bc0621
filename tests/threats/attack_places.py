"""Attacks that hold places: connections that are begun and not used."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

from tests.threats.line import Line, open_line, open_lines
from tests.threats.order import Order, Seen, ends

__all__ = ["ATTACKS", "connects", "half_open", "never_hello", "silent"]

AT_ONCE = 100


async def half_open(order: Order) -> Seen:
    """`size` requests that never end."""
    lines = await open_lines(order.port, order.size, upgrade=False, at_once=AT_ONCE)
    for line in lines:
        line.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    return await ends(lines)


async def silent(order: Order) -> Seen:
    """`size` connections on which nothing is said."""
    return await ends(await open_lines(order.port, order.size, upgrade=False, at_once=AT_ONCE))


async def never_hello(order: Order) -> Seen:
    """`size` WebSockets, and no word of the protocol."""
    return await ends(await open_lines(order.port, order.size, hello=False, at_once=AT_ONCE))


async def connects(order: Order) -> Seen:
    """`size` connections as fast as it goes, kept; `answers` counts statuses. With `what` X-Forwarded-For lies."""
    answers: Counter[str] = Counter()
    random = Random(0)
    kept: list[Line] = []

    async def one() -> None:
        forged = ".".join(str(random.randrange(1, 255)) for _ in range(4))
        headers = f"X-Forwarded-For: {forged}\r\n".encode() if order.what else b""
        try:
            line = await open_line(order.port, hello=False, headers=headers)
        except OSError:
            answers["none"] += 1
            return
        answers[line.head[9:12].decode() or "none"] += 1
        if line.is_over:
            line.close()
        else:
            kept.append(line)

    for begun in range(0, order.size, AT_ONCE):
        await asyncio.gather(*(one() for _ in range(min(AT_ONCE, order.size - begun))))
    for line in kept:
        line.close()
    return {"answers": dict(answers)}


ATTACKS = (connects, half_open, never_hello, silent)
