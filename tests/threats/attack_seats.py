"""Attacks on seats: taking many, and taking those of others."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.threats.line import REJECTED, RESUMED, SEAT_CARD, Line, open_line, open_lines, say, take_seat
from tests.threats.order import Order, Seen

__all__ = ["ATTACKS", "Taken", "crowds", "guesses", "races", "replays", "resume", "seat_of", "wrong_tokens"]

AT_ONCE = 50
TOKEN_BYTES = 16
GAME = "tally"
ACTS_A_TICK = 4


@dataclass(slots=True)
class Taken:
    """A seat: who has it, and what brings it back."""

    line: Line
    room_id: str
    player_id: int
    token: bytes
    tick: int

    def resume(self, token: bytes | None = None) -> bytes:
        """The message that asks for it."""
        return say(9, self.room_id, self.player_id, self.token if token is None else token, 0)


async def seat_of(port: int) -> Taken:
    """A new seat in the game that counts."""
    line = await open_line(port)
    joined = await take_seat(line, GAME)
    card = await line.hear(SEAT_CARD)
    assert joined is not None
    assert card is not None
    line.send(say(8, 0))
    line.keeps = False
    return Taken(line, joined[1], joined[3], card[2], joined[5])


async def resume(port: int, seat: Taken, token: bytes | None = None) -> tuple[Line, list[Any] | None]:
    """On a new connection; the answer, None if the connection was closed."""
    line = await open_line(port)
    line.send(seat.resume(token))
    answer = await line.hear(RESUMED, REJECTED)
    if answer is not None and answer[0] == RESUMED:
        line.keeps = False
    return line, answer


async def crowds(order: Order) -> Seen:
    """`size` joins, many at once, in waves; `unique` counts the player ids, `fullest` is the most players of a room."""
    ids: list[int] = []
    fullest = 0
    wave = 10 * AT_ONCE
    for begun in range(0, order.size, wave):
        lines = await open_lines(order.port, min(wave, order.size - begun), at_once=AT_ONCE)
        joined = await asyncio.gather(*(take_seat(line, GAME) for line in lines))
        here: dict[str, set[int]] = {}
        for message in joined:
            assert message is not None
            ids.append(message[3])
            here.setdefault(message[1], set()).add(message[3])
        fullest = max(fullest, *map(len, here.values()))
        for line in lines:
            line.send(say(3))
        await asyncio.gather(*(line.left() for line in lines))
    return {"seats": len(ids), "unique": len(set(ids)), "fullest": fullest}


async def races(order: Order) -> Seen:
    """`size` times two resumes of one seat with the same token at once; `won` counts the races by their winners."""
    won: Counter[str] = Counter()
    losers: Counter[str] = Counter()
    seats = min(20, order.size)

    async def one(rounds: int) -> None:
        seat = await seat_of(order.port)
        for _ in range(rounds):
            before = seat.line
            pair = await asyncio.gather(resume(order.port, seat), resume(order.port, seat))
            winners = [(line, answer) for line, answer in pair if answer is not None and answer[0] == RESUMED]
            won[str(len(winners))] += 1
            losers.update(str(line.code) if answer is None else answer[1] for line, answer in pair if not _won(answer))
            if len(winners) != 1:
                return
            (seat.line, answer), *_ = winners
            seat.token, seat.tick = answer[4], answer[1]
            seat.line.send(say(8, seat.tick))
            before.close()
            for line, _ in pair:
                if line is not seat.line:
                    line.close()
        seat.line.send(say(3))
        await seat.line.left()

    await asyncio.gather(*(one(order.size // seats) for _ in range(seats)))
    return {"won": dict(won), "losers": dict(losers)}


def _won(answer: list[Any] | None) -> bool:
    return answer is not None and answer[0] == RESUMED


async def wrong_tokens(order: Order) -> Seen:
    """Seats are dropped; each is asked for with `size` wrong tokens, then with the right one. `back` counts those."""
    codes: Counter[str] = Counter()
    back = 0
    random = Random(2)

    async def one() -> None:
        nonlocal back
        seat = await seat_of(order.port)
        seat.line.reset()
        for _ in range(order.size):
            line, answer = await resume(order.port, seat, random.randbytes(TOKEN_BYTES))
            codes[str(line.code) if answer is None else str(answer[0])] += 1
            line.close()
        line, answer = await resume(order.port, seat)
        back += _won(answer)
        if _won(answer):
            line.send(say(3))
            await line.left()

    await asyncio.gather(*(one() for _ in range(10)))
    return {"codes": dict(codes), "back": back, "seats": 10}


async def guesses(order: Order) -> Seen:
    """Ask for a seat by its public ids and a guess, for so many seconds; `size` at a time."""
    hits = tries = 0
    seat = await seat_of(order.port)
    until_s = time.monotonic() + order.seconds

    async def one(number: int) -> None:
        nonlocal hits, tries
        random = Random(number)
        while time.monotonic() < until_s:
            try:
                line, answer = await resume(order.port, seat, random.randbytes(TOKEN_BYTES))
            except OSError:
                await asyncio.sleep(0.05)
                continue
            tries += 1
            hits += _won(answer)
            line.close()

    async def lives() -> None:
        while time.monotonic() < until_s:
            await asyncio.sleep(0.2)
            seat.line.say_heard()

    await asyncio.gather(lives(), *(one(number) for number in range(order.size)))
    seen = {"tries": tries, "hits": hits, "victim_cut": int(seat.line.is_over)}
    seat.line.close()
    return seen


async def replays(order: Order) -> Seen:
    """Three seats act `size` times each, lose the connection, come back, and say one of it once more.

    `codes` counts how that ends, `received` is what the server said of each seat that it has.
    """
    codes: Counter[str] = Counter()
    received: list[int] = []
    for old in (1, order.size // 2, order.size):
        seat = await seat_of(order.port)
        for begun in range(1, order.size + 1, ACTS_A_TICK):
            until = min(begun + ACTS_A_TICK, order.size + 1)
            seat.line.send(*(say(4, seq, ["add", 1]) for seq in range(begun, until)))
            await seat.line.acked(until - 1)
            seat.line.say_heard()
        seat.line.reset()
        line, answer = await resume(order.port, seat)
        assert answer is not None
        received.append(answer[2])
        line.send(say(8, answer[1]), say(4, old, ["add", 1]))
        codes[str(await line.over())] += 1
    return {"codes": dict(codes), "received": received}


ATTACKS = (crowds, guesses, races, replays, wrong_tokens)
