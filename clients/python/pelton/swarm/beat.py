"""An open loop: actions are due at fixed times, whatever the answers to earlier ones do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pelton.swarm.me import Me

__all__ = ["beats"]

SLICE_TICKS = 8
"""Frames are taken in at least so often, however slow the beat: half of what the client lets pile up."""
SLEEP_MIN_S = 0.001
"""uvloop's timers count milliseconds; to ask for less would be to spin."""
SOON_S = 1e-6
"""Nearer than this is now, so that a virtual clock with its rounding hits every beat."""
LATE_BEATS_PER_TURN = 16
"""Who has missed beats makes them good, but lets others have their turn: frames must come in, and time may be over."""


async def beats(me: Me, hz: float) -> AsyncGenerator[float, None]:
    """See `Me.beat`."""
    if not hz > 0:
        raise ValueError(f"a beat of {hz} a second; expected more than 0")
    began_s = me.now_s() + me.random.random() / hz
    count = 0
    try:
        while await _rest(me, began_s + count / hz, count):
            me.due_s = began_s + count / hz
            yield me.due_s
            count += 1
    finally:
        me.due_s = None


async def _rest(me: Me, due_s: float, count: int) -> bool:
    """Take in frames until then. False if there is nothing to wait for any more."""
    stream, take, now_s, sleep = me.room.frames(), me.intake.take, me.now_s, me.sleep
    slice_s = SLICE_TICKS / me.room.tick_hz
    if count % LATE_BEATS_PER_TURN == LATE_BEATS_PER_TURN - 1 and now_s() > due_s:
        await asyncio.sleep(0)
    while True:
        for frame in stream.ready():
            take(frame)
        if me.dismissed or me.room.left_reason is not None:
            return False
        wait_s = due_s - now_s()
        if wait_s <= SOON_S:
            return True
        await sleep(max(SLEEP_MIN_S, min(wait_s, slice_s)))
