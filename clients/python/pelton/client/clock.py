"""What time it is at the server, and which tick. Pure: fed with samples, reads no clock of its own.

A pong of a seated player is held up by as much as a tick, and any message by the network; nothing ever arrives too
early. So each direction goes by its least-delayed sample among the last ones, and no outlier can spoil it:

    pong:   sent <= (the server's time - offset) <= received        of all pongs, the narrowest such bounds
    frame:  arrived = begin + tick / hz + delay                     of all frames, the least begin + delay
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

__all__ = ["ServerClock", "TickClock"]

PINGS_KEPT = 32
FRAMES_KEPT = 64
JITTER_GAIN = 1 / 16
"""RFC 3550, section 6.4.1."""


@dataclass(frozen=True, slots=True)
class _Sample:
    sent_s: float
    received_s: float
    server_s: float

    @property
    def round_trip_s(self) -> float:
        return self.received_s - self.sent_s


class ServerClock:
    """The server's monotonic clock, from pings. All times in seconds; "local" is this process's `time.monotonic()`."""

    def __init__(self, pings_kept: int = PINGS_KEPT) -> None:
        self._samples: deque[_Sample] = deque(maxlen=pings_kept)
        self._offset_s: float | None = None
        self._uncertainty_s: float | None = None

    def pong(self, sent_s: float, received_s: float, server_time_us: int) -> None:
        """A ping was sent and answered at these local times; the answer had the server's clock."""
        if received_s < sent_s:
            raise ValueError("a pong before its ping")
        self._samples.append(_Sample(sent_s, received_s, server_time_us / 1e6))
        least = max(sample.server_s - sample.received_s for sample in self._samples)
        most = min(sample.server_s - sample.sent_s for sample in self._samples)
        if least > most:  # the clocks run apart: older samples contradict newer ones
            best = min(self._samples, key=lambda sample: sample.round_trip_s)
            least, most = best.server_s - best.received_s, best.server_s - best.sent_s
        self._offset_s, self._uncertainty_s = (least + most) / 2, (most - least) / 2

    @property
    def offset_s(self) -> float | None:
        """The server's clock minus the local one; None before the first ping."""
        return self._offset_s

    @property
    def uncertainty_s(self) -> float | None:
        """By how much `offset_s` may be wrong at most, however unequal the two directions are."""
        return self._uncertainty_s

    @property
    def round_trip_s(self) -> float | None:
        """The least round trip of the last pings: what the network takes, without waiting; None before the first."""
        return min((sample.round_trip_s for sample in self._samples), default=None)

    def time_s(self, now_s: float) -> float | None:
        """The server's clock at this local time; None before the first ping."""
        return None if self._offset_s is None else now_s + self._offset_s


class TickClock:
    """The tick at which a room is, from the arrival of its frames, and from the round trip if there were pings."""

    def __init__(self, tick_hz: float, server: ServerClock | None = None, frames_kept: int = FRAMES_KEPT) -> None:
        self.tick_hz = tick_hz
        self.server = ServerClock() if server is None else server
        """The clock of pings."""
        self.jitter_s = 0.0
        """How unevenly frames arrive: the mean deviation, smoothed as in RFC 3550."""
        self._begins: deque[float] = deque(maxlen=frames_kept)
        """Of the last frames, when tick 0 would have arrived if it took as long as they did."""
        self._last: float | None = None

    def arrived(self, tick: int, at_s: float) -> None:
        """A frame arrived at this local time. Frames may be missing."""
        begin = at_s - tick / self.tick_hz
        if self._last is not None:
            self.jitter_s += (abs(begin - self._last) - self.jitter_s) * JITTER_GAIN
        self._last = begin
        self._begins.append(begin)

    def arrived_tick(self, now_s: float) -> float:
        """The tick whose frame could be here at this local time, with a fraction; 0 before the first frame."""
        return max(0.0, (now_s - min(self._begins)) * self.tick_hz) if self._begins else 0.0

    def tick(self, now_s: float) -> float:
        """The tick at which the server is at this local time, with a fraction; 0 before the first frame.

        Without a ping the network is taken to need no time.
        """
        if not self._begins:
            return 0.0
        return self.arrived_tick(now_s) + (self.server.round_trip_s or 0.0) / 2 * self.tick_hz
