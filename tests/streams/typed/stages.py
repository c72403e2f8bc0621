"""What type checkers must infer through every stage and terminal; run as well, by test_types.py.

`assert_type` does nothing at run time: mypy and pyright compare, in `make check`.
"""

from __future__ import annotations

import asyncio
from typing import Literal, assert_type

from pelton.streams import (
    CLOSED,
    PENDING,
    Err,
    Inbox,
    Lagged,
    Lines,
    Poll,
    Scope,
    Stream,
    decode,
    empty,
    from_iter,
    interval,
    once,
    pending,
    repeat_with,
    unfold,
)


def numbers() -> Stream[int]:
    return from_iter([1, 2, 3])


def half(number: int) -> str | None:
    return str(number) if number % 2 else None


async def sources() -> None:
    assert_type(await from_iter("abc").collect(), list[str])
    assert_type(await from_iter({1: "a"}.items()).collect(), list[tuple[int, str]])
    assert_type(await once(1).first(), int)
    assert_type(await unfold(1, lambda state: (str(state), state + 1) if state < 4 else None).collect(), list[str])
    assert_type(await repeat_with(lambda: 1.5).take(2).collect(), list[float])
    assert_type(await interval(asyncio.get_running_loop(), 1).first(), int)
    assert_type(await numbers().chain(empty()).count(), int)
    assert_type(await numbers().take_until(pending()).collect(), list[int])


async def changing() -> None:
    assert_type(await numbers().map(str).collect(), list[str])
    assert_type(await numbers().map(lambda number: (number, str(number))).collect(), list[tuple[int, str]])
    assert_type(await numbers().filter(lambda number: number > 1).collect(), list[int])
    assert_type(await numbers().filter_map(half).collect(), list[str])
    assert_type(await numbers().inspect(print).collect(), list[int])
    assert_type(await numbers().enumerate(1).collect(), list[tuple[int, int]])
    assert_type(await numbers().scan("", lambda text, number: text + str(number)).collect(), list[str])
    assert_type(await numbers().dedup().collect(), list[int])
    assert_type(await numbers().dedup(lambda number: number // 2).collect(), list[int])


async def beginning_and_ending() -> None:
    assert_type(await numbers().take(2).collect(), list[int])
    assert_type(await numbers().skip(2).collect(), list[int])
    assert_type(await numbers().take_while(lambda number: number < 2).collect(), list[int])
    assert_type(await numbers().skip_while(lambda number: number < 2).collect(), list[int])
    assert_type(await numbers().map_while(half).collect(), list[str])
    assert_type(await numbers().take_until(once("stop")).collect(), list[int])


async def together_and_apart() -> None:
    assert_type(await numbers().chain(from_iter("ab")).collect(), list[int | str])
    assert_type(await numbers().chain(numbers()).collect(), list[int])
    assert_type(await numbers().zip(from_iter("ab")).collect(), list[tuple[int, str]])
    assert_type(await numbers().zip(from_iter("ab")).map(lambda pair: pair[1]).collect(), list[str])
    assert_type(await numbers().map(lambda _: from_iter("ab")).flatten().collect(), list[str])
    assert_type(await from_iter([numbers(), numbers()]).flatten().collect(), list[int])
    assert_type(await numbers().chunks(2).collect(), list[list[int]])
    assert_type(await numbers().ready_chunks(2).map(sum).collect(), list[int])
    peekable = numbers().peekable()
    assert_type(peekable.peek(), int | Poll)
    assert_type(await peekable.collect(), list[int])


async def holding() -> None:
    loop = asyncio.get_running_loop()
    assert_type(await numbers().buffer(2).collect(), list[int])
    assert_type(await numbers().buffer(2, "drop_oldest").collect(), list[int | Lagged])
    assert_type(await numbers().conflate(lambda number: number % 2).collect(), list[int])
    assert_type(await numbers().throttle(loop, 0.001).collect(), list[int])
    assert_type(await numbers().timeout(loop, 1).collect(), list[int | Err])
    assert_type(await decode(from_iter([b"a\n"]), Lines()).collect(), list[str | Err])


async def awaiting() -> None:
    async def shown(number: int) -> str:
        return str(number)

    async with Scope() as scope:
        assert_type(await numbers().then(scope, shown).collect(), list[str])
        assert_type(await numbers().buffered(scope, shown, 2).collect(), list[str])
        assert_type(await numbers().buffer_unordered(scope, shown, 2).map(len).collect(), list[int])


async def terminals() -> None:
    assert_type(await numbers().fold("", lambda text, number: text + str(number)), str)
    assert_type(await numbers().count(), int)
    assert_type(await numbers().first(), int)
    assert_type(await numbers().any(lambda number: number > 2), bool)
    assert_type(await numbers().all(lambda number: number > 2), bool)
    assert_type(await numbers().forward(Inbox[int](0, 9, 9)), int)
    seen: list[int] = []
    await numbers().for_each(seen.append)
    seen += list(numbers().ready())
    async for number in numbers().map(str):
        assert_type(number, str)


async def answers() -> None:
    stream = numbers()
    item = stream.poll()
    assert_type(item, int | Poll)
    if item is PENDING:
        assert_type(item, Literal[Poll.PENDING])
    elif item is CLOSED:
        assert_type(item, Literal[Poll.CLOSED])
    else:
        assert_type(item, int)
    awaited = await stream.next()
    if awaited is CLOSED:
        assert_type(awaited, Literal[Poll.CLOSED])
    else:
        assert_type(awaited, int)
