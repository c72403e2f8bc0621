"""What a poll answers, and the errors of misuse. Nothing here knows of items, tasks or an event loop.

StreamError
└── ConcurrentPoll     a second consumer waits on a stream that has one already
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final, Literal

__all__ = ["CLOSED", "PENDING", "ConcurrentPoll", "Poll", "StreamError", "Waker"]


class Poll(enum.Enum):
    """The two answers of `poll` that are not an item."""

    PENDING = "pending"
    """Nothing is there now; the waker, if one was given, is called when polling may help."""

    CLOSED = "closed"
    """Nothing will ever be there again."""


# Final literals let type checkers narrow `item is PENDING`, which Poll.PENDING alone does as well
# but costs an attribute look-up on the hottest line of the program.
PENDING: Final[Literal[Poll.PENDING]] = Poll.PENDING
CLOSED: Final[Literal[Poll.CLOSED]] = Poll.CLOSED

Waker = Callable[[], None]
"""Called at most once per parked poll. It only notes that polling may help: it must not poll and must not raise."""


class StreamError(Exception):
    """Base of all errors that the stream core raises by itself."""


class ConcurrentPoll(StreamError):
    """A stream has one consumer; a second one tried to wait on it."""

    def __init__(self, stream: object) -> None:
        self.stream = stream
        super().__init__(f"{type(stream).__name__} already has a consumer that waits for it")
