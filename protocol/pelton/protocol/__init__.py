"""The wire protocol pelton.v1: messages, two codecs, the session's table, close codes. No sockets, no clock."""

from pelton.protocol.close_codes import CLOSE_CODES, CloseCode, Comeback, may_come_back
from pelton.protocol.errors import BadMessage, ProtocolError, SchemaError
from pelton.protocol.messages import (
    SUBPROTOCOL,
    Act,
    Frame,
    Hello,
    Join,
    Joined,
    Leave,
    Left,
    Ping,
    Pong,
    Reason,
    Rejected,
    Resync,
    Verify,
    Welcome,
)
from pelton.protocol.session import TRANSITIONS, Event, State, step

__all__ = [
    "CLOSE_CODES",
    "SUBPROTOCOL",
    "TRANSITIONS",
    "Act",
    "BadMessage",
    "CloseCode",
    "Comeback",
    "Event",
    "Frame",
    "Hello",
    "Join",
    "Joined",
    "Leave",
    "Left",
    "Ping",
    "Pong",
    "ProtocolError",
    "Reason",
    "Rejected",
    "Resync",
    "SchemaError",
    "State",
    "Verify",
    "Welcome",
    "may_come_back",
    "step",
]
