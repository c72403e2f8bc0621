"""How many may join, all together and each by himself. Pure bookkeeping: time and randomness are given.

A player is counted by his limit key: his user id, or his address if he has none. What is kept of a key goes when it
means nothing any more: promises with the next join after they were kept, rooms with their end, creates after a minute.
"""

from __future__ import annotations

from collections import deque
from random import Random

from pelton.server.auth.identity import Identity
from pelton.server.clock import NS_PER_S
from pelton.server.config import AdmissionConfig
from pelton.server.metrics import Metrics
from pelton.server.simulate.errors import JoinRejected
from pelton.server.simulate.seat import Player, Seat
from pelton.server.simulate.seating import Standing

__all__ = ["Admission", "limit_key"]

MINUTE_NS = 60 * NS_PER_S
RETRY_S_MAX = 60.0
KEYS_MAX = 65_536
"""Of players whose creates are counted; beyond, the one that has been quiet for longest is forgotten."""
SWEEP_MIN = 64


def limit_key(identity: Identity, counted_as: str) -> str:
    """Who is counted together, `counted_as` being the address as the gate counts it; empty: nobody is counted.

    On the machine's own addresses are a developer's bots, or everybody behind a proxy that hides who they are.
    """
    if identity.user_id:
        return f"user {identity.user_id}"
    return f"address {counted_as}" if counted_as else ""


class Admission:
    """Says no before anything is made. `random` spreads those who are told to come again."""

    def __init__(self, config: AdmissionConfig, random: Random, metrics: Metrics) -> None:
        self._config = config
        self._random = random
        self._metrics = metrics
        self._tokens = float(config.joins_per_second_max)
        self._filled_ns: int | None = None
        self._turned_away = 0
        self._promised: dict[str, list[Seat]] = {}
        self._sweep_at = SWEEP_MIN
        self._creates: dict[str, deque[int]] = {}
        self._makers: dict[str, str] = {}
        """Of each counted room its maker."""
        self._made: dict[str, int] = {}
        """Of each maker his rooms."""

    def __len__(self) -> int:
        """Keys that something is kept of."""
        return len(self._promised) + len(self._creates) + len(self._made)

    def join(self, player: Player, now_ns: int) -> None:
        """Somebody wants a seat. JoinRejected if too many do, or he is promised enough."""
        self._refill(now_ns)
        if self._tokens < 1:
            self._turned_away += 1
            raise self._rejected("busy", "too many want to join at once", self._retry_s())
        self._tokens -= 1
        if player.limit_key and len(self._open_promises(player.limit_key)) >= self._config.promised_per_player_max:
            most = self._config.promised_per_player_max
            raise self._rejected(
                "too_many_joins_of_yours", f"one player is promised at most {most} seats at a time", self._spread(0.1)
            )

    def promised(self, seat: Seat) -> None:
        """He has the promise of a seat."""
        key = seat.player.limit_key
        if not key:
            return
        self._promised[key] = [*self._open_promises(key), seat]
        if len(self._promised) > self._sweep_at:
            self._promised = {key: seats for key in self._promised if (seats := self._open_promises(key))}
            self._sweep_at = max(SWEEP_MIN, 2 * len(self._promised))

    def create(self, player: Player, now_ns: int) -> None:
        """A room is to be made for him. JoinRejected if he has made enough."""
        key = player.limit_key
        if not key:
            return
        if self._made.get(key, 0) >= self._config.rooms_per_player_max:
            most = self._config.rooms_per_player_max
            raise self._rejected("too_many_rooms_of_yours", f"one player has at most {most} rooms at a time")
        self._forget_creates(now_ns)
        creates = self._creates.pop(key, None) or deque(maxlen=self._config.creates_per_minute_max)
        self._creates[key] = creates  # at the end: the one in front has been quiet for longest
        if len(creates) == creates.maxlen and now_ns - creates[0] < MINUTE_NS:
            wait_s = (MINUTE_NS - (now_ns - creates[0])) / NS_PER_S
            detail = f"one player makes at most {creates.maxlen} rooms in a minute"
            raise self._rejected("too_many_rooms_of_yours", detail, wait_s)
        creates.append(now_ns)

    def created(self, room_id: str, player: Player) -> None:
        """The room is there."""
        key = player.limit_key
        if key:
            self._makers[room_id] = key
            self._made[key] = self._made.get(key, 0) + 1

    def closed(self, room_id: str) -> None:
        """The room is gone."""
        key = self._makers.pop(room_id, None)
        if key is not None:
            self._made[key] -= 1
            if not self._made[key]:
                del self._made[key]

    def _refill(self, now_ns: int) -> None:
        rate = self._config.joins_per_second_max
        before_ns = now_ns if self._filled_ns is None else self._filled_ns
        self._filled_ns = now_ns
        self._tokens = min(rate, self._tokens + rate * (now_ns - before_ns) / NS_PER_S)
        if self._tokens * 2 > rate:
            self._turned_away = 0

    def _retry_s(self) -> float:
        """Spread over the time that it takes to let in all who were turned away."""
        wait_s = 1 + self._turned_away / self._config.joins_per_second_max
        return min(self._spread(wait_s), RETRY_S_MAX)

    def _spread(self, wait_s: float) -> float:
        return wait_s / 2 + wait_s * self._random.random()

    def _open_promises(self, key: str) -> list[Seat]:
        return [seat for seat in self._promised.get(key, ()) if seat.standing is Standing.RESERVED]

    def _forget_creates(self, now_ns: int) -> None:
        """Those who have made nothing for a minute; each is looked at once more than he has made rooms."""
        while self._creates:
            key = next(iter(self._creates))
            creates = self._creates[key]
            if len(self._creates) <= KEYS_MAX and creates and now_ns - creates[-1] < MINUTE_NS:
                return
            del self._creates[key]

    def _rejected(self, reason: str, detail: str, retry_after_s: float = 0.0) -> JoinRejected:
        self._metrics.joins_limited += 1
        return JoinRejected(reason, detail, round(retry_after_s, 2))
