"""What a poll answers, who is told when to poll again, and the errors of misuse.

StreamError
├── ConcurrentPoll     a second consumer waits on a stream that has one already
├── EmptyStream        `first()` of a stream that gave nothing
├── BufferOverflow     a buffer that may not drop was full
├── CursorRepeated     a paginated source leads back to a page that was there before
├── DecodeError        bytes that a decoder cannot take: too long, or cut off at the end
├── Interrupted        a generator was cancelled by somebody else than its scope
└── YieldInsideScope   a generator that would yield inside a timeout or a task group
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

__all__ = [
    "CLOSED",
    "PENDING",
    "Budget",
    "BufferOverflow",
    "ConcurrentPoll",
    "CursorRepeated",
    "DecodeError",
    "EmptyStream",
    "Interrupted",
    "Poll",
    "StreamError",
    "Waker",
    "YieldInsideScope",
    "exhausted",
]


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

Waker: TypeAlias = Callable[[], None]
"""Called at most once per parked poll. It only notes that polling may help: it must not poll and must not raise."""


class Budget:
    """A waker that bounds how much may be taken for nothing within one poll.

    A stage that took an item and gives none for it (a filter, a chunk that is not full) asks `spend` before it takes
    another. So a source whose every item is filtered out still runs out of credit.
    """

    __slots__ = ()

    def __call__(self) -> None:
        raise NotImplementedError

    def spend(self) -> bool:
        """Charge one item. False: that was the last; answer PENDING. This waker has then been called already."""
        raise NotImplementedError


def exhausted(waker: Waker | None) -> bool:
    """Charge an item that is not passed on to whom the poll is for. True if the stage must answer PENDING now."""
    return isinstance(waker, Budget) and not waker.spend()


class StreamError(Exception):
    """Base of all errors that the stream core raises by itself."""


class ConcurrentPoll(StreamError):
    """A stream has one consumer; a second one tried to wait on it."""

    def __init__(self, stream: object) -> None:
        self.stream = stream
        super().__init__(f"{type(stream).__name__} already has a consumer that waits for it")


class EmptyStream(StreamError):
    """The stream came to its end without an item."""


class BufferOverflow(StreamError):
    """More was ready than a buffer holds that may not drop anything."""


class CursorRepeated(StreamError):
    """A page leads back to one that was there before: the pages would never end."""

    def __init__(self, cursor: object) -> None:
        self.cursor = cursor
        super().__init__(f"the pages go round in a circle: cursor {cursor!r} came up again")


class DecodeError(StreamError):
    """Bytes that a decoder cannot take. `position` counts from the first byte of the stream."""

    def __init__(self, problem: str, position: int) -> None:
        self.problem, self.position = problem, position
        super().__init__(f"{problem}, at byte {position}")


class Interrupted(StreamError):
    """What a source awaited was cancelled, and not by the scope that owns it."""


class YieldInsideScope(StreamError):
    """A generator yields inside a timeout or a task group: it would cancel whoever consumes it (PEP 789)."""
