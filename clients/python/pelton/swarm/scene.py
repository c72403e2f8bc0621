"""What all bots of a crowd share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pelton.client import SharedParts
from pelton.client.dial import Dial
from pelton.protocol.plain import SharedFrames
from pelton.swarm.me import Sleep
from pelton.swarm.plan import Plan
from pelton.swarm.sightings import Sightings
from pelton.swarm.tally import Tally

__all__ = ["Scene", "make_scene"]

FRAMES_SHARED = 512
"""Different frames that are kept for others: bots that see the same get the same, and some are a second behind."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Made once; each bot adds to the tally and the sightings."""

    plan: Plan
    tally: Tally
    dial_for: Callable[[int], Dial]
    """How the bot of this number connects."""
    now_s: Callable[[], float]
    decode: SharedFrames
    parts: SharedParts
    sightings: Sightings
    room_id: Callable[[], str | None]
    """The room to join; None is any with a free seat."""
    sleep: Sleep


def make_scene(
    plan: Plan,
    tally: Tally,
    dial_for: Callable[[int], Dial],
    now_s: Callable[[], float],
    room_id: Callable[[], str | None],
    sleep: Sleep,
) -> Scene:
    """With caches: else, each bot decoding what all of them get would be most of the swarm's work."""
    decode, parts = SharedFrames(FRAMES_SHARED), SharedParts(FRAMES_SHARED)
    return Scene(plan, tally, dial_for, now_s, decode, parts, Sightings(tally.input_to_seen.add), room_id, sleep)
