"""The loop's sign of life: what it does right now, and since when. Written by the beat, read by the watchdog's thread.

Plain attributes without a lock: a reader may see the old room with the new time, and then nothing has lasted long.
"""

from __future__ import annotations

from pelton.server.simulate.lobby import OpenRoom

__all__ = ["IDLE_NS", "Pulse"]

IDLE_NS = 2**62
"""A time that never comes."""


class Pulse:
    """Of one loop."""

    __slots__ = ("opened", "since_ns")

    def __init__(self) -> None:
        self.since_ns = IDLE_NS
        """When the loop began with what it does; while it waits, when it should begin again."""
        self.opened: OpenRoom | None = None
        """The room whose tick it runs."""
