"""Why a connection ends, and what the client should do about it: one table for server, clients and SPEC.md."""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = ["CLOSE_CODES", "CloseCode", "Comeback", "may_come_back"]


class Comeback(enum.Enum):
    """What a client that was closed may do."""

    YES = "yes"
    """Connect again, after a jittered pause."""

    LATER = "later"
    """Connect again, but not soon: the server has too much to do, or this client did too much."""

    NO = "no"
    """Not without a change: the same client would be closed again."""


@dataclass(frozen=True, slots=True)
class CloseCode:
    """One row of the table."""

    code: int
    name: str
    comeback: Comeback
    meaning: str


NORMAL = CloseCode(1000, "normal", Comeback.NO, "the client said goodbye")
GOING_AWAY = CloseCode(1001, "going_away", Comeback.NO, "the client's page or process went away")
PROTOCOL_ERROR = CloseCode(
    1002, "protocol_error", Comeback.NO, "a frame that breaks RFC 6455, an unmasked one for example"
)
TEXT_FRAME = CloseCode(1003, "text_frame", Comeback.NO, "a text message; pelton.v1 is binary")
LOST = CloseCode(1006, "lost", Comeback.YES, "never sent: the connection broke without a goodbye")
TOO_BIG = CloseCode(1009, "too_big", Comeback.NO, "a message over `message_bytes_max`, or in too many fragments")
RESTART = CloseCode(1012, "restart", Comeback.YES, "the server stops or restarts")
FULL = CloseCode(1013, "full", Comeback.LATER, "the server holds as many connections as it may")
BAD_MESSAGE = CloseCode(4400, "bad_message", Comeback.NO, "bytes that are no message of this protocol")
UNAUTHORIZED = CloseCode(
    4401,
    "unauthorized",
    Comeback.NO,
    "a ticket that is not good, or no longer, or a resume token that is not, or no longer, this seat's",
)
UNEXPECTED = CloseCode(
    4405, "unexpected_message", Comeback.NO, "a message that has no place in this state of the session"
)
REPLACED = CloseCode(
    4409,
    "replaced",
    Comeback.NO,
    "the same player has his seat on another connection now, or the same user has connected anew",
)
SERVER_ERROR = CloseCode(4500, "server_error", Comeback.YES, "a fault of the server; its log knows more")
SLOW_CONSUMER = CloseCode(
    4503, "slow_consumer", Comeback.YES, "the client did not read for `stall_timeout_s`, or let too much pile up"
)
UNRESPONSIVE = CloseCode(
    4504,
    "unresponsive",
    Comeback.YES,
    "nothing was heard of the client for `silence_timeout_s`, not even a pong, or not for `ack_lag_max_s` that frames "
    "have arrived",
)
HELLO_TIMEOUT = CloseCode(
    4508,
    "hello_timeout",
    Comeback.YES,
    "no hello within `hello_timeout_s` after connecting, or no judgement on it in time",
)
MESSAGE_TIMEOUT = CloseCode(
    4512, "message_timeout", Comeback.YES, "a message that was begun did not come whole within `message_timeout_s`"
)
RATE_LIMITED = CloseCode(
    4529,
    "rate_limited",
    Comeback.LATER,
    "more than the server takes for `flood_timeout_s`, more refused actions than `refusals_max` between two frames, or"
    " more than `resyncs_max` questions about the state",
)
TOO_MANY_CONNECTIONS = CloseCode(
    4530, "too_many_connections", Comeback.LATER, "too many connections from this address, or too many in a short time"
)

NO_RANGE = range(4400, 4500)
"""Codes of ours after which the same client would be closed again."""

CLOSE_CODES: dict[int, CloseCode] = {
    row.code: row
    for row in (
        NORMAL,
        GOING_AWAY,
        PROTOCOL_ERROR,
        TEXT_FRAME,
        LOST,
        TOO_BIG,
        RESTART,
        FULL,
        BAD_MESSAGE,
        UNAUTHORIZED,
        UNEXPECTED,
        REPLACED,
        SERVER_ERROR,
        SLOW_CONSUMER,
        UNRESPONSIVE,
        HELLO_TIMEOUT,
        MESSAGE_TIMEOUT,
        RATE_LIMITED,
        TOO_MANY_CONNECTIONS,
    )
}


def may_come_back(code: int) -> Comeback:
    """Answer from the number alone: of ours, 4400 to 4499 say no, and 4500 to 4599 that it may.

    A code that is not in the table may be tried again later, unless it is one of the first.
    """
    row = CLOSE_CODES.get(code)
    if row is None:
        return Comeback.NO if code in NO_RANGE else Comeback.LATER
    return row.comeback
