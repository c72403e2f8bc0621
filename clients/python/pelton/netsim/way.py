"""One direction of one connection, as TCP makes it look: everything arrives, in order, at some time. Pure.

    send ─▶ [buffer] ─▶ bandwidth, own and shared ─▶ lost? sent again ─▶ latency, jitter ─▶ arrives
                        stands still in a freeze                         not before what was sent before

A segment that is lost holds up all that is behind it (head-of-line blocking). Reads no clock: the caller says what
time it is, and that never goes back. All draws come from `Random.random`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from pelton.netsim.conditions import Conditions
from pelton.netsim.fate import Fate, Freezes, exponential, offspring
from pelton.netsim.uplink import Uplink

__all__ = ["RTO_MAX_S", "SEGMENT_BYTES", "Fate", "Route", "Uplink", "Way"]

SEGMENT_BYTES = 1460
"""What an Ethernet frame holds of a TCP stream over IPv4."""
RTO_MAX_S = 60.0
"""The least upper bound that RFC 6298 (2.5) allows."""


class Way:
    """From one end of a connection to the other. `send` at once says when it will arrive, as nothing can change that.

    Without the connection's `fate`, this direction has freezes of its own.
    """

    __slots__ = (
        "_arrives_s",
        "_byte_s",
        "_departs_s",
        "_free_s",
        "_freezes",
        "_jitter_s",
        "_latency_s",
        "_loss",
        "_random",
        "_round_trip_s",
        "_rto_s",
        "_shared",
        "_throttled_receiver",
        "_throttled_sender",
        "_waiting",
        "_waiting_bytes",
        "buffer_bytes",
        "stalls",
    )

    def __init__(
        self,
        conditions: Conditions,
        *,
        upward: bool,
        random: Random,
        shared: Uplink | None = None,
        fate: Fate | None = None,
    ) -> None:
        kbit_s = conditions.up_kbit_s if upward else conditions.down_kbit_s
        self.buffer_bytes = conditions.buffer_bytes
        self.stalls = 0
        """Segments that were lost, and held up what was behind them until they were mended."""
        self._latency_s = conditions.latency_ms / 1000
        self._jitter_s = conditions.jitter_ms / 1000
        self._byte_s = 8 / (kbit_s * 1000) if kbit_s else 0.0
        self._loss = conditions.loss
        self._round_trip_s = 2 * (self._latency_s + self._jitter_s)
        # RFC 6298: round trip + 4 times its variation. Linux takes the least time-out for the least second term.
        self._rto_s = min(RTO_MAX_S, self._round_trip_s + max(conditions.rto_min_ms / 1000, 4 * self._jitter_s))
        self._throttled_sender = conditions.throttled and upward
        self._throttled_receiver = conditions.throttled and not upward
        self._random = random
        self._shared = shared
        if fate is None and conditions.freeze_every_s:
            self._freezes: Freezes | None = Freezes(conditions, int(random.random() * 2**53), None)
        else:
            self._freezes = fate.freezes() if fate else None
        self._free_s = -math.inf  # when the line can begin with the next segment
        self._departs_s = -math.inf  # when the last segment has departed for good
        self._arrives_s = -math.inf
        self._waiting: deque[tuple[float, int]] = deque()
        self._waiting_bytes = 0

    def room(self, now_s: float) -> int:
        """How many bytes the sender's buffer takes now. What waits in it has not departed for good yet."""
        waiting = self._waiting
        while waiting and waiting[0][0] <= now_s:
            self._waiting_bytes -= waiting.popleft()[1]
        return max(0, self.buffer_bytes - self._waiting_bytes)

    def more_room_s(self, now_s: float) -> float:
        """When there will be more room than now; `math.inf` if nothing waits."""
        self.room(now_s)
        return self._waiting[0][0] if self._waiting else math.inf

    def send(self, now_s: float, size: int) -> Sequence[tuple[float, int]]:
        """Send so many bytes: when they arrive, in pieces (arrives_at_s, byte count), in order.

        A caller that sends more than there is room for has a buffer of its own, which it bounds by itself.
        """
        delay_s = self._latency_s
        if self._jitter_s:
            delay_s += exponential(self._random, self._jitter_s)
        if self._freezes is not None:
            self._freezes.forget(now_s)
        if size <= SEGMENT_BYTES:
            return ((self._carry(now_s, size, delay_s, 0), size),)
        pieces: list[tuple[float, int]] = []
        while size:
            part = min(SEGMENT_BYTES, size)
            size -= part
            arrives_s = self._carry(now_s, part, delay_s, size)
            if pieces and pieces[-1][0] == arrives_s:
                part += pieces.pop()[1]
            pieces.append((arrives_s, part))
        return pieces

    def _carry(self, now_s: float, size: int, delay_s: float, behind: int) -> float:
        """Send one segment that has so many bytes of the same message behind it; when it arrives."""
        lost = self._losses() if self._loss else 0
        departs_s = self._departure(now_s, size, lost)
        if lost:
            departs_s += self._stall_s(lost, behind)
        departs_s = max(departs_s, self._departs_s)
        arrives_s = departs_s + delay_s
        if self._freezes is not None:
            departs_s = self._freezes.done(departs_s)
            arrives_s = self._freezes.done(departs_s + delay_s)
        if departs_s > now_s:
            self._waiting.append((departs_s, size))
            self._waiting_bytes += size
        self._departs_s = departs_s
        if self._throttled_receiver:
            arrives_s = float(math.ceil(arrives_s))
        if arrives_s < self._arrives_s:
            return self._arrives_s
        self._arrives_s = arrives_s
        return arrives_s

    def _departure(self, now_s: float, size: int, lost: int) -> float:
        """When a segment is through the lines, as often as it has to be sent."""
        begin_s = float(math.ceil(now_s)) if self._throttled_sender else now_s
        begin_s = max(begin_s, self._free_s)
        takes_s = size * self._byte_s * (1 + lost)
        end_s = begin_s + takes_s if self._freezes is None else self._freezes.done(begin_s, takes_s)
        self._free_s = end_s
        if self._shared is not None:
            end_s = self._shared.carry(now_s, max(end_s, self._departs_s), size * (1 + lost))
        return end_s

    def _losses(self) -> int:
        """How often a segment is lost in a row."""
        lost = 0
        while self._random.random() < self._loss:
            lost += 1
        return lost

    def _stall_s(self, lost: int, behind: int) -> float:
        """How much later a segment departs for good that was lost so often.

        With others of its burst behind it, the receiver's repeated acks tell after a round trip (fast retransmit).
        At the end of a burst nobody tells, and whatever was sent again is waited for: time-outs, each twice the last.
        """
        self.stalls += lost
        stall_s, timeout_s = 0.0, self._rto_s
        if behind:
            stall_s, lost = self._round_trip_s, lost - 1
        for _ in range(lost):
            stall_s += timeout_s
            timeout_s = min(RTO_MAX_S, 2 * timeout_s)
        return stall_s


@dataclass(frozen=True, slots=True)
class Route:
    """All of one connection: both directions and their fate, each part with dice of its own."""

    fate: Fate
    up: Way
    down: Way

    @classmethod
    def draw(cls, conditions: Conditions, random: Random, now_s: float, shared: Uplink | None = None) -> Route:
        """A connection that begins now. `shared` is a line for what it sends upward, besides its own."""
        fate = Fate(conditions, random, now_s)
        up = Way(conditions, upward=True, random=offspring(random), shared=shared, fate=fate)
        return cls(fate, up, Way(conditions, upward=False, random=offspring(random), fate=fate))
