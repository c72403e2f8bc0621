"""What is in effect against overload at the moment. The overseer writes it, everybody may read it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Overload"]


@dataclass(slots=True)
class Overload:
    """Of one process. As it is made: nothing is wrong."""

    step: int = 0
    name: str = "normal"
    since_ns: int = 0
    """When this step was taken."""
    p95_share: float = 0.0
    """The load of the last window, of the budget at full speed: of the heaviest room, or of all together."""
    far_factor: int = 1
    """So many times more rarely are far groups told of changes."""
    is_thin: bool = False
    """Frames go out with every other tick."""
    sheds_cosmetic: bool = False
    """Events that only look nice are not sent."""
    dilation: float = 1.0
    """By how much the ticks of all rooms are farther apart."""
    busy: str = ""
    """Why nobody new is let in: "overload", "memory"; empty if somebody is."""
    is_stalling: bool = False
    """The loop stood still too often lately. Written by the watchdog's thread."""
