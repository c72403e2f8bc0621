"""What one player is told beside the state: events, in order and once, and cosmetic ones, soon or never.

Events wait here until a frame takes them, and are kept until the client says that the frame has arrived: who comes back
after a lost connection is told again what he missed. All of it is bounded, in number and in bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from pelton.protocol.messages import Refusal

__all__ = ["Lanes"]

REFUSALS_KEPT = 4096
"""As many actions as a client may have unanswered."""


class Told(NamedTuple):
    """What went with the frame of a tick."""

    tick: int
    events: tuple[bytes, ...]
    refused: tuple[Refusal, ...]


class Lanes:
    """One player's. With `cosmetic_max` 0 nothing cosmetic is sent."""

    __slots__ = (
        "_bytes_max",
        "_cosmetic",
        "_events",
        "_events_max",
        "_forgotten",
        "_forgotten_tick",
        "_owned",
        "_owned_tick",
        "_refused",
        "_shed",
        "_told",
        "_told_bytes",
        "_told_count",
        "_waiting_bytes",
        "waiting",
    )

    def __init__(self, events_max: int, bytes_max: int, cosmetic_max: int) -> None:
        self._events_max, self._bytes_max = events_max, bytes_max
        self._events: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._cosmetic: deque[bytes] = deque(maxlen=cosmetic_max)
        self._told: deque[Told] = deque()
        self._told_count = self._told_bytes = 0
        self._forgotten = self._forgotten_tick = 0
        """Events that were told and not heard, and are no longer kept, up to this tick."""
        self._refused: deque[tuple[int, Refusal]] = deque(maxlen=REFUSALS_KEPT)
        """Refusals whose events are forgotten, with the tick of their frame: they are few, and an ack passed them."""
        self._shed = 0
        """Events that were never told."""
        self._owned = self._owned_tick = 0
        """How many were said to be lost at the last `rewind`, and the tick then."""
        self.waiting = False
        """Whether the next frame has something to take."""

    @property
    def full(self) -> bool:
        """Whether more events wait for the next frame than may."""
        return len(self._events) > self._events_max or self._waiting_bytes > self._bytes_max

    @property
    def waiting_count(self) -> int:
        """Events for the next frame, cosmetic ones too."""
        return len(self._events) + len(self._cosmetic)

    @property
    def told_count(self) -> int:
        """Events that went out, and are kept until the client says that they have arrived."""
        return self._told_count

    def post(self, event: bytes) -> None:
        """Queue an event; look at `full` after that. Those that were told long ago make room."""
        self.waiting = True
        self._events.append(event)
        self._waiting_bytes += len(event)
        self._prune()

    def post_cosmetic(self, event: bytes) -> int:
        """Queue one that may be dropped; the oldest are. Answers how many, 0 or 1."""
        dropped = len(self._cosmetic) == self._cosmetic.maxlen
        self._cosmetic.append(event)
        self.waiting = self.waiting or bool(self._cosmetic)
        return int(dropped)

    def drop_cosmetic(self) -> None:
        """The player is back: what sparkled while he was away is over."""
        self._cosmetic.clear()

    def shed(self) -> int:
        """Drop the oldest events that are too many, for a player who is away. Answers how many; so will `rewind`."""
        shed = 0
        while self._events and self.full:
            self._waiting_bytes -= len(self._events.popleft())
            shed += 1
        self._shed += shed
        return shed

    def take(self) -> list[bytes]:
        """What goes with the next frame. Call `written` if it went."""
        return [*self._events, *self._cosmetic]

    def written(self, tick: int, refused: Sequence[Refusal]) -> None:
        """The network has taken the frame of this tick: keep what went with it, until it is heard."""
        if self._events or refused:
            told = Told(tick, tuple(self._events), tuple(refused))
            self._told.append(told)
            self._told_count += len(told.events)
            self._told_bytes += self._waiting_bytes
            self._events.clear()
            self._waiting_bytes = 0
            self._prune()
        self._cosmetic.clear()
        self.waiting = False

    def heard(self, tick: int) -> None:
        """Frames up to this tick have arrived."""
        while self._told and self._told[0].tick <= tick:
            self._pop()
        while self._refused and self._refused[0][0] <= tick:
            self._refused.popleft()
        if tick >= self._forgotten_tick:
            self._forgotten = 0

    def rewind(self, tick: int, now_tick: int) -> tuple[int, list[Refusal]]:
        """The player is back in tick `now_tick`, and frames have arrived up to `tick`: put back what went with others.

        Answers how many events, at most, he will never be told, and the refusals to be told again. What the last time
        was answered is in it, if no frame since then has arrived: that answer may not have arrived, either.
        """
        self.heard(tick)
        lost = self._shed + self._forgotten + (self._owned if tick < self._owned_tick else 0)
        self._owned, self._owned_tick = lost, now_tick
        refused = [refusal for _, refusal in self._refused]
        refused += [refusal for told in self._told for refusal in told.refused]
        self._events.extendleft(event for told in reversed(self._told) for event in reversed(told.events))
        self._waiting_bytes += self._told_bytes
        self._told.clear()
        self._refused.clear()
        self.waiting = bool(self._events or self._cosmetic)
        self._told_count = self._told_bytes = self._shed = self._forgotten = 0
        return lost, refused

    def _prune(self) -> None:
        """Forget what was told longest ago, if all together is too much."""
        while self._told and (
            len(self._events) + self._told_count > self._events_max
            or self._waiting_bytes + self._told_bytes > self._bytes_max
            or len(self._told) > self._events_max
        ):
            told = self._pop()
            self._forgotten += len(told.events)
            self._forgotten_tick = told.tick
            self._refused.extend((told.tick, refusal) for refusal in told.refused)

    def _pop(self) -> Told:
        told = self._told.popleft()
        self._told_count -= len(told.events)
        self._told_bytes -= sum(map(len, told.events))
        return told
