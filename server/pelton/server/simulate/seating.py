"""The life of a seat as a table. Pure: the ticker walks it, a test visits every cell.

               join     drop      resume   leave
    reserved   joined   left      -        left
    joined     -        dropped   joined   left
    dropped    -        dropped   joined   left
    left       -        left      -        left

`-` is a mistake of ours. Who resumes while he is `joined` was back before anybody noticed that his connection was
lost. A seat that was only promised is not kept for anybody.
"""

from __future__ import annotations

import enum

__all__ = ["TRANSITIONS", "SeatEvent", "Standing", "step"]


class Standing(enum.Enum):
    """Where a seat stands."""

    RESERVED = "reserved"
    """Promised; the game has not heard of it."""
    JOINED = "joined"
    DROPPED = "dropped"
    """The player's connection is lost; the seat is kept for a while."""
    LEFT = "left"


class SeatEvent(enum.Enum):
    """What moves it."""

    JOIN = "join"
    DROP = "drop"
    RESUME = "resume"
    LEAVE = "leave"


TRANSITIONS: dict[Standing, dict[SeatEvent, Standing]] = {
    Standing.RESERVED: {
        SeatEvent.JOIN: Standing.JOINED,
        SeatEvent.DROP: Standing.LEFT,
        SeatEvent.LEAVE: Standing.LEFT,
    },
    Standing.JOINED: {
        SeatEvent.DROP: Standing.DROPPED,
        SeatEvent.RESUME: Standing.JOINED,
        SeatEvent.LEAVE: Standing.LEFT,
    },
    Standing.DROPPED: {
        SeatEvent.DROP: Standing.DROPPED,
        SeatEvent.RESUME: Standing.JOINED,
        SeatEvent.LEAVE: Standing.LEFT,
    },
    Standing.LEFT: {
        SeatEvent.DROP: Standing.LEFT,
        SeatEvent.LEAVE: Standing.LEFT,
    },
}


def step(standing: Standing, event: SeatEvent) -> Standing:
    """Where the seat stands after the event. KeyError if the event has no place there."""
    return TRANSITIONS[standing][event]
