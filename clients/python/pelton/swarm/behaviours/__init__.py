"""The behaviours that ship, by name and by game. Examples as well: a bot needs no more than these."""

from __future__ import annotations

from collections.abc import Mapping

from pelton.swarm.behaviour import Behaviour
from pelton.swarm.behaviours.dealer import dealer
from pelton.swarm.behaviours.hunter import hunter
from pelton.swarm.behaviours.idler import idler
from pelton.swarm.behaviours.wanderer import wanderer

__all__ = ["BY_GAME", "SHIPPED", "dealer", "hunter", "idler", "wanderer"]

SHIPPED: Mapping[str, Behaviour] = {behaviour.name: behaviour for behaviour in (wanderer, hunter, idler, dealer)}
BY_GAME: Mapping[str, Behaviour] = {"arena": wanderer, "cards": dealer}
"""What plays a game if nothing else is asked for."""
