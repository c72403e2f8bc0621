"""What a player sees, in all layers of a room at once. Those who see the same share one Sight, and so their frame."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from pelton.server.simulate.seat import Player
from pelton.server.simulate.state.layer import NOWHERE, Layer, View

__all__ = ["Sight", "Sights", "Turn", "turned"]

Views: TypeAlias = tuple[View, ...]

SIGHTS_MAX = 4096


class Sight:
    """A view of each layer, and the frame of the tick that was made last for who goes on seeing it."""

    __slots__ = ("body", "far_since", "tick", "views")

    def __init__(self, views: Views) -> None:
        self.views = views
        self.tick = -1
        self.far_since: tuple[int, ...] = ()
        self.body = b""


class Sights:
    """All that are in use in a room."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = list(layers)
        self.nothing = Sight((NOWHERE,) * len(layers))
        """What somebody sees who was sent nothing yet."""
        self.stirred: set[int] | None = None
        """The rows that see from elsewhere since the tick before; None: anybody may."""
        self._known: dict[Views, Sight] = {}

    def begin(self) -> None:
        """A tick is over: find out whose eyes are elsewhere now."""
        stirred: set[int] = set()
        for layer in self._layers:
            moved = layer.stirred
            if moved is None:
                self.stirred = None
                return
            stirred |= moved
        self.stirred = stirred

    def of(self, player: Player, before: Sight) -> Sight:
        """What the player sees now; the very same object if that is what he saw before."""
        views = before.views
        now = tuple([layer.view_of(player, view) for layer, view in zip(self._layers, views, strict=True)])
        return before if now == views else self._sight(now)

    def _sight(self, views: Views) -> Sight:
        sight = self._known.get(views)
        if sight is None:
            if len(self._known) >= SIGHTS_MAX:  # then some who see the same do not share it for a while
                self._known.clear()
            sight = self._known[views] = Sight(views)
        return sight


class Turn(NamedTuple):
    """What it means for a client to see one view after another: groups, each in one of the first four."""

    new: tuple[int, ...]
    near: tuple[int, ...]
    """Near now, and near before."""
    approached: tuple[int, ...]
    """Near now, and far before: the client may have old values of them."""
    far: tuple[int, ...]
    """Far now, and seen before."""
    gone: tuple[int, ...]

    @property
    def seen(self) -> tuple[int, ...]:
        """All that are seen now."""
        return self.new + self.near + self.approached + self.far


@lru_cache(maxsize=1 << 14)
def turned(before: View, view: View) -> Turn:
    """From one view to another. The same few thousand come again and again: from a cell to the next."""
    if before is view:
        return Turn((), view.near, (), view.far, ())
    were_near, were_far = set(before.near), set(before.far)
    known, seen = were_near | were_far, {*view.near, *view.far}
    return Turn(
        new=tuple(group for group in (*view.near, *view.far) if group not in known),
        near=tuple(group for group in view.near if group in were_near),
        approached=tuple(group for group in view.near if group in were_far and group not in were_near),
        far=tuple(group for group in view.far if group in known),
        gone=tuple(group for group in (*before.near, *before.far) if group not in seen),
    )
