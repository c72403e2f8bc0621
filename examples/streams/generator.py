"""An async generator as the source of a stream: `@source` declares it, a scope runs it.

It prints:

    declared, and nothing was opened
    oven: opened
    21.0 degrees
    21.5 degrees
    that was enough
    oven: closed
    the scope was left
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator

from pelton.streams import Scope, source


@source
async def temperatures(sensor: str) -> AsyncGenerator[float, None]:
    print(f"{sensor}: opened")
    try:
        for number in itertools.count():
            await asyncio.sleep(0.01)  # a real sensor takes its time
            yield 20 + number / 2
    finally:
        print(f"{sensor}: closed")


async def main() -> None:
    async with Scope() as scope:
        warm = scope.pump(temperatures("oven")).filter(lambda degrees: degrees > 20.5).take(2)
        print("declared, and nothing was opened")
        async for degrees in warm:
            print(f"{degrees} degrees")
        print("that was enough")
    print("the scope was left")  # and the generator's `finally` has run


if __name__ == "__main__":
    asyncio.run(main())
