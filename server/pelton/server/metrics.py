"""Plain counters that every stage increments and none reads.

An int costs 0.1 us; a metrics library's counter 1 to 3.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import assert_never

__all__ = ["Metrics", "Refusal"]


class Refusal(enum.Enum):
    """Why a connection is turned away. Few and fixed, as each is a label in `/metrics`."""

    FULL = "full"
    """The server holds as many as it may."""
    ADDRESS_CONNECTIONS = "address_connections"
    """Too many of its address are open."""
    ADDRESS_RATE = "address_rate"
    """Too many of its address came in a short time."""
    UNAUTHENTICATED = "unauthenticated"
    """Too many have not said hello, and this one has waited longest."""
    ORIGIN = "origin"
    """A page that may not connect."""


@dataclass(slots=True)
class Metrics:
    """Counts since the process started, except where a line says otherwise."""

    connections: int = 0
    """Open now."""
    connections_total: int = 0
    connections_refused: int = 0
    """Turned away, for whatever reason; by reason below."""
    refused_full: int = 0
    refused_address_connections: int = 0
    refused_address_rate: int = 0
    refused_unauthenticated: int = 0
    refused_origin: int = 0
    actions_taken: int = 0
    """Handed to a game."""
    actions_refused: int = 0
    messages_bad: int = 0
    """Messages that ended their connection."""
    frames_sent: int = 0
    frames_skipped: int = 0
    """Ticks in which a client was still busy with an earlier frame; it gets the whole state later."""
    keyframes_sent: int = 0
    resyncs: int = 0
    """Times a client asked for groups anew, because its digests were not ours."""
    ticks: int = 0
    ticks_overrun: int = 0
    """Ticks whose work, the game's step and the frames written, took longer than the room's tick interval."""
    ticks_late: int = 0
    """Ticks that began more than one tick interval after they were due; of those that catch up at once, the first."""
    ticks_skipped: int = 0
    """Ticks given up because the server had fallen too far behind."""
    room_faults: int = 0
    """Rooms ended by an exception in their game's code."""

    def refuse(self, reason: Refusal) -> None:
        """Count a connection that is turned away."""
        self.connections_refused += 1
        match reason:
            case Refusal.FULL:
                self.refused_full += 1
            case Refusal.ADDRESS_CONNECTIONS:
                self.refused_address_connections += 1
            case Refusal.ADDRESS_RATE:
                self.refused_address_rate += 1
            case Refusal.UNAUTHENTICATED:
                self.refused_unauthenticated += 1
            case Refusal.ORIGIN:
                self.refused_origin += 1
            case _:
                assert_never(reason)
