"""What can be wrong with a message, and whose fault it is.

ProtocolError
├── BadMessage      the peer sent bytes that are no message of this protocol
└── SchemaError     our own declaration of a message or an action leaves something unbounded
"""

from __future__ import annotations

__all__ = ["BadMessage", "ProtocolError", "SchemaError"]


class ProtocolError(Exception):
    """Base of the protocol's errors."""


class BadMessage(ProtocolError):
    """Bytes from the peer that are no message; `problem` is short and safe to send back."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


class SchemaError(ProtocolError):
    """A declaration by the game's author that cannot be offered to the world."""

    def __init__(self, owner: str, field: str, problem: str) -> None:
        self.owner = owner
        self.field = field
        self.problem = problem
        super().__init__(f"{owner}.{field}: {problem}")
