"""Attacks by quantity: as much as the server takes, of whatever."""

from __future__ import annotations

import asyncio
import time
from random import Random
from typing import Any

from tests.end_to_end.raw import frame
from tests.threats.line import FRAME, Line, open_line, open_lines, say
from tests.threats.order import Order, Seen, ends

__all__ = ["ATTACKS", "acts", "flood", "garbage", "held_fragments", "paced"]

CONT, BINARY, PING, PONG = 0x0, 0x2, 0x9, 0xA
PIECE_BYTES = 64 * 1024
AHEAD_BYTES = 4 * PIECE_BYTES
PATIENCE_S = 30
ACTS_A_TIME = 2000
HELD_FRAGMENTS = 63
STEADY_PER_S = 50


async def flood(order: Order) -> Seen:
    """One seat sends `said` again and again, as fast as it is taken, `size` bytes or until it is closed.

    With `what` deaf it does not read.
    """
    line = await open_line(order.port, join="arena", deaf=order.what == "deaf")
    line.keeps = False
    first, piece = order.said[0], order.said[-1]
    line.send(first)
    piece *= max(1, PIECE_BYTES // len(piece))
    begun_s, sent = time.monotonic(), 0
    while not line.is_over and sent < order.size and time.monotonic() < begun_s + PATIENCE_S:
        if line.transport.get_write_buffer_size() < AHEAD_BYTES:
            line.send(piece)
            sent += len(piece)
        await asyncio.sleep(0.001)
    seen = await ends([line])
    return seen | {"sent": sent, "closed_s": line.ended_s - begun_s}


async def acts(order: Order) -> Seen:
    """One seat acts `size` times a second for so many seconds, or until it is closed."""
    line = await open_line(order.port, join="arena")
    line.keeps = False
    begun_s, seq = time.monotonic(), 0
    while not line.is_over and time.monotonic() < begun_s + order.seconds:
        due = int((time.monotonic() - begun_s) * order.size)
        if line.transport.get_write_buffer_size() < 16 * AHEAD_BYTES:
            until = min(due, seq + ACTS_A_TIME)
            line.send(*(say(4, number, ["steer", 0.5, 0.5]) for number in range(seq + 1, until + 1)))
            seq = max(seq, until)
        await asyncio.sleep(0.005)
    seen = await ends([line], PATIENCE_S)
    return seen | {"sent": seq, "closed_s": line.ended_s - begun_s}


async def paced(order: Order) -> Seen:
    """One seat rests for so many seconds, then acts `size` times at once, and then steadily for as long again.

    `most_per_tick` is the most that the game took of it in a tick, `taken` in all, `allowed` what `what` a tick are.
    """
    line = await open_line(order.port, join="tally")
    told = Told()
    await _play(line, order.seconds)
    line.messages.clear()
    begun_s, seq = time.monotonic(), 0
    while not line.is_over and time.monotonic() < begun_s + order.seconds:
        due = order.size + int((time.monotonic() - begun_s) * STEADY_PER_S)
        line.send(*(say(4, number, ["add", 1]) for number in range(seq + 1, due + 1)))
        seq = max(seq, due)
        await _play(line, 0.1)
        for message in line.messages:
            told.take(message)
        line.messages.clear()
    line.close()
    allowed = int(order.what) * (told.tick - told.first + 1)
    return {"most_per_tick": told.most, "taken": told.taken, "allowed": allowed, "sent": seq, "codes": line.code}


class Told:
    """What frames say of one's actions."""

    def __init__(self) -> None:
        self.first = self.tick = self.taken = self.most = 0
        self._refused: list[int] = []

    def take(self, message: list[Any]) -> None:
        """A message; those that are no frames say nothing."""
        if message[0] != FRAME:
            return
        _, ack, refused, tick, *_ = message
        self._refused += [seq for seq, _ in refused]
        taken = ack - sum(seq <= ack for seq in self._refused)
        ticks = tick - self.tick if self.tick else 1
        self.most = max(self.most, -(-(taken - self.taken) // ticks))
        self.first, self.tick, self.taken = self.first or tick, tick, taken


async def _play(line: Line, seconds: float) -> None:
    """Be a good client for so long."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        await asyncio.sleep(min(0.1, seconds))
        line.say_heard()


async def held_fragments(order: Order) -> Seen:
    """`size` connections, each with a message of many fragments that does not end."""
    lines = await open_lines(order.port, order.size)
    for line in lines:
        line.send(frame(b"x" * 60, BINARY, fin=False), frame(b"x" * 60, CONT, fin=False) * (HELD_FRAGMENTS - 1))
    return await ends(lines)


async def garbage(order: Order) -> Seen:
    """Random bytes after the upgrade, and again on the next connection, for so many seconds; `size` at a time."""
    sent = rounds = 0
    until_s = time.monotonic() + order.seconds

    async def one(number: int) -> None:
        nonlocal sent, rounds
        random = Random(number)
        while time.monotonic() < until_s:
            try:
                line = await open_line(order.port, hello=False)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            if line.head.startswith(b"HTTP/1.1 101"):
                line.send(random.randbytes(PIECE_BYTES))
                sent, rounds = sent + PIECE_BYTES, rounds + 1
                await line.over()
            line.close()

    await asyncio.gather(*(one(number) for number in range(order.size)))
    return {"sent": sent, "rounds": rounds}


ATTACKS = (acts, flood, garbage, held_fragments, paced)
