"""What a bounded inbox says to a producer that is too fast, and what a consumer learns of it.

It prints:

    offers: ok ok ok pause pause pause shed shed
      room again: 2 left
    polled: Lagged(count=2) 1 2 3 4
    polled: 5 6
    aims: ok ok conflated conflated
    polled: [('ada', 75), ('bob', 20)]
    forwarded: 1000 numbers, never more than 8 at a time
"""

from __future__ import annotations

import asyncio

from pelton.streams import Inbox, Lagged, from_iter


def three_marks() -> None:
    inbox: Inbox[int | Lagged] = Inbox(low=2, high=4, hard=6, report_lag=True)
    inbox.on_low = lambda: print("  room again:", len(inbox), "left")
    print("offers:", *[inbox.offer(number).value for number in range(1, 9)])
    print("polled:", *inbox.ready(limit=5))
    print("polled:", *inbox.ready())


def newest_only() -> None:
    """Items of one key replace each other: for state, of which only the newest counts."""
    aims: Inbox[tuple[str, int]] = Inbox(low=2, high=8, hard=8, classify=lambda aim: aim[0])
    print("aims:", *[aims.offer(aim).value for aim in (("ada", 10), ("bob", 20), ("ada", 60), ("ada", 75))])
    print("polled:", list(aims.ready()))


async def forwarding() -> None:
    """`forward` waits when the inbox says PAUSE, and goes on at the low mark."""
    inbox: Inbox[int] = Inbox(low=2, high=8, hard=8)
    most = 0
    async with asyncio.TaskGroup() as tasks:
        forwarded = tasks.create_task(from_iter(range(1000)).forward(inbox))
        async for _ in inbox:
            most = max(most, len(inbox) + 1)
    print("forwarded:", forwarded.result(), "numbers, never more than", most, "at a time")


def main() -> None:
    three_marks()
    newest_only()
    asyncio.run(forwarding())


if __name__ == "__main__":
    main()
