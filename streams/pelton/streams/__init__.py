"""Async streams that are polled: lazy, bounded, fair, without a task per item.

Usable alone: imports nothing else of Pelton, and asyncio only where something awaits.
"""

from pelton.streams.stream import Stream  # first: stages subclass it, and its methods make them

# isort: split

from pelton.streams.buffers import Overflow
from pelton.streams.decode import Decoder, Tail, decode
from pelton.streams.decoders import Lines, MsgPack
from pelton.streams.inbox import Inbox, Offer
from pelton.streams.items import Err, Lagged, Left
from pelton.streams.merge import Merge
from pelton.streams.pages import Page, pages
from pelton.streams.poll import (
    CLOSED,
    PENDING,
    Budget,
    BufferOverflow,
    ConcurrentPoll,
    CursorRepeated,
    DecodeError,
    EmptyStream,
    Interrupted,
    Poll,
    StreamError,
    Waker,
    YieldInsideScope,
)
from pelton.streams.pump import Source, source
from pelton.streams.scope import Scope
from pelton.streams.slot import MergeStats, SourceStats
from pelton.streams.sources import empty, from_iter, once, pending, repeat_with, unfold
from pelton.streams.stage import Stage
from pelton.streams.terminal import Sink
from pelton.streams.timing import Clock, TimerHandle, interval

__all__ = [
    "CLOSED",
    "PENDING",
    "Budget",
    "BufferOverflow",
    "Clock",
    "ConcurrentPoll",
    "CursorRepeated",
    "DecodeError",
    "Decoder",
    "EmptyStream",
    "Err",
    "Inbox",
    "Interrupted",
    "Lagged",
    "Left",
    "Lines",
    "Merge",
    "MergeStats",
    "MsgPack",
    "Offer",
    "Overflow",
    "Page",
    "Poll",
    "Scope",
    "Sink",
    "Source",
    "SourceStats",
    "Stage",
    "Stream",
    "StreamError",
    "Tail",
    "TimerHandle",
    "Waker",
    "YieldInsideScope",
    "decode",
    "empty",
    "from_iter",
    "interval",
    "once",
    "pages",
    "pending",
    "repeat_with",
    "source",
    "unfold",
]
