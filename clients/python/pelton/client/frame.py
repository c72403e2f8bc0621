"""What goes over a room's counter: actions out, frames in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pelton.client.replica import Divergence
from pelton.protocol.messages import Refusal

__all__ = ["Action", "Event", "Frame", "Resumption"]


class Event(NamedTuple):
    """Something that the game tells beside the state, `Event("hit", {"by": 3, "damage": 12})`."""

    name: str
    fields: dict[str, Any]


class Resumption(NamedTuple):
    """How a seat came back whose connection was lost."""

    away_s: float
    """From the loss to this frame."""
    sent_again: int
    """Actions that had been lost with the connection."""
    events_lost: int
    """The most events that will never be told, as too many were waiting."""


class Frame(NamedTuple):
    """One tick as this client sees it; the room's replica is at this tick while it is handled.

    `refused`: actions by their number that will not take effect, with the reason. `taken`: actions that the
    game has taken by this tick, with the seconds from sending them to the arrival of this frame. Every action
    appears once in one of the two. `arrived_s` is `time.monotonic()` at its arrival.
    """

    tick: int
    refused: list[Refusal]
    taken: list[tuple[int, float]]
    is_keyframe: bool
    """It brought the whole state."""
    is_checked: bool
    """It brought digests of the server, and the replica has the same."""
    arrived_s: float
    divergences: Sequence[Divergence] = ()
    """Groups that were not what the server has, and that this frame brought anew."""
    events: Sequence[Event] = ()
    """In the order in which they happened."""
    resumed: Resumption | None = None
    """Set on the first frame after the seat was taken again on another connection."""


class Action:
    """An action by name, `Action("steer", turn=0.5, thrust=1)`.

    What it may hold is checked by the room it is used in.
    """

    __slots__ = ("fields", "name")

    def __init__(self, name: str, /, **fields: Any) -> None:
        self.name = name
        self.fields = fields

    def __repr__(self) -> str:
        return f"Action({self.name!r}{''.join(f', {key}={value!r}' for key, value in self.fields.items())})"
