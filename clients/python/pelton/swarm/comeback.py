"""Whether a bot that lost its connection comes back, and when. Pure and seeded.

The pauses are those of "full jitter": anything between nothing and a bound that doubles with each try, so that those
who were cut off together do not come back together.
"""

from __future__ import annotations

from random import Random

from pelton.client import CannotConnect, ClientError, Closed, JoinRejected, NotSeated
from pelton.protocol import Comeback

__all__ = ["TRIES_MAX", "may_return", "pause_s", "told_s"]

TRIES_MAX = 6
"""In a row, without a seat in between."""
FIRST_S, LONGEST_S = 0.5, 8.0
LATER_FACTOR = 4
NOT_FOR_NOW = frozenset(
    {
        "room_full",
        "too_many_rooms",
        "too_many_rooms_of_yours",
        "too_many_joins_of_yours",
        "busy",
        "room_error",
        "room_closed",
        "room_overrun",
        "shutting_down",
    }
)
"""Reasons of a rejected join, or of a lost seat, that may pass; see protocol/SPEC.md."""


def may_return(error: ClientError) -> Comeback:
    """What this end of a connection, or of the try to make one, says about another try."""
    match error:
        case Closed():
            return error.comeback
        case CannotConnect():
            return Comeback.YES
        case JoinRejected():
            return Comeback.LATER if error.reason in NOT_FOR_NOW else Comeback.NO
        case NotSeated():
            return Comeback.YES if error.reason in NOT_FOR_NOW else Comeback.NO
        case _:
            return Comeback.NO


def pause_s(tries: int, comeback: Comeback, random: Random) -> float:
    """Before the next try, after so many that failed (0: the connection has just been lost)."""
    bound_s = min(LONGEST_S, FIRST_S * 2**tries)
    return random.uniform(0, bound_s * (LATER_FACTOR if comeback is Comeback.LATER else 1))


def told_s(error: ClientError) -> float:
    """How long the server asks to wait; 0 if it does not."""
    return error.retry_after_s if isinstance(error, JoinRejected) else 0.0
