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
    seated: int = 0
    """Connections with a seat, now."""
    greetings_pending: int = 0
    """Connections that an authenticator has not answered yet, now."""
    greetings_late: int = 0
    """Connections closed because it did not answer in time."""
    tickets_refused: int = 0
    """Connections closed because their ticket was not good."""
    tickets_expired: int = 0
    """Connections closed because the time of their ticket was over."""
    users_replaced: int = 0
    """Connections closed because the same user connected anew."""
    joins_limited: int = 0
    """Joins rejected because too many came at once, or from one player."""
    drops: int = 0
    """Connections lost whose seats were kept."""
    resumes: int = 0
    """Seats that came back on another connection."""
    resumes_refused: int = 0
    """Attempts with a token that was not the seat's."""
    actions_taken: int = 0
    """Handed to a game."""
    actions_refused: int = 0
    actions_overflowed: int = 0
    """Of these, how many were one more than may wait for a player."""
    actions_overweight: int = 0
    """Of these, how many were more bytes than may wait for a player."""
    actions_late: int = 0
    """Of these, how many had waited for their room for too long."""
    turns_deferred: int = 0
    """Players who had actions left after a tick, tick by tick: more came than one tick takes of a player."""
    ticks_full: int = 0
    """Ticks that took as many actions as a tick may take in total."""
    messages_bad: int = 0
    """Messages that ended their connection."""
    bytes_received: int = 0
    """From and to players, with all that a WebSocket adds; on the asyncio transport what was handed to it."""
    bytes_sent: int = 0
    messages_unfinished: int = 0
    """Connections closed because a message was begun and did not come whole."""
    slices_cut: int = 0
    """Visits of a connection that had to leave some of the frames for later."""
    intakes_cut: int = 0
    """Looks at the sockets that were over before everybody had been read."""
    reads_held: int = 0
    """Times a connection was not read because it had used up its frames."""
    floods_closed: int = 0
    """Connections closed because they wanted more than they may, without a break."""
    pings_sent: int = 0
    """To clients that were silent."""
    connections_silent: int = 0
    """Connections closed because nothing was heard of them."""
    frames_sent: int = 0
    frames_skipped: int = 0
    """Ticks in which a client was still busy with an earlier frame; it gets the whole state later."""
    frames_paced: int = 0
    """Ticks in which a client that is behind was not even to get a frame."""
    events_shed: int = 0
    """Events that a player was never told, as too many waited for him."""
    cosmetic_dropped: int = 0
    """Cosmetic events that gave way to newer ones."""
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
    unhandled_errors: int = 0
    """Exceptions that reached the event loop, as no connection and no room answers for them. Each is a bug of ours."""
    overload_changes: int = 0
    """Steps up or down the overload ladder."""
    rooms_overrun: int = 0
    """Rooms ended because they took more than their share."""
    stalls: int = 0
    """Times the loop stood still for longer than watchdog.stall_ms. Written by the watchdog's thread alone."""

    dumps_written: int = 0
    """Records of rooms that were written into a file."""
    dumps_lost: int = 0
    """Records that were not, as too many waited or the folder could not be written to."""
    admin_actions: int = 0
    """Rooms paused, players kicked and so on by the admin port."""

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
