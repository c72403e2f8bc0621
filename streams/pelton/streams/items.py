"""Values that travel beside the items: an error, a gap, a goodbye. They end one source at most, never a merge."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Err", "Lagged", "Left"]


@dataclass(frozen=True, slots=True)
class Err:
    """Something went wrong, as a value: a source of a merge that raised, a timeout, a line that does not parse."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Lagged:
    """So many items were dropped here, because the consumer was too slow for them."""

    count: int


@dataclass(frozen=True, slots=True)
class Left:
    """One source of a merge came to its end; nothing more arrives under its key."""

    reason: str = "ended"
    """`Stream.reason` of the source: why it ended, in a word."""
