"""What can go wrong between a client and its server, and whose move it is.

ClientError
├── CannotConnect      no connection; nothing was lost
├── Closed             the connection ended; `comeback` says whether to try again
├── JoinRejected       no seat, but the connection stays
├── NotSeated          the room was left, or left us: it takes no more actions
├── TooFast            more actions than the server answers
├── BadAction          our own fault: an action or field that the room does not have
└── ServerFault        the server sent what makes no sense
"""

from __future__ import annotations

from pelton.protocol import CLOSE_CODES, Comeback, may_come_back

__all__ = [
    "BadAction",
    "CannotConnect",
    "ClientError",
    "Closed",
    "JoinRejected",
    "NotSeated",
    "ServerFault",
    "TooFast",
]


class ClientError(Exception):
    """Base of the client's errors."""


class CannotConnect(ClientError):
    """Nobody answered, or the answer was no."""

    def __init__(self, url: str, problem: str, closed: Closed | None = None) -> None:
        self.url, self.problem = url, problem
        self.closed = closed
        """How the server ended it, if there was one."""
        super().__init__(f"cannot connect to {url}: {problem}")


class Closed(ClientError):
    """The connection is over. `code` is the close code, `comeback` what it says about trying again."""

    def __init__(self, code: int, reason: str) -> None:
        self.code, self.reason = code, reason
        self.comeback: Comeback = may_come_back(code)
        row = CLOSE_CODES.get(code)
        name = row.name if row else "unknown"
        super().__init__(f"closed with {code} {name}" + (f": {reason}" if reason else ""))


class JoinRejected(ClientError):
    """The server gave no seat. `reason` is one of the protocol's words.

    `retry_after_s` is when to ask again, if the server says so; else 0.
    """

    def __init__(self, reason: str, detail: str, retry_after_s: float = 0.0) -> None:
        self.reason, self.detail, self.retry_after_s = reason, detail, retry_after_s
        super().__init__(f"{reason}: {detail}")


class NotSeated(ClientError):
    """There is no seat any more in the room that was to be acted in."""

    def __init__(self, room_id: str, reason: str) -> None:
        self.room_id, self.reason = room_id, reason
        super().__init__(f"no seat in room {room_id}: {reason}")


class BadAction(ClientError, ValueError):
    """The room has no such action, or the action no such field."""


class TooFast(ClientError):
    """So many actions are unanswered that something must be wrong; sending more would not help."""


class ServerFault(ClientError):
    """The server broke the protocol."""
