"""How many connections each address has open, and how fast it opens new ones.

Bounded without a timer: an address with open connections has an entry, so there are no more of these than
connections; one without is remembered only until its rate would let a whole burst in again, and of those at most
`idle_max` are kept: then the one longest unused is forgotten, and may start anew.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

from pelton.server.clock import NS_PER_S
from pelton.server.metrics import Refusal

__all__ = ["AddressLimits", "Addresses"]


@dataclass(frozen=True, slots=True)
class AddressLimits:
    """What one address may do. 0 turns `open_max` and `per_s` off, each by itself."""

    open_max: int
    per_s: float
    burst: int
    idle_max: int


@dataclass(slots=True)
class _Entry:
    open: int = 0
    paid_ns: int = 0
    """Until when its new connections have used up its rate (GCRA): a whole burst is free once this is past."""


class Addresses:
    """`enter` counts one in or refuses it; who was counted in has to `leave`."""

    def __init__(self, limits: AddressLimits) -> None:
        self._limits = limits
        self._interval_ns = math.ceil(NS_PER_S / limits.per_s) if limits.per_s else 0
        self._burst_ns = limits.burst * self._interval_ns
        self._connected: dict[str, _Entry] = {}
        self._idle: OrderedDict[str, _Entry] = OrderedDict()

    def __len__(self) -> int:
        """How many addresses are remembered."""
        return len(self._connected) + len(self._idle)

    def enter(self, address: str, now_ns: int) -> Refusal | None:
        """Count one more connection of this address, or say why not; one that is refused is not counted."""
        self._forget(now_ns)
        entry = self._connected.get(address) or self._idle.get(address) or _Entry()
        if self._limits.open_max and entry.open >= self._limits.open_max:
            return Refusal.ADDRESS_CONNECTIONS
        paid_ns = max(entry.paid_ns, now_ns) + self._interval_ns
        if self._interval_ns and paid_ns - now_ns > self._burst_ns:
            return Refusal.ADDRESS_RATE
        entry.paid_ns = paid_ns
        entry.open += 1
        self._idle.pop(address, None)
        self._connected[address] = entry
        return None

    def leave(self, address: str, now_ns: int, cost: int = 0) -> None:
        """One of its connections is over, and counts `cost` new ones besides.

        What it owes is bounded by a burst more than usual: it is let in again soon, whatever it did.
        """
        entry = self._connected[address]
        entry.open -= 1
        if cost:
            paid_ns = max(entry.paid_ns, now_ns) + cost * self._interval_ns
            entry.paid_ns = min(paid_ns, now_ns + 2 * self._burst_ns)
        if not entry.open:
            del self._connected[address]
            if entry.paid_ns > now_ns:
                self._idle[address] = entry
                if len(self._idle) > self._limits.idle_max:
                    self._idle.popitem(last=False)

    def _forget(self, now_ns: int) -> None:
        """Drop those who owe nothing any more. One that owes more keeps those behind it for a little longer."""
        while self._idle and next(iter(self._idle.values())).paid_ns <= now_ns:
            self._idle.popitem(last=False)
