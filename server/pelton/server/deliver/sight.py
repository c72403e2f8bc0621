"""What a player sees, in all layers of a room at once. Those who see the same share one Sight, and so their frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from pelton.server.simulate.seat import Player
from pelton.server.simulate.state.layer import NOWHERE, Layer, View

__all__ = ["Sight", "Sights"]

Views: TypeAlias = tuple[View, ...]

SIGHTS_MAX = 4096


class Sight:
    """A view of each layer, and the frame of the tick that was made last for who goes on seeing it."""

    __slots__ = ("body", "far_since", "since", "tick", "views")

    def __init__(self, views: Views) -> None:
        self.views = views
        self.tick = self.since = -1
        self.far_since: tuple[int, ...] = ()
        self.body = b""


class Sights:
    """All that are in use in a room."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = list(enumerate(layers))
        self.nothing = Sight((NOWHERE,) * len(layers))
        """What somebody sees who was sent nothing yet."""
        self._known: dict[Views, Sight] = {}

    def of(self, player: Player, before: Sight) -> Sight:
        """What the player sees now; the very same object if that is what he saw before."""
        views = before.views
        for number, layer in self._layers:
            if layer.view_of(player, views[number]) is not views[number]:
                return self._sight(
                    tuple(layer.view_of(player, view) for (_, layer), view in zip(self._layers, views, strict=True))
                )
        return before

    def _sight(self, views: Views) -> Sight:
        sight = self._known.get(views)
        if sight is None:
            if len(self._known) >= SIGHTS_MAX:  # then some who see the same do not share it for a while
                self._known.clear()
            sight = self._known[views] = Sight(views)
        return sight
