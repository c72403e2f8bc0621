"""The decoders of this server: one for connections without a seat, one per game, made once."""

from __future__ import annotations

from collections.abc import Mapping

from pelton.protocol.typed import TypedDecoder
from pelton.server.simulate.room import Room

__all__ = ["Decoders"]


class Decoders:
    """What may be received, by the game that is played."""

    def __init__(self, games: Mapping[str, type[Room]]) -> None:
        self.without_seat = TypedDecoder()
        """Leaves actions undecoded: enough to refuse them by their number."""
        self._by_game = {name: TypedDecoder(game.action_types) for name, game in games.items()}

    def for_game(self, name: str) -> TypedDecoder:
        """The decoder of a game that this server has."""
        return self._by_game[name]
