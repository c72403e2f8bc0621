"""`async for` over a stream: stop when you like, go on when you like, time out without a loss.

An async generator does not survive a timeout. It prints:

    stream: took 0, 1, then went on with 2
    stream: a timeout, then 'late but here'
    generator: a timeout, then the end: it was killed
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from pelton.streams import Inbox, from_iter


async def stop_and_go_on() -> None:
    numbers = from_iter(range(10))
    taken: list[int] = []
    async for number in numbers:
        taken.append(number)
        if len(taken) == 2:
            break  # nothing to clean up: a stream is not a running generator
    print("stream: took", ", ".join(map(str, taken)) + ", then went on with", await numbers.next())


async def wait_for_a_stream() -> None:
    inbox: Inbox[str] = Inbox(low=0, high=8, hard=8)
    try:
        await asyncio.wait_for(inbox.next(), timeout=0.01)
    except TimeoutError:
        inbox.offer("late but here")
        print(f"stream: a timeout, then {await inbox.next()!r}")


async def late() -> AsyncGenerator[str, None]:
    await asyncio.sleep(1)
    yield "late but here"


async def wait_for_a_generator() -> None:
    generator = late()
    try:
        await asyncio.wait_for(anext(generator), timeout=0.01)
    except TimeoutError:
        try:
            print("generator: a timeout, then", await anext(generator))
        except StopAsyncIteration:
            print("generator: a timeout, then the end: it was killed")


async def main() -> None:
    await stop_and_go_on()
    await wait_for_a_stream()
    await wait_for_a_generator()


if __name__ == "__main__":
    asyncio.run(main())
