"""Streams that know of time take the clock as an argument: the event loop, or in a test one that is moved by hand.

It prints:

    by the loop's clock: beats 0, 1, 2
    one item in 2 s: a at 0 s, b at 2 s, c at 4 s
    a source that is silent for 3 s: Err(error=TimeoutError('nothing came for 3.0 s'))
    and it goes on: at last
"""

from __future__ import annotations

import asyncio

from pelton.streams import PENDING, Inbox, from_iter, interval
from pelton.streams.testing import ManualClock


async def real_time() -> None:
    beats = interval(asyncio.get_running_loop(), period_s=0.02, late="burst").take(3)
    print("by the loop's clock: beats", ", ".join([str(beat) async for beat in beats]))


def throttled() -> None:
    clock = ManualClock()
    slow = from_iter("abc").throttle(clock, interval_s=2.0)
    seen: list[str] = []
    for _ in range(6):
        seen += [f"{letter} at {clock.time():.0f} s" for letter in slow.ready()]
        clock.advance(1.0)
    print("one item in 2 s:", ", ".join(seen))


def timed_out() -> None:
    clock = ManualClock()
    inbox: Inbox[str] = Inbox(low=0, high=8, hard=8)
    watched = inbox.timeout(clock, after_s=3.0)
    assert watched.poll() is PENDING  # the time runs from the first poll
    clock.advance(3.0)
    print("a source that is silent for 3 s:", watched.poll())
    inbox.offer("at last")
    print("and it goes on:", watched.poll())


if __name__ == "__main__":
    asyncio.run(real_time())
    throttled()
    timed_out()
