"""Errors that travel as items, and what can be done with them.

It prints:

    without them: [3, 4, 7]
    replaced: [3, 4, -1, 7]
    more said: line 3: 'x' is no number
    checked again: ['3', '4', "'x' is no number", '7 is too large']
    up to the first: 'x' is no number
    left in the source: ['7']
"""

from __future__ import annotations

import asyncio

from pelton.streams import Err, Stream, from_iter


def parse(text: str) -> int | Err:
    return int(text) if text.isdecimal() else Err(ValueError(f"{text!r} is no number"))


def at_most_five(number: int) -> int | Err:
    return number if number <= 5 else Err(ValueError(f"{number} is too large"))


def numbers() -> Stream[int | Err]:
    return from_iter(["3", "4", "x", "7"]).map(parse)


async def main() -> None:
    print("without them:", await numbers().ok().collect())
    print("replaced:", await numbers().or_else(lambda _: -1).collect())

    try:
        async for _ in numbers().map_err(lambda error: ValueError(f"line 3: {error}")).unwrap():
            pass
    except ValueError as error:
        print("more said:", error)

    print("checked again:", await numbers().and_then(at_most_five).or_else(str).map(str).collect())

    source = iter(["3", "4", "x", "7"])
    try:
        await from_iter(source).map(parse).try_collect()
    except ValueError as error:
        print("up to the first:", error)
    print("left in the source:", list(source))


if __name__ == "__main__":
    asyncio.run(main())
