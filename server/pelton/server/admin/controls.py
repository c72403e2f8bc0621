"""What the admin port may ask of the server, and do to it, besides what it reads from `Watched`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pelton.server.recorder.lane import Lane
from pelton.server.recorder.recorder import Recorder
from pelton.server.simulate.lobby import OpenRoom
from pelton.server.simulate.seat import Seat

__all__ = ["Controls"]


@dataclass(frozen=True, slots=True)
class Controls:
    """Of one server."""

    recorder: Recorder
    lane: Callable[[OpenRoom, Seat], Lane | None]
    """How a player's way out stands; None before his first frame."""
    round_trip_us: Callable[[Seat], int | None]
    """As the kernel measures it; None if it does not."""
    pause: Callable[[OpenRoom], None]
    unpause: Callable[[OpenRoom], None]
    step: Callable[[OpenRoom], None]
    """Run one tick of a room that is paused."""
    drain: Callable[[], bool]
    """Stop the server in order; False if whoever runs it has not said how."""
