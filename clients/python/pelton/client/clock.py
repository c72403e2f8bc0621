"""What time it is at the server, and which tick. Pure: fed with samples, reads no clock of its own.

A pong of a seated player is held up by as much as a tick, and any message by the network; nothing ever arrives too
early. So each direction goes by its least-delayed sample among the last ones, and no outlier can spoil it:

    pong:   sent <= (the server's time - offset) <= received        of all pongs, the narrowest such bounds
    frame:  arrived = begin + tick / hz + delay                     of all frames, the least begin + delay

A server with too much to do lets game time run slower, and says so by nothing but the frames: then `begin` rises with
each of them. A line that is held up makes it rise too, but at once. So the last frames are looked at in four parts,
and only what rises from each part to the next, by as much, is a slower pace.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["ServerClock", "TickClock"]

PINGS_KEPT = 32
FRAMES_KEPT = 64
PART = 4
"""Frames in each of the four parts: a slower pace is known after 16."""
SLOWER_LEAST = 0.1
"""Of a tick: what rises less from tick to tick is jitter."""
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
        self._frames: deque[tuple[int, float]] = deque(maxlen=frames_kept)
        """Of the last ones the tick, and when tick 0 would have arrived if it took as long as they did."""
        self._later_s = 0.0
        """By how much more than 1 / `tick_hz` ticks are apart."""
        self._begin_s = 0.0
        """When tick 0 would have arrived, at the pace of now and without delay."""

    def arrived(self, tick: int, at_s: float) -> None:
        """A frame arrived at this local time. Frames may be missing."""
        begin_s = at_s - tick / self.tick_hz
        frames = self._frames
        if frames:
            last_tick, last_s = frames[-1]
            expected_s = last_s + self._later_s * (tick - last_tick)
            self.jitter_s += (abs(begin_s - expected_s) - self.jitter_s) * JITTER_GAIN
        frames.append((tick, begin_s))
        later_s = self._slower_by_s()
        if later_s:
            self._forget_all_but(4 * PART)
        elif self._later_s:
            self._forget_all_but(2 * PART)  # those that came at the pace of now, where it is the right one again
        self._later_s = later_s
        self._begin_s = min(begin_s - tick * later_s for tick, begin_s in frames)

    @property
    def pace(self) -> float:
        """How fast game time runs: 1 as it should, 0.5 where a server with too much to do takes twice as long."""
        return 1 / (1 + self._later_s * self.tick_hz)

    def arrived_tick(self, now_s: float) -> float:
        """The tick whose frame could be here at this local time, with a fraction; 0 before the first frame."""
        return max(0.0, (now_s - self._begin_s) * self.tick_hz * self.pace) if self._frames else 0.0

    def tick(self, now_s: float) -> float:
        """The tick at which the server is at this local time, with a fraction; 0 before the first frame.

        Without a ping the network is taken to need no time.
        """
        if not self._frames:
            return 0.0
        return self.arrived_tick(now_s) + (self.server.round_trip_s or 0.0) / 2 * self.tick_hz * self.pace

    def _forget_all_but(self, count: int) -> None:
        """Keep the last ones: those before were of another pace."""
        while len(self._frames) > count:
            self._frames.popleft()

    def _slower_by_s(self) -> float:
        """By how much ticks are farther apart than they should be, or 0."""
        if len(self._frames) < 4 * PART:
            return 0.0
        last = list(self._frames)[-4 * PART :]
        least = [min(last[at : at + PART], key=lambda frame: frame[1]) for at in range(0, 4 * PART, PART)]
        rise_s = min((late_s - early_s) / (late - early) for (early, early_s), (late, late_s) in pairwise(least))
        return rise_s if rise_s * self.tick_hz > SLOWER_LEAST else 0.0
