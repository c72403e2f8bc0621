"""The behaviours that ship, by name and by game. Examples as well: a bot needs no more than these."""

from __future__ import annotations

from collections.abc import Mapping

from pelton.swarm.behaviour import Behaviour
from pelton.swarm.behaviours.wanderer import wanderer

__all__ = ["BY_GAME", "SHIPPED", "wanderer"]

SHIPPED: Mapping[str, Behaviour] = {behaviour.name: behaviour for behaviour in (wanderer,)}
BY_GAME: Mapping[str, Behaviour] = {"arena": wanderer}
"""What plays a game if nothing else is asked for."""
