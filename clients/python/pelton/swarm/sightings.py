"""How long an action takes until somebody else can see it: from its intended time to another bot's frame.

Pure: told what bots of this process took in and when. Bounded: so many ticks, open questions and rooms are kept; what
is older is forgotten and not counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["RoomSight", "Sightings"]

TICKS_KEPT = 64
OPEN_MAX = 64
ROOMS_MAX = 4096


@dataclass(slots=True)
class _First:
    """Who took in the frame of a tick first, and when the first other bot did."""

    at_s: float
    bot: int
    other_s: float | None = None


class RoomSight:
    """One room, as all its bots of this process see it. `add` is told the seconds of each action that was seen."""

    __slots__ = ("_add", "_firsts", "_newest", "bots", "open", "settled")

    def __init__(self, add: Callable[[float], None]) -> None:
        self.bots = 0
        """Bots in the room now; one alone is seen by nobody."""
        self.settled = -1
        """The newest tick, if two bots have its frame: while nothing is open, more of that frame tells nothing new."""
        self.open: deque[tuple[int, int, float]] = deque(maxlen=OPEN_MAX)
        """Actions that nobody else has seen yet: the tick of the ack, the bot, the intended time."""
        self._add = add
        self._newest = -1
        self._firsts: dict[int, _First] = {}
        """By tick, in the order in which they came."""

    def saw(self, bot: int, tick: int, at_s: float) -> None:
        """A bot has taken in the frame of this tick."""
        first = self._firsts.get(tick)
        if first is None:
            if tick > self._newest:
                self._newest = tick
                self._firsts[tick] = _First(at_s, bot)
                if len(self._firsts) > TICKS_KEPT:
                    del self._firsts[next(iter(self._firsts))]
        elif first.other_s is None and first.bot != bot:
            first.other_s = at_s
            if tick == self._newest:
                self.settled = tick
        if self.open:
            self._close(bot, tick, at_s)

    def acked(self, bot: int, tick: int, due_s: float) -> None:
        """A bot has taken in, with the frame of this tick, that an action of its own took effect."""
        if self.bots < 2:
            return
        for later in range(tick, self._newest + 1):
            first = self._firsts.get(later)
            if first is None:
                continue
            seen_s = first.other_s if first.bot == bot else first.at_s
            if seen_s is not None:
                self._add(seen_s - due_s)
                return
        self.open.append((tick, bot, due_s))

    def _close(self, bot: int, tick: int, at_s: float) -> None:
        for question in [question for question in self.open if question[0] <= tick and question[1] != bot]:
            self.open.remove(question)
            self._add(at_s - question[2])


class Sightings:
    """All rooms in which this process has bots."""

    def __init__(self, add: Callable[[float], None]) -> None:
        self._add = add
        self._rooms: dict[str, RoomSight] = {}

    def enter(self, room_id: str) -> RoomSight:
        """A bot has taken a seat there; `leave` when it is gone."""
        room = self._rooms.get(room_id)
        if room is None:
            if len(self._rooms) >= ROOMS_MAX:
                del self._rooms[next(iter(self._rooms))]
            room = self._rooms[room_id] = RoomSight(self._add)
        room.bots += 1
        return room

    def leave(self, room_id: str, room: RoomSight) -> None:
        """Its bot has left. Who stays alone is seen by nobody; a room without bots is forgotten."""
        room.bots -= 1
        if room.bots < 2:
            room.open.clear()
        if not room.bots and self._rooms.get(room_id) is room:
            del self._rooms[room_id]
