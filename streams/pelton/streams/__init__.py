"""Async streams that are polled: lazy, bounded, fair, without a task per item.

Usable alone; imports nothing else of Pelton.
"""

from pelton.streams.combinators import Filter, FilterMap, Map, Stage, Take
from pelton.streams.inbox import Inbox, Offer
from pelton.streams.items import Err, Left
from pelton.streams.merge import Merge
from pelton.streams.poll import CLOSED, PENDING, ConcurrentPoll, Poll, StreamError, Waker
from pelton.streams.stream import Stream

__all__ = [
    "CLOSED",
    "PENDING",
    "ConcurrentPoll",
    "Err",
    "Filter",
    "FilterMap",
    "Inbox",
    "Left",
    "Map",
    "Merge",
    "Offer",
    "Poll",
    "Stage",
    "Stream",
    "StreamError",
    "Take",
    "Waker",
]
