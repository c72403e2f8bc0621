"""How one player's way out stands. The fan-out knows it, the admin port shows it, and they do not know each other."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Lane"]


class Lane(NamedTuple):
    """Of one player, at this moment."""

    events_waiting: int
    """Events for the next frame."""
    events_unheard: int
    """Events that went out, and of which the client has not said yet that they have arrived."""
    refusals_waiting: int
    is_owed: bool
    """More than the state waits for him."""
    is_busy: bool
    """The network has not taken an earlier frame yet."""
    skipped: int
    """Frames that were due while he was busy, since he joined."""
    pace: int
    """Every how many ticks he gets a frame."""
    written_tick: int
    """The last tick that was written for him; 0 for none."""
    heard_tick: int
    """The last tick of which he has said that it arrived."""
    views: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    """Layer by layer the groups that he was last told of, near and far."""
