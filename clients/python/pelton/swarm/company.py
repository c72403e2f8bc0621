"""Company for a person: which room needs how many bots. Pure; the server's page for people says who is where.

The protocol does not tell a client how many seats are taken, but the page at the game port does, of every room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Company", "Opened", "read_rooms"]

ROW = re.compile(r"<tr><td><code>([^<]{1,64})</code><td>([^<]{1,64})<td>(\d{1,9}) of (\d{1,9})<td>")
SEATS_LEFT = 1
"""Always left for one more person."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A room as the page has it."""

    room_id: str
    game: str
    taken: int
    seats: int


def read_rooms(page: str) -> Iterator[Opened]:
    """The rooms of the server's page, in its order."""
    for room_id, game, taken, seats in ROW.findall(page):
        yield Opened(room_id, game, int(taken), int(seats))


class Company:
    """Told again and again what there is; says where to be and how many.

    It acts on what it has seen twice in a row: a bot that has just come may not be on the page yet, or one that has
    just left may be on it still, and would count as a person.
    """

    def __init__(self, game: str, wanted: int) -> None:
        self.room_id: str | None = None
        """Where bots should be; None while there is nobody to be with."""
        self.bots = 0
        self._game = game
        self._wanted = wanted
        self._seen: tuple[str | None, int] = (None, 0)

    def look(self, rooms: Iterable[Opened], own: Mapping[str, int]) -> None:
        """`own` bots by room. Stays with a room while a person is there, else goes to that with most."""
        there = {room: room.taken - own.get(room.room_id, 0) for room in rooms if room.game == self._game}
        people = {room: count for room, count in there.items() if count > 0}
        room = max(people, key=lambda room: (room.room_id == self.room_id, people[room]), default=None)
        found: tuple[str | None, int] = (None, 0)
        if room is not None:
            free = room.seats - people[room] - SEATS_LEFT
            found = (room.room_id, max(0, min(self._wanted - people[room], free)))
        if found == self._seen:
            self.room_id, self.bots = found
        self._seen = found
